"""Prepare, in a pod, the run of a part of a flow: what the scheduled layers left before goes, what is outside is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.components import schedule_check
from laminar.worker import fan_out_grid
from laminar.worker.split import Outputs

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.graph import Axis
    from laminar.program.recording import Step

__all__ = ["prepare"]


def prepare(execution: Execution, step: Step) -> Outputs:
    """Return lengths of the layers outside the part that is scheduled, and which layers inside may run as far as those decide.

    Raises SchedulerError where a dependency is neither scheduled nor finished; then nothing has been removed.
    """
    assert execution.id is not None
    nodes = execution.flow.nodes
    lengths: dict[str, list[int]] = {}
    if step.dependencies is None:  # resumed: only what the flow was started with is asked for
        axes = [axis for node in nodes.values() for axis in node.grid or () if axis.layer == graph.PARAMETERS]
        return Outputs({_key(axis): [fan_out_grid.length(execution, axis)] for axis in axes})
    step.execution.id = execution.id
    step.execution.flow = execution.flow
    schedule_check.check_schedule(step)
    inside = set(step.dependencies)
    entries: dict[str, Any] = {}
    skippable = graph.may_skip(nodes)
    for name in inside:
        node = nodes[name]
        lengths.update({_key(axis): [fan_out_grid.length(execution, axis)] for axis in node.grid or () if axis.layer not in inside})
        outside = [need for need in node.needs if need not in inside and need in skippable]
        if outside and not node.entry:
            entries[name] = all(execution.status(need) != "skipped" for need in outside)
    for name in inside:
        execution.flow.configuration.datastore.remove(execution.flow.name, execution.id, name)
    return Outputs(lengths, entries)


def _key(axis: Axis) -> str:
    return graph.length_key(axis.layer, axis.attribute, axis.index if axis.fan_out else None)
