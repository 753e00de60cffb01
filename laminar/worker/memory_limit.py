"""Count the processes that the kernel has killed in this container because they used more memory than its limit."""

from __future__ import annotations

from contextlib import suppress

__all__ = ["FIX", "kills"]

FILES = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
"""Where a container sees its own counter ``oom_kill``: with cgroups of version 2, and of version 1 (Linux,
Documentation/admin-guide/cgroup-v2.rst, "memory.events", and cgroup-v1/memory.rst, "oom_control")."""

FIX = "raise memory= of the layer's Container, or double it for each attempt in a retry hook."


def kills(files: tuple[str, ...] = FILES) -> int:
    """Return how many were killed so far, 0 where that is not known.

    The kernel counts a process before it sends SIGKILL (mm/oom_kill.c, __oom_kill_process).
    """
    for file in files:
        with suppress(OSError, ValueError), open(file, encoding="ascii") as lines:
            for line in lines:
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return 0
