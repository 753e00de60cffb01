"""Give a process a read-only root file system, where this machine lets us."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

__all__ = ["confined", "is_possible"]

ENTER = """
points=$(cut -d ' ' -f 5 /proc/self/mountinfo)
count=$1
shift
while [ "$count" -gt 0 ]; do
    mount --bind "$1" "$1" || exit 125
    shift
    count=$((count - 1))
done
for point in $points; do
    case $point in
        /proc* | /sys* | /dev*) ;;
        *) mount -o remount,bind,ro "$point" 2>/dev/null ;;
    esac
done
cd "$PWD" || exit 125
exec "$@"
"""
"""Bind what stays writable over itself, then make the rest read-only; the folder is entered anew, it may be one of those."""


def confined(argv: Sequence[str], writable: Sequence[Path]) -> tuple[str, ...]:
    """Return a command that runs another, which can write to these folders and to devices only."""
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    return ("unshare", *user, "--mount", "sh", "-c", ENTER, "sh", str(len(writable)), *map(str, writable), *argv)


@cache
def is_possible() -> bool:
    """Say whether this machine lets us: Linux, with namespaces that its user may make."""
    if sys.platform != "linux" or not all(map(shutil.which, ("unshare", "mount", "sh"))):
        return False
    with tempfile.TemporaryDirectory() as folder:
        inside, outside = Path(folder) / "inside", Path(folder) / "outside"
        inside.mkdir()
        test = f'touch "{inside}/x" && ! touch "{outside}"'
        done = subprocess.run(confined(["sh", "-c", test], [inside]), capture_output=True, check=False)
        return done.returncode == 0 and (inside / "x").exists() and not outside.exists()
