"""Identify a process so that another one can later check whether it still runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["ProcessIdentity", "is_there", "this_process"]


@dataclass(frozen=True)
class ProcessIdentity:
    """A process of a machine: ``boot`` names the machine's boot, ``birth`` when the process started since then.

    The kernel reuses process ids: proc(5), pid_max.
    """

    user: str
    host: str
    boot: str
    pid: int
    birth: str


def this_process() -> ProcessIdentity:
    """Return the identity of this process."""
    return ProcessIdentity(user(), os.uname().nodename, boot(), os.getpid(), birth(os.getpid()))


def user() -> str:
    """Return the name of the user who runs this process, the number of one that has no name."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):  # as getpass.getuser() does, which imports more
        if name := os.environ.get(variable):
            return name
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return str(os.getuid())


@lru_cache(maxsize=1)
def boot() -> str:
    """Return the name of this boot of this machine, "" where the system has no such name: random(4) of Linux."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def birth(pid: int) -> str:
    """Return when a process started, in clock ticks since the boot: field 22 of proc(5), /proc/PID/stat.

    Returns "" where the system does not report it, and for a process that has ended and waits for its parent.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def is_there(pid: int, born: str, *, booted: str, host: str) -> bool | None:
    """Return whether a process still runs, None where it is on another machine.

    >>> is_there(os.getpid(), birth(os.getpid()), booted=boot(), host=os.uname().nodename)
    True
    >>> is_there(os.getpid(), "0", booted="another", host="another") is None
    True
    """
    if host != os.uname().nodename or booted != boot():
        return None
    if booted:
        return bool(born) and birth(pid) == born
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
