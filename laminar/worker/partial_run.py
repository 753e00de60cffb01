"""Prepare, in a pod, the run of a part of a flow: remove earlier documents of the scheduled layers, look up the layers outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from laminar import graph, skip_rules
from laminar.components import schedule_check
from laminar.worker import fan_out_grid
from laminar.worker.job import ExecutionScope
from laminar.worker.split import Outputs

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.program.recording import Step

__all__ = ["prepare"]


def prepare(execution: Execution, step: Step) -> Outputs:
    """Return lengths of the layers outside the part that is scheduled, and which layers inside may run according to these.

    Raises SchedulerError where a dependency is neither scheduled nor finished; then nothing has been removed.
    """
    scope = ExecutionScope.of_execution(execution)
    nodes = scope.nodes
    if step.dependencies is None:  # resumed: only the parameters that the flow was started with are looked up
        return Outputs(_lengths(scope, nodes, lambda layer: layer == graph.PARAMETERS))
    step.execution.id = execution.id
    step.execution.flow = execution.flow
    schedule_check.check_schedule(step)
    inside = set(step.dependencies)
    lengths = _lengths(scope, inside, lambda layer: layer not in inside)
    entries: dict[str, Any] = {}
    skippable = skip_rules.may_skip(nodes)
    for name in inside:
        outside = [need for need in nodes[name].needs if need not in inside and need in skippable]
        if outside and not nodes[name].entry:
            entries[name] = all(scope.status(need) != "skipped" for need in outside)
    for name in inside:
        scope.store.remove(scope.flow, scope.execution, name)
    return Outputs(lengths, entries)


def _lengths(scope: ExecutionScope, layers: Iterable[str], is_wanted: Callable[[str], bool]) -> dict[str, list[int]]:
    """Return the lengths of the wanted sources of these layers' fan-outs, by their keys."""
    axes = [axis for name in layers for axis in scope.nodes[name].grid or () if is_wanted(axis.layer)]
    return {
        graph.length_key(axis.layer, axis.attribute, axis.index if axis.fan_out else None): [fan_out_grid.length(scope, axis)]
        for axis in axes
    }
