"""Build pods that run Python, and the site that they run on, for the tests of runners of pods."""

from __future__ import annotations

import os
import time
from pathlib import Path

from laminar.compiler.rehearsal import Mount, Pod
from laminar.compiler.rehearsal.site import Site

SCRATCH = Mount("/tmp", "scratch", {"emptyDir": {}})


def site(folder: Path, **options: object) -> Site:
    """Return a site whose scratch folder and store are in a folder."""
    return Site(folder, folder / "scratch", str(folder / "store"), **options)  # type: ignore[arg-type]


def python(code: str, *args: str, **fields: object) -> Pod:
    """Return a pod that runs a line of Python."""
    return Pod("w.A(0)", "layer", "image", ("python", "-c"), (code, *args), **{"mounts": (SCRATCH,), **fields})  # type: ignore[arg-type]


def is_gone(pid: int) -> bool:
    """Wait for a process to end, and return whether it has."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
