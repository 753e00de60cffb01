"""Answer, in a pod, what the workflow asks about the layers below: may they run, and in which pods."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.worker import fan_out_grid, pod_patches, split
from laminar.worker.split import Stamp

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["PATCHES", "answers", "asked_of"]

PATCHES = "-patches"
"""What stands behind a layer's name where its pods' patches are published: no layer's name ends so."""


def asked_of(execution: Execution, layer: str) -> list[str]:
    """Return the layers whose hooks the pod of a layer answers for, having finished."""
    return [name for name, evaluator in graph.evaluators(execution.flow.nodes).items() if evaluator == layer]


def answers(execution: Execution, keeper: str, layers: list[str]) -> dict[str, Any]:
    """Ask the hooks of layers, and keep the answers in the document of ``keeper``, so that a second run gives the same.

    A run that resumes asks again where a hook said no.

    The result maps a layer with entry hooks to whether it may run, and ``X-patches`` to what `patches.encoded` makes of its
    submission hooks. Who evaluates writes down that a layer is skipped.

    Raises SplitFailed where a hook fails, FlowError where its patches take too much room.
    """
    if not layers:
        return {}
    assert execution.id is not None
    datastore, flow = execution.flow.configuration.datastore, execution.flow
    known = datastore.load(flow.name, execution.id, keeper, 0)
    if known is not None and known.entries and not (execution.retry and False in known.entries.values()):
        return dict(known.entries)
    found: dict[str, Any] = {}
    for name in layers:
        node = flow.nodes[name]
        runs = split.evaluate(execution.layer(name)) if node.entry else execution.status(name) != "skipped"
        if node.entry:
            found[name] = runs
        if node.submission:
            found[name + PATCHES] = _patches(execution, name) if runs else pod_patches.encoded([], layer=name)
    if known is None:
        known = Stamp(flow.registrations[layers[0]].layer).record(flow.name, execution.id, keeper, index=0, splits=1, attempt=1)
    datastore.save(replace(known, entries=found))
    return found


def _patches(execution: Execution, name: str) -> dict[str, Any]:
    """Return the patches of a layer's pods, by the first split of each."""
    registration = execution.flow.registrations[name]
    splits = fan_out_grid.count(execution, name)
    foreach = registration.configuration.foreach
    made = []
    for index in range(0, splits, foreach.batch if foreach else 1):
        layer = execution.layer(name, index=index, splits=splits)
        split.configure(layer)
        container = layer.configuration.container
        changed = pod_patches.changed(registration.configuration.container, container, layer=name, where=registration.where)
        made.append(pod_patches.patch(container, changed))
    return pod_patches.encoded(made, layer=name, where=registration.where)
