"""Parameters: which values travel as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from laminar.components.parameters import normalize, travels


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def cyclic() -> Any:
    value: list[Any] = []
    value.append({"itself": value})
    return value


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "x", [1, [2]], (1, 2), {"a": {"b": []}}, nested(100), [[1]] * 2, 2**80],
    ids=lambda value: str(value)[:20],
)
def test_what_equals_its_round_trip_travels(value):
    assert travels(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), {1: 2}, {"a": {1}}, b"x", object(), range(3), nested(101), nested(5000), cyclic()],
    ids=["nan", "key", "set", "bytes", "object", "range", "deep", "deeper", "cycle"],
)
def test_anything_else_does_not(value):
    assert not travels(value)
    assert normalize(value) is value


def test_tuples_become_lists():
    assert normalize(((1, 2), {"a": (3,)})) == [[1, 2], {"a": [3]}]
