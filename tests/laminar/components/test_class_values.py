"""Copies of class values, and whether they have changed."""

from __future__ import annotations

import threading

import pytest

from laminar.components.class_values import changed, own_copy


@pytest.mark.parametrize("value", [True, 1, 2.5, 1j, "text", b"bytes", None, frozenset({1}), range(3), int, (1, "a"), ()])
def test_what_cannot_change_is_not_copied(value):
    assert own_copy(value) is value


@pytest.mark.parametrize("value", [[1], {"a": [1]}, {1, 2}, bytearray(b"x"), ([1],), (1, (2, [3]))])
def test_what_can_change_is_copied_with_all_that_it_holds(value):
    copied = own_copy(value)
    assert copied == value and copied is not value


def test_a_copy_shares_nothing_that_is_nested():
    before = {"rows": [[1]]}
    own_copy(before)["rows"][0].append(2)
    assert before == {"rows": [[1]]}


def test_what_refuses_to_be_copied_is_itself():
    lock = threading.Lock()
    assert own_copy(lock) is lock


class Array:
    """Compare by element, as arrays do: a comparison has no one truth."""

    def __init__(self, *values: int) -> None:
        self.values = values

    def __eq__(self, other: object) -> object:  # type: ignore[override]
        return Array()

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


class Plain:
    """Compare by identity, as objects do."""

    def __init__(self, value: int) -> None:
        self.value = value


LOCK = threading.Lock()


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ([1], [1], False),
        ([1], [1, 2], True),
        ({"a": 1}, {"a": 2}, True),
        (Array(1), Array(1), False),
        (Array(1), Array(2), True),
        (Plain(1), Plain(1), False),
        (Plain(1), Plain(2), True),
        (LOCK, LOCK, False),
        ([LOCK], [threading.Lock()], False),  # cannot be stored, whatever it holds
    ],
)
def test_a_change_is_seen_by_comparison_else_by_what_would_be_stored(before, after, differs):
    assert changed(before, after) is differs
