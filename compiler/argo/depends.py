"""Read ``depends``: the names of tasks, each with a status or without, joined by ``&&``, ``||``, ``!`` and parentheses.

Argo's source is workflow/common/ancestry.go and evaluateDependsLogic in workflow/controller/dag.go (4.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from laminar.compiler.argo.condition_grammar import Condition, ConditionError, Tokens, parse, satisfied

__all__ = ["STATUSES", "UNREADABLE", "Depends", "Wait", "WaitError", "depends", "waits"]

STATUSES = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed")

BARE = ("Succeeded", "Skipped", "Daemoned")
"""Phases that satisfy a name without a status (ancestry.go, expandDependency)."""

UNREADABLE = frozenset(
    ("let", "matches", "contains", "startsWith", "endsWith", "nil", "true", "false", "in", "not", "and", "or", "if", "else")
)
"""Names that Argo cannot read in ``depends``: expr-lang parses the text, and they are its keywords (seen on Argo 4.1.2)."""

TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z0-9_][-A-Za-z0-9_]*)(?:\.(?P<status>[A-Za-z]+))?|(?P<sign>&&|\|\||[!()]))")


class WaitError(ConditionError):
    """A ``depends`` that Argo rejects; the message follows the name of the field."""


@dataclass(frozen=True)
class Wait:
    """One name in ``depends`` with its status, which is empty for a bare name."""

    name: str
    status: str = ""

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that satisfy it."""
        return (self.status,) if self.status else BARE


@dataclass(frozen=True)
class Depends:
    """A condition over tasks: the tasks that it waits for, in their order, and how they are joined."""

    waits: tuple[Wait, ...]
    condition: Condition = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The tasks that it names, each once."""
        return tuple(dict.fromkeys(wait.name for wait in self.waits))

    def met(self, statuses: Mapping[str, Collection[str]]) -> bool:
        """Return whether tasks that have these statuses satisfy it."""
        return satisfied(self.condition, lambda wait: any(status in statuses[wait.name] for status in wait.statuses))


@lru_cache(maxsize=4096)
def depends(text: str) -> Depends:
    """Parse a ``depends``.

    Raises WaitError for a text that Argo rejects.

    >>> depends("A && !B.Failed").met({"A": ["Skipped"], "B": ["Succeeded"]})
    True
    """
    found: list[Wait] = []

    def operand(tokens: Tokens) -> Wait:
        token = tokens.take()
        found.append(_wait(token["name"], token["status"]))
        return found[-1]

    try:
        condition = parse(Tokens(text, TOKEN, "name"), operand)
    except WaitError:
        raise
    except ConditionError as error:
        raise WaitError(str(error)) from None
    return Depends(tuple(found), condition)


def _wait(name: str, status: str | None) -> Wait:
    if status is not None and status not in STATUSES:
        raise WaitError(f"waits for the status {status!r}; there are {', '.join(STATUSES)}")
    return Wait(name, status or "")


def waits(text: str) -> list[Wait]:
    """Return the names that a ``depends`` waits for.

    Raises WaitError for a text that Argo rejects.

    >>> waits("A && (B.Failed || !C-1.Skipped)")
    [Wait(name='A', status=''), Wait(name='B', status='Failed'), Wait(name='C-1', status='Skipped')]
    """
    return list(depends(text).waits)
