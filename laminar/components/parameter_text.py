"""Convert the text of ``-p NAME=VALUE`` to the type of the parameter that it replaces."""

from __future__ import annotations

import json
import math
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Any

__all__ = ["ParameterText", "value_of"]


class ParameterText(str):
    """A parameter's value as text, whose type is that of the value it replaces."""

    __slots__ = ()


WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def value_of(text: str, known: Any) -> Any:
    """Return the value that a text stands for where it replaces a known one.

    Raises ValueError, with the expected kind of value, for a text of another type.

    >>> value_of("False", True), value_of("5", "text"), value_of("1e-3", 1.0), value_of("data.csv", None)
    (False, '5', 0.001, 'data.csv')
    """
    if isinstance(known, Enum):  # first: a member may be a text or a number, too
        return _member(text, type(known))
    if isinstance(known, bool):
        if text.lower() not in WORDS:
            raise ValueError("true or false")
        return WORDS[text.lower()]
    if isinstance(known, str):
        found = _json(text) if text[:1] == '"' else text
        return found if isinstance(found, str) else text
    if isinstance(known, PurePath):
        return type(known)(text)
    if isinstance(known, date):  # a datetime is one too
        return _moment(text, known)
    found = _json(text)
    if isinstance(known, int | float):
        return _number(text, found)
    kind = next((kind for kind in KINDS if isinstance(known, kind)), None)
    if kind is not None and not isinstance(found, kind):
        raise ValueError(KINDS[kind])
    if found is INVALID and text[:1] in ("[", "{", '"'):
        raise ValueError("valid JSON")
    return text if found is INVALID else found


KINDS: dict[Any, str] = {(list, tuple): "a JSON list such as [1, 2]", dict: 'a JSON object such as {"a": 1}'}
INVALID = object()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return INVALID


def _member(text: str, kind: type[Enum]) -> Enum:
    """Return the member of an enumeration that a text names, else the one with the text as its value."""
    if text in kind.__members__:
        return kind[text]
    for member in kind:
        if str(member.value) == text:
            return member
    raise ValueError(f"one of {', '.join(kind.__members__)}")


def _moment(text: str, known: date) -> date:
    try:
        return type(known).fromisoformat(text)
    except ValueError:
        raise ValueError(f"a time such as {known.isoformat()}") from None


def _number(text: str, found: Any) -> Any:
    """Return a finite number, also one that Python writes and JSON does not, such as ``.5``."""
    if found is INVALID:
        try:
            found = float(text)
        except ValueError:
            found = None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise ValueError("a number")
    return found
