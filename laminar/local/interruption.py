"""End a run on a signal: stop all of its processes, and show the user how to resume it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from laminar.local import resume_command
from laminar.program import uncaught_error

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["Terminated", "reported"]

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Terminated(KeyboardInterrupt):
    """A signal from outside ends this process: handlers of Ctrl-C handle it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


@contextmanager
def reported(execution: Execution) -> Iterator[None]:
    """Stop the processes of a run when this process is interrupted or terminated, and report how to resume the run.

    Ctrl-C continues as KeyboardInterrupt, which carries the advice. After SIGTERM and SIGHUP the process ends by the signal, as it
    ends without a run. A signal that the program handles is not handled here.
    """
    try:
        with _handled():
            yield
    except Terminated as ended:
        with contextlib.suppress(OSError, ValueError):
            advice = resume_command.advice(execution)
            print(f"terminated by {ended}" + f"; {advice}" * bool(advice), file=sys.stderr, flush=True)
        os.kill(os.getpid(), ended.number)
        raise  # reached only where the signal is blocked
    except KeyboardInterrupt as interrupt:
        uncaught_error.add_note(interrupt, resume_command.advice(execution))
        raise


@contextmanager
def _handled() -> Iterator[None]:
    """Raise Terminated for signals that would end this process at once; the second signal does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    global _is_raising
    _is_raising = True
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise)
    try:
        yield
    finally:
        _release()


def _raise(number: int, frame: Any) -> None:
    _release()
    raise Terminated(number)


_is_raising = False
"""Whether a signal may raise in this process: each process that a server forks looks here first."""


def _release() -> None:
    global _is_raising
    if not _is_raising:
        return
    _is_raising = False
    for number in SIGNALS:
        if signal.getsignal(number) is _raise:
            signal.signal(number, signal.SIG_DFL)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release)  # the processes of layers end at once
