"""Decide whether this process can be forked, so that the copy can run layers.

A fork copies the one thread that calls it. A lock that another thread holds at that moment stays locked in the copy for good, and
a library whose threads are gone there waits for them (fork(2), Notes).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import stat
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any

__all__ = ["fork", "unsafe_reason"]

TASKS = "/proc/self/task"
DESCRIPTORS = "/proc/self/fd"


def unsafe_reason() -> str | None:
    """Return why this process cannot be forked safely, or None where it can.

    Native threads are counted before and after a fork that ends at once: some libraries end theirs before a fork (OpenBLAS, by
    ``pthread_atfork``), others do not (polars, OpenMP, torch). A connection is one stream of bytes: forked processes that used
    the program's at once would read each other's answers.
    """
    if sys.platform != "linux":
        return f"a fork is not safe on {sys.platform}"
    if threading.current_thread() is not threading.main_thread():
        return "its flow is called in a thread"
    own = _data_threads()
    others = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread() and thread not in own]
    if others:
        return f"it runs Python threads ({_listed(others)})"
    if _is_more_than(1 + len(own)):
        _probe()
        if _is_more_than(1 + len(own)):
            return f"a library that it imports keeps native threads ({_listed(_names())})"
    if connected := list(_connections()):
        return f"it holds a connection, to {_listed(connected)}, which its forks would share"
    return None


def fork() -> int:
    """Fork this process, which was found to be safe; Python 3.12 and later would warn of a data library's idle threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _probe() -> None:
    """Fork a process that ends at once."""
    pid = fork()
    if pid == 0:
        os._exit(0)
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:  # the program ignores SIGCHLD: then the kernel discards the status, waitpid(2)
        pass


def _is_more_than(threads: int) -> bool:
    """Return whether this process has more native threads; one that is about to end gets a moment."""
    for _ in range(3):
        if len(os.listdir(TASKS)) <= threads:
            return False
        time.sleep(0.002)
    return True


def _data_threads() -> set[threading.Thread]:
    """Return the threads of fsspec, which a datastore's own requests start.

    They are idle between requests, and fsspec starts new ones in a forked process (fsspec/asyn.py, reset_after_fork).
    """
    module: Any = sys.modules.get("fsspec.asyn")
    if module is None or module.loop[0] is None:
        return set()
    pool = getattr(module.loop[0], "_default_executor", None)
    return {*module.iothread, *getattr(pool, "_threads", ())} - {None}


def _connections() -> Iterator[str]:
    """Yield the other ends of the program's connections: of stream sockets, without those of the threads of fsspec.

    Inherited sockets are left out: they are not closed on exec, as those of Python and databases' clients are (PEP 446).
    """
    module: Any = sys.modules.get("fsspec.asyn")
    selector = getattr(module.loop[0], "_selector", None) if module is not None else None
    own = set(selector.get_map() or ()) if selector is not None else set()
    for name in os.listdir(DESCRIPTORS):
        if int(name) not in own and int(name) > 2:
            with contextlib.suppress(OSError):  # it is closed by now, or not connected
                yield from _peer(int(name))


def _peer(descriptor: int) -> Iterator[str]:
    if not stat.S_ISSOCK(os.fstat(descriptor).st_mode) or not fcntl.fcntl(descriptor, fcntl.F_GETFD) & fcntl.FD_CLOEXEC:
        return
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        peer = copy.getpeername()
        if copy.type != socket.SOCK_STREAM or not peer:  # a pair of sockets, which have no names, has both ends in this process
            return
        yield f"{peer[0]}:{peer[1]}" if copy.family in (socket.AF_INET, socket.AF_INET6) else str(peer)


def _names() -> list[str]:
    """Return the names of the native threads except the main one."""
    found = []
    for task in os.listdir(TASKS):
        if task != str(os.getpid()):
            try:
                with open(f"{TASKS}/{task}/comm") as file:
                    found.append(file.read().strip())
            except OSError:  # it has ended meanwhile
                continue
    return found


def _listed(names: list[str]) -> str:
    """Return a few names, each once."""
    names = list(dict.fromkeys(names))
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
