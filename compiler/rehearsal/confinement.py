"""Give a process the file system of a pod, where this machine allows it: volumes at their paths, a root that is read-only.

Both are mounts in the process' own namespace (mount_namespaces(7)): other processes do not have them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Bind", "Confinement", "is_possible"]

PLACE = """
root=$1
aside=$2
inside=$3
count=$4
shift 4
replace_by_tmpfs() {
    mount --rbind "$1" "$aside" && mount -t tmpfs tmpfs "$1" || exit 125
    for entry in "$aside"/* "$aside"/.[!.]*; do
        name=$1/${entry##*/}
        if [ -L "$entry" ]; then
            cp -P "$entry" "$name"
        elif [ -d "$entry" ]; then
            mkdir "$name" && mount --rbind "$entry" "$name"
        elif [ -e "$entry" ]; then
            : >"$name" && mount --bind "$entry" "$name"
        fi
    done
    umount -l "$aside"
}
[ -z "$root" ] || mount --rbind / "$root" || exit 125
while [ "$count" -gt 0 ]; do
    target=$root$2
    if ! [ -e "$target" ]; then
        near=${target%/*}
        while ! [ -d "$near" ]; do near=${near%/*}; done
        replace_by_tmpfs "$near"
        if [ -d "$1" ]; then mkdir -p "$target"; else mkdir -p "${target%/*}" && : >"$target"; fi
    fi
    mount --bind "$1" "$target" || exit 125
    shift 2
    count=$((count - 1))
done
if [ -n "$root" ]; then
    exec chroot "$root" sh -c "$inside" sh "$PWD" "$@"
else
    exec sh -c "$inside" sh "$PWD" "$@"
fi
"""
"""Bind volumes at their paths.

Where a path does not exist, the nearest folder above it becomes, in a second view of the root, a tmpfs with the folder's
entries and the path.
"""

INSIDE = """
points=$(cut -d ' ' -f 5 /proc/self/mountinfo)
where=$1
whole=$2
count=$3
shift 3
writable='
'
while [ "$count" -gt 0 ]; do
    writable="$writable$1
"
    [ -z "$whole" ] || mount --bind "$1" "$1" || exit 125
    shift
    count=$((count - 1))
done
count=$1
shift
[ -n "$whole" ] || points=''
while [ "$count" -gt 0 ]; do
    points="$points
$1"
    shift
    count=$((count - 1))
done
printf '%s\\n' "$points" | while read -r point; do
    case $point in
        '' | /proc* | /sys* | /dev*) continue ;;
    esac
    case $writable in
        *"
$point
"*) continue ;;
    esac
    mount -o remount,bind,ro "$point" 2>/dev/null
done
cd "$where" || exit 125
exec "$@"
"""
"""Bind the writable folders over themselves, then make the rest read-only; change to the folder again, it may be one of those."""


@dataclass(frozen=True)
class Bind:
    """A folder or file of this machine at the path of a volume."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Confinement:
    """View of a process: ``binds``, and with ``read_only`` a root where it can write to ``writable`` and devices only.

    ``room`` is an empty folder that the mounts may use.
    """

    room: Path
    read_only: bool = False
    writable: Sequence[Path] = ()
    binds: Sequence[Bind] = ()

    def command(self, argv: Sequence[str]) -> tuple[str, ...]:
        """Return a command that runs another one in the confinement."""
        user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
        root, aside = self.room / "root", self.room / "aside"
        missing = any(not Path(bind.target).exists() for bind in self.binds)
        if missing:
            root.mkdir(parents=True, exist_ok=True)
            aside.mkdir(parents=True, exist_ok=True)
        pairs = [word for bind in self.binds for word in (str(bind.source), bind.target)]
        writable = [*map(str, self.writable), *(bind.target for bind in self.binds if not bind.read_only)]
        closed = [bind.target for bind in self.binds if bind.read_only]
        return (
            *("unshare", *user, "--mount", "sh", "-c", PLACE, "sh"),
            *(str(root) if missing else "", str(aside), INSIDE, str(len(self.binds)), *pairs),
            *("read-only" if self.read_only else "", str(len(writable)), *writable, str(len(closed)), *closed),
            *argv,
        )


@cache
def is_possible() -> bool:
    """Return whether this machine allows it: a Linux whose user may create namespaces."""
    if sys.platform != "linux" or not all(map(shutil.which, ("unshare", "mount", "chroot", "sh"))):
        return False
    with tempfile.TemporaryDirectory() as folder:
        inside, outside = Path(folder) / "inside", Path(folder) / "outside"
        inside.mkdir()
        test = f'touch "{inside}/x" && ! touch "{outside}"'
        command = Confinement(Path(folder), read_only=True, writable=[inside]).command(["sh", "-c", test])
        done = subprocess.run(command, capture_output=True, check=False)
        return done.returncode == 0 and (inside / "x").exists() and not outside.exists()
