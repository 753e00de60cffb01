"""Decide which layers may be skipped, which are, and which pod evaluates the hooks that decide it.

Planner, runner and local scheduler decide it by these pure functions, so that a flow skips the same layers everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from laminar.graph import PARAMETERS, Node

__all__ = ["evaluators", "is_skipped", "may_skip"]


def is_skipped(node: Node, ended: Mapping[str, str]) -> bool:
    """Return whether a layer is skipped because one that it needs was: only without its own entry hook.

    ``ended`` holds how the layers that it needs have ended.

    >>> is_skipped(Node("B", ("A",)), {"A": "skipped"}), is_skipped(Node("B", ("A",), entry=True), {"A": "skipped"})
    (True, False)
    """
    return not node.entry and any(ended.get(need) == "skipped" for need in node.needs)


def may_skip(nodes: Mapping[str, Node]) -> frozenset[str]:
    """Return the layers that may end skipped: by their own entry hook, or because a layer that they need may.

    Each node comes after those that it needs.
    """
    found: set[str] = set()
    for name, node in nodes.items():
        if node.entry or (found and not found.isdisjoint(node.needs)):
            found.add(name)
    return frozenset(found)


def evaluators(nodes: Mapping[str, Node]) -> dict[str, str | None]:
    """Return, for each layer whose hooks a pod evaluates, the layer whose pod does so, or None for a gate.

    It is the only parent, where that is no fan-out and cannot be skipped: its pod has just finished when the hooks are due.

    >>> evaluators({"A": Node("A"), "B": Node("B", ("A",), entry=True), "C": Node("C", ("A", "B"), entry=True)})
    {'B': 'A', 'C': None}
    """
    skippable = may_skip(nodes)
    found: dict[str, str | None] = {}
    for name, node in nodes.items():
        if node.entry or node.submission:
            parents = [need for need in node.needs if need != PARAMETERS]
            alone = len(parents) == 1 and nodes[parents[0]].grid is None and parents[0] not in skippable
            found[name] = parents[0] if alone else None
    return found
