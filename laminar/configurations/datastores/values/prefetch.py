"""Fetch the next item while the previous one is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from laminar.configurations.datastores.background_call import BackgroundCall

__all__ = ["prefetched"]

T = TypeVar("T")
D = TypeVar("D")


def prefetched(items: Iterator[T], fetch: Callable[[T], D], is_worthwhile: Callable[[T], bool]) -> Iterator[tuple[T, D]]:
    """Yield each item with the result of ``fetch`` for it; a worthwhile one is fetched while the caller uses the one before.

    >>> list(prefetched(iter([1, 2]), str, lambda item: True))
    [(1, '1'), (2, '2')]
    """
    pending: BackgroundCall[D] | None = None
    item = next(items, None)
    while item is not None:
        data = fetch(item) if pending is None else pending.result()
        following = next(items, None)
        pending = BackgroundCall(partial(fetch, following)) if following is not None and is_worthwhile(following) else None
        yield item, data
        item = following
