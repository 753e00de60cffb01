"""Read the unfinished layers of an execution from the datastore, so that a workflow that resumes it has only these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from laminar import graph
from laminar.compiler.plan.partial_execution import Remainder
from laminar.exceptions import ExecutionError
from laminar.graph import PARAMETERS
from laminar.worker import fan_out_grid, split_job
from laminar.worker.job import ExecutionScope
from laminar.worker.unfinished_layers import unfinished_layers

if TYPE_CHECKING:
    from laminar.program.recording import Chain

__all__ = ["remainder"]


def remainder(chain: Chain, execution: str, url: str | None, *, again: bool = True) -> Remainder | None:
    """Return the unfinished part of a chain's execution; None where it has no documents, so that all of it is unfinished.

    ``url`` is where its pods keep artifacts, where that is not the flows' own datastore. Hooks of skipped layers are
    evaluated ``again``, or these layers have ended.

    The first flow to run is the first that has a layer left, or after which the linker has not run. A link follows a flow:
    where that flow has finished, its last layer runs once more, and ends at once.

    Raises ExecutionError where all layers have finished, DatastoreError where the documents cannot be read.
    """
    scopes = list(_scopes(chain, execution, url))
    if scopes[0].document(PARAMETERS) is None:
        return None
    for place, scope in enumerate(scopes, 1):
        known: dict[str, str] = {}
        left = unfinished_layers(scope, scope.nodes, known)
        if not again:
            left = {name for name in left if known[name] != "skipped"}
        linked = place == len(scopes) or scopes[place].document(PARAMETERS) is not None
        if not left and not linked:
            left = {[name for name in scope.nodes if name != PARAMETERS and known[name] == "finished"][-1]}
        if left:
            return Remainder(place, frozenset(left), _lengths(scope, left))
    flow = chain.first.flow.name
    raise ExecutionError(
        f"Nothing is left to run: every layer of execution {execution!r} has finished.",
        fix="start the flow again: laminar submit PROGRAM.",
        execution=execution,
        flow=flow,
    )


def _scopes(chain: Chain, execution: str, url: str | None) -> Iterator[ExecutionScope]:
    """Yield the scope of each flow of a chain; the k-th occurrence of a flow has ``-k`` appended to the id."""
    names: list[str] = []
    for step in chain.steps:
        names.append(step.flow.name)
        number = names.count(step.flow.name)
        if url is not None:
            split_job.reroot(step.flow, url)
        own = execution if number == 1 else f"{execution}-{number}"
        yield ExecutionScope.of_execution(step.flow.execution(own, retry=True))


def _lengths(scope: ExecutionScope, left: set[str]) -> dict[str, int]:
    """Return the lengths of the sources, of finished layers, over which unfinished layers fan out."""
    axes = [axis for name in left for axis in scope.nodes[name].grid or () if axis.layer not in left]
    return {
        graph.length_key(axis.layer, axis.attribute, axis.index if axis.fan_out else None): fan_out_grid.length(scope, axis)
        for axis in axes
    }
