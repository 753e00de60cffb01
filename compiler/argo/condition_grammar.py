"""Parse conditions: operands joined by ``&&``, ``||``, ``!`` and parentheses.

`depends` and `when` share the grammar; each brings its own tokens and operands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

__all__ = ["Condition", "ConditionError", "Tokens", "parse", "satisfied"]

Condition = tuple[Any, ...]
"""An operator and its operands, or ``("leaf", operand)``."""


class ConditionError(ValueError):
    """A text that is no condition; the message follows the name of the field."""


class Tokens:
    """The tokens of a condition, read from left to right.

    ``pattern`` has a group ``sign`` for operators and parentheses. ``operand`` is the field's word for its operands.
    """

    def __init__(self, text: str, pattern: re.Pattern[str], operand: str) -> None:
        self.operand = operand
        self.matches: list[re.Match[str]] = []
        self.next = 0
        place = 0
        while text[place:].strip():
            match = pattern.match(text, place)
            if match is None:
                rest = text[place:].strip()
                at = len(text.rstrip()) - len(rest) + 1
                raise ConditionError(f"has {rest[:10]!r} at character {at}, which is no {operand} and no operator")
            self.matches.append(match)
            place = match.end()

    def accept(self, sign: str) -> bool:
        """Consume the next token where it is this sign, and return whether it was."""
        if self.next < len(self.matches) and self.matches[self.next]["sign"] == sign:
            self.next += 1
            return True
        return False

    def take(self) -> re.Match[str]:
        """Consume the next token, which must be an operand.

        Raises ConditionError for a sign and at the end.
        """
        if self.next == len(self.matches):
            raise ConditionError(f"ends where a {self.operand} belongs")
        match = self.matches[self.next]
        if match["sign"]:
            raise ConditionError(f"has {match['sign']!r} where a {self.operand} belongs")
        self.next += 1
        return match

    def end(self) -> None:
        """Raise ConditionError where tokens are left."""
        if self.next < len(self.matches):
            token = self.matches[self.next][0].strip()
            raise ConditionError("has a ')' without '('" if token == ")" else f"has {token!r} where an operator belongs")


def parse(tokens: Tokens, operand: Callable[[Tokens], Any]) -> Condition:
    """Return the condition that tokens spell; ``operand`` consumes one operand.

    Raises ConditionError.
    """
    tree = _any(tokens, operand)
    tokens.end()
    return tree


def _any(tokens: Tokens, operand: Callable[[Tokens], Any]) -> Condition:
    tree = _all(tokens, operand)
    while tokens.accept("||"):
        tree = ("||", tree, _all(tokens, operand))
    return tree


def _all(tokens: Tokens, operand: Callable[[Tokens], Any]) -> Condition:
    tree = _not(tokens, operand)
    while tokens.accept("&&"):
        tree = ("&&", tree, _not(tokens, operand))
    return tree


def _not(tokens: Tokens, operand: Callable[[Tokens], Any]) -> Condition:
    if tokens.accept("!"):
        return ("!", _not(tokens, operand))
    if not tokens.accept("("):
        return ("leaf", operand(tokens))
    tree = _any(tokens, operand)
    if not tokens.accept(")"):
        tokens.end()  # an error about another token than ')' is clearer
        raise ConditionError("has a '(' that is not closed")
    return tree


def satisfied(condition: Condition, holds: Callable[[Any], bool]) -> bool:
    """Evaluate a condition; ``holds`` evaluates one operand. Every operand is evaluated.

    >>> satisfied(("&&", ("leaf", 1), ("!", ("leaf", 0))), bool)
    True
    """
    operator, *operands = condition
    if operator == "leaf":
        return holds(operands[0])
    found = [satisfied(operand, holds) for operand in operands]
    return not found[0] if operator == "!" else all(found) if operator == "&&" else any(found)
