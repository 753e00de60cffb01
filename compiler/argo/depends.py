"""Read what a task waits for: the grammar of ``depends``, names with a status or without, joined by ``&&``, ``||`` and ``!``."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["STATUSES", "Wait", "WaitError", "waits"]

STATUSES = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed")
TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z0-9_][-A-Za-z0-9_]*(?:\.[A-Za-z]+)?)|(?P<operator>&&|\|\||[!()]))")


class WaitError(ValueError):
    """A ``depends`` that is none."""


@dataclass(frozen=True)
class Wait:
    """One name in ``depends``, and the status that is waited for, empty for success or a skip."""

    name: str
    status: str = ""


def waits(text: str) -> list[Wait]:
    """Return the names that a ``depends`` waits for.

    Raises WaitError for a text that Argo does not take.

    >>> waits("A && (B.Failed || !C-1.Skipped)")
    [Wait(name='A', status=''), Wait(name='B', status='Failed'), Wait(name='C-1', status='Skipped')]
    """
    found: list[Wait] = []
    open_, operand = 0, True
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            rest = text[place:].lstrip()
            raise WaitError(f"has {rest[:10]!r} at character {len(text) - len(rest) + 1}, which is no name and no operator")
        token, place = match[0].strip(), match.end()
        if (token not in ("&&", "||", ")")) != operand:
            raise WaitError(f"has {token!r} where {'a name' if operand else 'an operator'} belongs")
        open_ += {"(": 1, ")": -1}.get(token, 0)
        if open_ < 0:
            raise WaitError("has a ')' without '('")
        if match["name"]:
            found.append(_wait(token))
        operand = token in ("&&", "||", "!", "(")
    if open_:
        raise WaitError("has a '(' that is not closed")
    if operand:
        raise WaitError("ends where a name belongs")
    return found


def _wait(token: str) -> Wait:
    name, dot, status = token.partition(".")
    if dot and status not in STATUSES:
        raise WaitError(f"waits for the status {status!r}; there are {', '.join(STATUSES)}")
    return Wait(name, status)
