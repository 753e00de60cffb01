"""Provide the layer that holds a flow's parameters."""

from __future__ import annotations

import json
import math
from typing import Any

from laminar.components.layer import Layer

__all__ = ["Parameters", "normalize", "travels"]


class Parameters(Layer):
    """Hold the keywords that a flow was called with; a layer of every flow.

    >>> Parameters(foo="bar").foo
    'bar'
    """


def travels(value: object) -> bool:
    """Say whether a value equals its JSON round trip, tuples becoming lists: then it can travel as JSON.

    >>> travels({"a": (1, 2.5, None)}), travels({1: 2}), travels(float("nan"))
    (True, False, False)
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return True
    if kind is float:
        return math.isfinite(value)  # type: ignore[arg-type]
    if kind in (list, tuple):
        return all(travels(item) for item in value)  # type: ignore[attr-defined]
    if kind is dict:
        return all(type(key) is str and travels(item) for key, item in value.items())  # type: ignore[attr-defined]
    return False


def normalize(value: Any) -> Any:
    """Return what a value is after its JSON round trip, or the value itself where it does not travel.

    >>> normalize((1, 2))
    [1, 2]
    """
    return json.loads(json.dumps(value)) if travels(value) else value
