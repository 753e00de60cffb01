"""Expand the loop of a task, and run its items.

Argo's source is expandTask in workflow/controller/dag.go, expandSequence and processItem in operator.go (4.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from laminar.compiler.argo.when import WhenError, holds
from laminar.compiler.rehearsal.engine import Engine, Run
from laminar.compiler.rehearsal.refusal import NodeError
from laminar.compiler.rehearsal.substitution import Scope, Strictness, replace

__all__ = ["EMPTY", "Ended", "GroupRun", "Item", "expanded"]

EMPTY = "Skipped, empty params"


class Ended:
    """A node that has ended as it began: skipped, omitted, or Error without a pod."""

    def __init__(self, engine: Engine, name: str, phase: str, message: str) -> None:
        self.node = engine.node(name, "Skipped")
        engine.finish(self.node, phase, message)

    def advance(self) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class Item:
    """One item of a loop: its value and the task that is resolved for it."""

    value: int
    task: Mapping[str, Any]


def expanded(task: Mapping[str, Any], scope: Scope) -> list[Item]:
    """Return the items of a resolved task.

    Every tag of a task must have a value in every item, unless its ``when`` is false for every item: one item that cannot be
    made is the error of the whole loop.
    Raises NodeError.
    """
    skipped = _is_false(task.get("when", ""))
    try:
        values = _sequence(str(task["withSequence"]["count"]))
    except NodeError:
        if skipped:
            return []
        raise
    body = {name: part for name, part in task.items() if name != "withSequence"}
    if skipped:
        known = {name: value for name, value in scope.items() if value is not None}
        return [Item(value, replace(body, {**known, "item": str(value)})) for value in values]
    return [Item(value, replace(body, {**scope, "item": str(value)}, Strictness.ALL)) for value in values]


def _is_false(when: str) -> bool:
    try:
        return not holds(when)
    except WhenError:
        return False


def _sequence(count: str) -> Sequence[int]:
    """Return the numbers of a count: from 0 up; for a negative count from 0 down to one below it."""
    if not re.fullmatch(r"[+-]?[0-9]+", count):
        raise NodeError(f'strconv.Atoi: parsing "{count}": invalid syntax')
    number = int(count)
    if abs(number) > 2**63 - 1:
        raise NodeError(f'strconv.Atoi: parsing "{count}": value out of range')
    return range(number) if number >= 0 else range(0, number - 2, -1)


class Owner(Protocol):
    """The dag that a loop belongs to."""

    engine: Engine

    def is_full(self) -> bool:
        """Return whether no further child may start now."""

    def once(self, task: Mapping[str, Any], node: str) -> Run:
        """Run one item."""


class GroupRun:
    """A loop: one child for each item."""

    def __init__(self, dag: Owner, name: str, items: Sequence[Item]) -> None:
        self.dag, self.items = dag, items
        self.node = dag.engine.node(name, "TaskGroup")
        self.children: list[Run] = []

    def advance(self) -> None:
        """Start children where there is room; end when all have ended, as the last bad one did."""
        while len(self.children) < len(self.items) and not self.dag.is_full():
            place = len(self.children)
            item = self.items[place]
            self.children.append(self.dag.once(item.task, f"{self.node.name}({place}:{item.value})"))
            self.children[-1].advance()
        for child in self.children:
            if not child.node.finished:
                child.advance()
        if len(self.children) == len(self.items) and all(child.node.finished for child in self.children):
            bad = [child.node.phase for child in self.children if child.node.failed]
            self.dag.engine.finish(self.node, bad[-1] if bad else "Succeeded")
