"""Wait for descriptors: by epoll where the system has it, else by poll."""

from __future__ import annotations

import contextlib
import select
from typing import Any

__all__ = ["READ", "WRITE", "Poller"]

READ, WRITE = select.POLLIN, select.POLLOUT
"""Events to wait for; epoll has the same numbers (sys/epoll.h of Linux)."""


class Poller:
    """Wait for descriptors that can be read or written; the end or an error of one is always reported.

    A server that forks runs this between any two forks, and pays for each page of memory that it touches. The module selectors
    does the same with more objects.
    """

    def __init__(self) -> None:
        has_epoll = hasattr(select, "epoll")
        poll: Any = getattr(select, "epoll" if has_epoll else "poll")()
        self.poll = poll
        self.second = 1 if has_epoll else 1000  # poll counts milliseconds
        self.register = self.poll.register
        self.modify = self.poll.modify
        self.descriptors: tuple[int, ...] = (poll.fileno(),) if has_epoll else ()

    def unregister(self, end: int) -> None:
        """Wait no longer for a descriptor, if it was waited for."""
        with contextlib.suppress(OSError, KeyError):
            self.poll.unregister(end)

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        """Return the descriptors that are ready with their events, none when the seconds are over."""
        found: list[tuple[int, int]] = self.poll.poll(-1 if seconds is None else seconds * self.second)
        return found
