"""Restore the state that this process had before it executed a program."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["preserved"]


@contextmanager
def preserved() -> Iterator[None]:
    """Restore afterwards the environment, the working folder, the hooks and, in the main thread, the handlers of signals.

    An interval timer that the program started is stopped there too. An event loop that it set stays set.
    """
    environment = dict(os.environ)
    folder = os.open(".", os.O_RDONLY)
    timer = signal.getitimer(signal.ITIMER_REAL)[0]
    hooks = sys.excepthook, sys.displayhook, sys.breakpointhook, threading.excepthook
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.fchdir(folder)
        os.close(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        sys.excepthook, sys.displayhook, sys.breakpointhook, threading.excepthook = hooks
        for number, handler in handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                with contextlib.suppress(OSError, ValueError):
                    signal.signal(number, handler)
        if handlers and not timer:
            signal.setitimer(signal.ITIMER_REAL, 0)
