"""Test that the next item is fetched while the previous one is in use."""

from __future__ import annotations

import threading

import pytest

from laminar.configurations.datastores.values.prefetch import prefetched


def test_only_a_worthwhile_item_is_fetched_in_background() -> None:
    threads = [
        name for _, name in prefetched(iter([1, 2, 3]), lambda item: threading.current_thread().name, lambda item: item == 2)
    ]
    assert threads == ["MainThread", "laminar-background", "MainThread"]


def test_an_error_of_fetching_is_raised_where_the_item_is_reached() -> None:
    found = prefetched(iter([1, 0]), lambda item: 1 // item, lambda item: True)
    assert next(found) == (1, 1)
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_the_next_item_is_fetched_before_the_one_before_was_used() -> None:
    fetched = [threading.Event() for _ in range(3)]
    found = prefetched(iter(range(3)), lambda item: fetched[item].set(), lambda item: True)
    next(found)
    assert fetched[1].wait(10)
    assert not fetched[2].is_set()
