"""Fetch the next thing while the one before it is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Generic, TypeVar

__all__ = ["Fetch", "ahead"]

T = TypeVar("T")
D = TypeVar("D")


class Fetch(Generic[D]):
    """Run a function in a thread of its own; a process that ends doesn't wait for it."""

    def __init__(self, function: Callable[[], D]) -> None:
        import threading

        self.function = function
        self.found: list[D] = []
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.run, name="laminar-fetch", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Call the function, in the thread."""
        try:
            self.found.append(self.function())
        except BaseException as error:
            self.error = error

    def result(self) -> D:
        """Wait, and return what the function returned or raise what it raised."""
        self.thread.join()
        if self.error is not None:
            raise self.error
        return self.found.pop()


def ahead(items: Iterator[T], fetch: Callable[[T], D], is_worth_it: Callable[[T], bool]) -> Iterator[tuple[T, D]]:
    """Go over items with what is fetched for each; one that is worth it is fetched while the one before is in use.

    >>> list(ahead(iter([1, 2]), str, lambda item: True))
    [(1, '1'), (2, '2')]
    """
    pending: Fetch[D] | None = None
    item = next(items, None)
    while item is not None:
        data = fetch(item) if pending is None else pending.result()
        following = next(items, None)
        pending = Fetch(partial(fetch, following)) if following is not None and is_worth_it(following) else None
        yield item, data
        item = following
