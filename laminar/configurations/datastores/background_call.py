"""Run one function in its own thread while the process continues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["BackgroundCall"]

T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """Run a function in a daemon thread: a process that ends does not wait for it.

    ``concurrent.futures`` would make the interpreter wait at its end (concurrent/futures/thread.py of Python 3.9 and later).
    """

    def __init__(self, function: Callable[[], T]) -> None:
        import threading

        self.function = function
        self.found: list[T] = []
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="laminar-background", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.found.append(self.function())
        except BaseException as error:
            self.error = error

    @property
    def running(self) -> bool:
        """Whether the function still runs; in a process that was forked meanwhile it does not."""
        return self.thread.is_alive()

    @property
    def succeeded(self) -> bool:
        """Whether the function has returned."""
        return bool(self.found)

    def result(self) -> T:
        """Wait, and return the function's result or raise its exception."""
        self.thread.join()
        if self.error is not None:
            raise self.error
        return self.found[0]
