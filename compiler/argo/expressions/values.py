"""Handle values as Go does: name their types, print them, compare them, read and write them as JSON."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

__all__ = ["Misfit", "equal", "from_json", "is_number", "shown", "to_integer", "to_json", "to_text", "type_of"]


class Misfit(Exception):
    """A value of a wrong type for an operation; the evaluator adds the place."""


def type_of(value: Any) -> str:
    """Return the result of expr-lang's function ``type``.

    >>> type_of([1]), type_of(1.0), type_of(None)
    ('array', 'float', 'nil')
    """
    if value is None:
        return "nil"
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "bool"), (int, "int"), (float, "float"), (str, "string"), (list, "array"), (dict, "map")
    )  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "func")


def is_number(value: Any) -> bool:
    """Return whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def to_integer(value: Any, what: str) -> int:
    """Return a number as an index or a count, without its fraction."""
    if not is_number(value):
        raise Misfit(f"{what} is a number, not {shown(value)}.")
    return int(value)


def to_text(value: Any) -> str:
    """Return the result of the function ``string``: Go's ``%v``, so that a million from JSON is ``1e+06`` (seen on Argo 4.1.2).

    >>> to_text(3.0), to_text(1000000.0), to_text(True), to_text([1, "a"])
    ('3', '1e+06', 'true', '[1 a]')
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value, 6)
    if isinstance(value, list):
        return "[" + " ".join(map(to_text, value)) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{to_text(value[key])}" for key in sorted(value)) + "]"
    return str(value)


def _float(value: float, limit: int) -> str:
    """Return the shortest digits of a float, with an exponent where that is -5 and less, or ``limit`` and more."""
    if value != value or value in (float("inf"), float("-inf")):
        return {float("inf"): "+Inf", float("-inf"): "-Inf"}.get(value, "NaN")
    number = Decimal(repr(value))
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0") or "0"
    power = number.adjusted()
    sign = "-" if number.is_signed() else ""
    if value and (power < -4 or power >= limit):
        rest = digits[1:]
        return f"{sign}{digits[0]}{'.' + rest if rest else ''}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}" if value else f"{sign}0"
    whole, rest = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :]
    return f"{sign}{whole}{'.' + rest if rest else ''}"


def equal(left: Any, right: Any) -> bool:
    """Compare by value; numbers of both kinds are equal, other kinds never.

    >>> equal(1, 1.0), equal(1, "1"), equal(True, 1)
    (True, False, False)
    """
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type_of(left) != type_of(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return bool(left == right)


def from_json(text: Any) -> Any:
    """Return JSON's value; every number is a float, as Go reads it."""
    if not isinstance(text, str):
        raise Misfit(f"fromJSON takes a text, not {shown(text)}.")

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    try:
        return json.loads(text, parse_int=float, parse_constant=refuse)
    except ValueError as error:
        raise Misfit(f"{shown(text)} is not JSON: {error}.") from None


def to_json(value: Any, indent: str = "") -> str:
    r"""Return a value as Go writes JSON: keys sorted, ``<``, ``>`` and ``&`` escaped.

    >>> to_json({"b": 1.0, "a": "<"})
    '{"a":"\\u003c","b":1}'
    """
    return _json(value, indent, "\n" if indent else "")


def _json(value: Any, indent: str, line: str) -> str:
    if callable(value):
        raise Misfit("A function is no JSON.")
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise Misfit(f"{to_text(value)} is no JSON.")
        return _float(value, 21)
    inner = line + indent if line else ""
    if isinstance(value, list):
        return _within("[]", [_json(item, indent, inner) for item in value], inner, line)
    if isinstance(value, dict):
        colon = ": " if line else ":"
        pairs = [f"{_json(str(key), indent, inner)}{colon}{_json(value[key], indent, inner)}" for key in sorted(value)]
        return _within("{}", pairs, inner, line)
    text = json.dumps(value, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _within(brackets: str, items: list[str], inner: str, line: str) -> str:
    return f"{brackets[0]}{inner}{(',' + inner).join(items)}{line}{brackets[1]}" if items else brackets


def shown(value: Any) -> str:
    """Return a value as a message shows it, cut where it is long."""
    text = to_json(value) if not callable(value) else "a function"
    return text if len(text) <= 60 else text[:57] + "..."
