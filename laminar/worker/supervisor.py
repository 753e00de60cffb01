"""Supervise a pod's work in a child process, so that a signal of its own or a timeout ends as a failure of the layer."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

from laminar.program import interpreter_exit
from laminar.worker import pod
from laminar.worker.arguments import Task
from laminar.worker.job import is_own_signal, signal_name

__all__ = ["supervise"]

POLL = 0.05
"""Seconds between two looks at a child that has a deadline."""


def supervise(task: Task) -> int:
    """Run a task in a child process and return the exit code."""
    reading, writing = os.pipe()
    pid = _fork(lambda: pod.run(task, writing), unused=reading)
    os.close(writing)
    before = {number: signal.signal(number, lambda number, _: os.kill(pid, number)) for number in (signal.SIGTERM, signal.SIGINT)}
    status, timed_out = _wait(pid, _deadline(reading))
    for number, handler in before.items():
        signal.signal(number, handler)
    ended = os.waitstatus_to_exitcode(status)
    if timed_out:
        return _counted(task, "it took longer than its timeout")
    if is_own_signal(ended):
        return _counted(task, f"it was ended by {signal_name(-ended)}")
    return ended if ended >= 0 else 128 - ended  # as a shell reports a signal: POSIX, Shell Command Language, 2.8.2


def _fork(work: Callable[[], int], *, unused: int | None = None) -> int:
    """Start a child that ends with the exit code of some work, and return its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        if unused is not None:
            os.close(unused)
        code = work()
        interpreter_exit.finish()
        os._exit(code)
    return pid


def _counted(task: Task, reason: str) -> int:
    """Leave the failure marker that a killed child could not, from another child, which loads the program again."""
    pid = _fork(lambda: pod.count_failure(task, reason))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _deadline(limit: int) -> float | None:
    """Return when the child has to end: it writes its timeout when it knows it, and closes the pipe at the latest then."""
    with os.fdopen(limit, "rb") as pipe:
        said = pipe.read()
    return time.monotonic() + float(said) if said else None


def _wait(pid: int, deadline: float | None) -> tuple[int, bool]:
    """Return the child's status, and whether it was killed at its deadline."""
    if deadline is None:
        return os.waitpid(pid, 0)[1], False
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status, False
        time.sleep(POLL)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1], True
