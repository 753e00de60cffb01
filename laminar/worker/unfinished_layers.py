"""Find which layers an execution that is resumed runs again: those that have not finished, by its documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from laminar.components import layer_status
from laminar.exceptions import DatastoreError
from laminar.graph import PARAMETERS
from laminar.worker import fan_out_grid

if TYPE_CHECKING:
    from laminar.worker.job import ExecutionScope

__all__ = ["unfinished_layers"]


def unfinished_layers(scope: ExecutionScope, layers: Iterable[str], known: dict[str, str] | None = None) -> set[str]:
    """Return those of the layers that have not finished, skipped ones included: their entry hooks are evaluated again.

    A fan-out whose documents are whole has not finished where its sources have another number of elements now, or may get one
    because they run again. ``known`` receives the states of all layers.
    """
    known = {} if known is None else known
    wanted, found = set(layers), set[str]()
    for name in (name for name in scope.nodes if name in wanted and name != PARAMETERS):
        state = layer_status.status(scope.store, scope.nodes, scope.flow, scope.execution, name, known)
        if state != "finished" or _counts_anew(scope, name, found):
            found.add(name)
    return found


def _counts_anew(scope: ExecutionScope, name: str, running: set[str]) -> bool:
    """Return whether a finished fan-out has to count its splits again; ``running`` are the layers above that run."""
    grid = scope.nodes[name].grid
    if grid is None:
        return False
    if any(axis.layer in running for axis in grid):
        return True
    first = scope.document(name)
    try:
        return first is not None and first.splits != fan_out_grid.count(scope, name)
    except DatastoreError:  # a source's documents were removed: the results computed from them exist
        return False
