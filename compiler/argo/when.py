"""Evaluate a ``when`` whose tags are replaced: comparisons joined by ``&&``, ``||`` and ``!``.

Argo's source is shouldExecute in workflow/controller/steps.go (4.1.2). govaluate parses it, and reads a bare word as
a text.
"""

from __future__ import annotations

import re
from typing import Any

from laminar.compiler.argo.condition_grammar import ConditionError, Tokens, parse, satisfied

__all__ = ["WhenError", "holds"]

TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?[0-9]+(?:\.[0-9]+)?)(?![\w.])|(?P<sign>&&|\|\||==|!=|<=|>=|[!()<>])"""
    r"""|(?P<text>'[^']*'|"[^"]*")|(?P<word>[^\W\d]\w*))"""
)
COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
BROKEN = re.compile(r"[^\w()\[\]'\"]*")
"""Characters that govaluate reads as one token where it knows none."""


class WhenError(ValueError):
    """A ``when`` that Argo cannot evaluate; the message is the node's."""


def holds(text: str) -> bool:
    """Evaluate a ``when``; an empty one holds.

    Raises WhenError for a text that is no condition.

    >>> holds("Skipped == Succeeded"), holds("true"), holds("a != b && !(1 > 2)")
    (False, True, True)
    """
    if not text:
        return True
    try:
        tree = parse(_tokens(text), _comparison)
    except ConditionError as error:
        raise WhenError(f"Invalid 'when' expression '{text}': {error}") from None
    return satisfied(tree, lambda value: _truth(value, text))


def _tokens(text: str) -> Tokens:
    try:
        return Tokens(text, TOKEN, "value")
    except ConditionError:
        place = 0
        while match := TOKEN.match(text, place):
            place = match.end()
        rest = text[place:].lstrip()
        token = BROKEN.match(rest)
        shown = token[0] if token and token[0] else rest[:1]
        raise ConditionError(f"Invalid token: '{shown}' (hint: try wrapping the affected expression in quotes (\"))") from None


def _comparison(tokens: Tokens) -> Any:
    left = _value(tokens)
    for sign in COMPARISONS:
        if tokens.accept(sign):
            return _compared(sign, left, _value(tokens))
    return left


def _value(tokens: Tokens) -> Any:
    token = tokens.take()
    if token["text"] is not None:
        return token["text"][1:-1]
    if token["number"] is not None:
        return float(token["number"])
    return {"true": True, "false": False}.get(token["word"], token["word"])


def _compared(sign: str, left: Any, right: Any) -> bool:
    if sign in ("==", "!="):
        return bool((type(left) is type(right) and left == right) == (sign == "=="))
    if type(left) is not type(right) or isinstance(left, bool):
        raise ConditionError(f"Value '{left}' cannot be used with the comparator '{sign}', it is not a number")
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign])


def _truth(value: Any, text: str) -> bool:
    if not isinstance(value, bool):
        shown = f"{value:g}" if isinstance(value, float) else value
        raise WhenError(f"Expected boolean evaluation for '{text}'. Got {shown}")
    return value
