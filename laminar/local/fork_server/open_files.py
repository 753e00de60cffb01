"""Reopen, in a forked process, the files that its parent had open for reading, so that it has its own positions in them.

A fork shares each open file with its position (fork(2)): splits that read one file at once would each miss parts of it,
and an archive or a table would be read at a wrong place. A process that loads the program opens its own, and so does a pod.
Files that are written stay shared: the lines that several processes append to a log follow one another.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterable

__all__ = ["read_only", "reopen"]

DESCRIPTORS = "/proc/self/fd"


def read_only() -> list[int]:
    """Return the descriptors of regular files that are open for reading only, without the standard streams."""
    found = []
    for name in os.listdir(DESCRIPTORS) if os.path.isdir(DESCRIPTORS) else ():
        descriptor = int(name)
        with contextlib.suppress(OSError):  # that of the folder itself is closed by now
            is_file = descriptor > 2 and stat.S_ISREG(os.fstat(descriptor).st_mode)
            if is_file and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
                found.append(descriptor)
    return found


def reopen(descriptors: Iterable[int]) -> None:
    """Open these files again, at the positions where they are; one that may not be opened any more stays shared.

    The link in /proc leads to the file itself, also where it was removed or replaced (proc(5)).
    """
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            position = os.lseek(descriptor, 0, os.SEEK_CUR)
            own = os.open(f"{DESCRIPTORS}/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
            os.lseek(own, position, os.SEEK_SET)
            os.dup2(own, descriptor, os.get_inheritable(descriptor))
            os.close(own)
