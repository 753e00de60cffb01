"""Derive from an execution's documents how each layer has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from laminar.skip_rules import is_skipped

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore
    from laminar.graph import Node

__all__ = ["status"]


def status(
    store: DataStore, nodes: Mapping[str, Node], flow: str, execution: str, name: str, known: dict[str, str] | None = None
) -> str:
    """Return whether a layer of an execution is ``"finished"``, ``"skipped"`` or ``"unfinished"``.

    A layer without entry hook is skipped where any layer that it needs is: no document records that. ``known`` holds the
    states that were read before, and receives those read now: each layer's documents are read once.
    """
    known = {} if known is None else known
    stack = [name]
    while stack:
        layer = stack[-1]
        node = nodes[layer]
        if layer not in known:
            known[layer] = _stored(store, flow, execution, layer)
        if known[layer] == "unfinished" and not node.entry:
            if unknown := [need for need in node.needs if need not in known]:
                stack.extend(unknown)
                continue
            if is_skipped(node, known):
                known[layer] = "skipped"
        stack.pop()
    return known[name]


def _stored(store: DataStore, flow: str, execution: str, layer: str) -> str:
    """Return a layer's state by its documents alone."""
    first = store.load(flow, execution, layer, 0)
    if first is None:
        return "unfinished"
    if first.status == "skipped":
        return "skipped"
    from laminar.configurations.datastores.documents.repository import is_complete

    whole = first.splits <= 1 or is_complete(store.records(flow, execution, layer))
    return "finished" if whole else "unfinished"
