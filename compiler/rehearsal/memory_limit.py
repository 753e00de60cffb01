"""Limit a pod's memory with a control group, where this machine allows it.

A resource limit (RLIMIT_AS, RLIMIT_DATA) is no replacement: it bounds one process, whose allocations then fail, and the container
is not killed. Sources: Linux, Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.
"""

from __future__ import annotations

import errno
import os
import re
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["MemoryLimit", "is_possible", "limited"]

MOUNT = re.compile(r"\S+ \S+ \S+ (?P<root>\S+) (?P<path>\S+) .* - (?P<type>cgroup2?) \S+ (?P<options>\S+)")


@dataclass(frozen=True)
class MemoryLimit:
    """A control group with a limit; processes join it by writing their id into ``procs``, children stay in their parents'."""

    folder: Path

    @property
    def procs(self) -> Path:
        """The file that a process writes its id into."""
        return self.folder / "cgroup.procs"

    def was_passed(self) -> bool:
        """Return whether the kernel has killed a process of the group for passing the limit."""
        for name in ("memory.events", "memory.oom_control"):
            with suppress(OSError):
                found = re.search(r"^oom_kill (\d+)", (self.folder / name).read_text(encoding="utf-8"), re.MULTILINE)
                return found is not None and int(found[1]) > 0
        return False

    def remove(self) -> None:
        """Remove the group, whose processes have been killed; the last of them may still be on its way out."""
        for _ in range(100):
            try:
                self.folder.rmdir()
            except OSError as error:
                if error.errno != errno.EBUSY:
                    return
                time.sleep(0.01)
            else:
                return


def limited(size: int) -> MemoryLimit | None:
    """Return a new group with a limit in bytes, None where this machine does not allow one."""
    parent = _parent()
    return _made(parent, size) if parent is not None else None


@cache
def is_possible() -> bool:
    """Return whether this machine allows groups with limits."""
    return _parent() is not None


@cache
def _parent() -> Path | None:
    """Return the folder that groups can be made in: this process' own group, or the one above it.

    In the second version a group with processes has no groups with limits below it, so its neighbours are tried, too.
    """
    for own in _own_groups():
        for parent in (own, own.parent):
            made = _made(parent, 1 << 30)
            if made is not None:
                made.remove()
                return parent
    return None


def _own_groups() -> list[Path]:
    """Return the folders of this process' groups that account for memory, by /proc/self/cgroup and the mounts."""
    try:
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()]
        mounts = [MOUNT.match(line) for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
    found = []
    for _, controllers, group in groups:
        for mount in filter(None, mounts):
            memory = mount["type"] == "cgroup" and "memory" in mount["options"].split(",") and "memory" in controllers.split(",")
            if memory or (mount["type"] == "cgroup2" and not controllers):
                below = os.path.relpath(group, mount["root"]) if group.startswith(mount["root"]) else "."
                found.append(Path(mount["path"]) / below)
    return found


def _made(parent: Path, size: int) -> MemoryLimit | None:
    group = MemoryLimit(parent / f"laminar-{uuid.uuid4().hex[:12]}")
    try:
        group.folder.mkdir()
    except OSError:
        return None
    for name in ("memory.max", "memory.limit_in_bytes"):
        with suppress(OSError):
            if (group.folder / name).exists():
                (group.folder / name).write_text(str(size), encoding="utf-8")
                _tighten(group.folder)
                return group
    group.remove()
    return None


def _tighten(folder: Path) -> None:
    """Kill the whole group at once, as Kubernetes does since 1.28, and leave it no swap."""
    for name, value in (("memory.oom.group", "1"), ("memory.swap.max", "0"), ("memory.swappiness", "0")):
        with suppress(OSError):
            if (folder / name).exists():
                (folder / name).write_text(value, encoding="utf-8")
