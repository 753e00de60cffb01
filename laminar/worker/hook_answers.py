"""Evaluate, in a pod, the hooks of the layers below: whether they may run, and in which pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from laminar import graph, skip_rules
from laminar.exceptions import FlowError
from laminar.worker import fan_out_grid, hook_calls, pod_patches, split, split_failure
from laminar.worker.document_stamp import Stamp
from laminar.worker.job import ExecutionScope
from laminar.worker.split_failure import SplitFailed

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["PATCHES", "answered_by", "answers", "confirm"]

PATCHES = "-patches"
"""Suffix of a layer's name where its pods' patches are published: no layer's name ends so."""

FAILURE = "-failure"
"""Suffix of a layer's name where the failure of its entry hooks is kept: no layer's name ends so."""


def answered_by(execution: Execution, layer: str, scheduled: Mapping[str, set[str]] | None = None) -> list[str]:
    """Return the layers whose hooks the pod of a layer evaluates after it has finished.

    ``scheduled`` are the layers that a partial run schedules, with those that each runs after: the pod evaluates no others.
    """
    nodes = execution.flow.nodes
    found = [name for name, evaluator in skip_rules.evaluators(nodes).items() if evaluator == layer]
    if scheduled is None:
        return found
    sources = {name: {axis.layer for axis in nodes[name].grid or ()} for name in found}
    return [name for name in found if name in scheduled and layer in scheduled[name] | sources[name]]


def answers(execution: Execution, keeper: str, layers: list[str]) -> dict[str, Any]:
    """Evaluate the hooks of layers, and keep the answers in the document of ``keeper``, so that a second run returns the same ones.

    A run that resumes evaluates a hook again that returned false or failed.

    The result maps a layer with entry hooks to whether it may run, and ``X-patches`` to the result of `pod_patches.encoded` for its
    submission hooks. A layer that is skipped gets its document here. A gate fails with its layer's hooks. Another layer's pod
    does not: the layer whose hook failed may run, and `confirm` repeats the failure in its own pod.

    Raises SplitFailed for an outage, after which another attempt may succeed, and where a gate's hook fails; FlowError where a
    gate's patches are too large.
    """
    if not layers:
        return {}
    scope = ExecutionScope.of_execution(execution)
    known = scope.document(keeper)
    if known is not None and known.entries and not (execution.retry and _is_open(known.entries)):
        return _published(known.entries)
    found: dict[str, Any] = {}
    for name in layers:
        try:
            found |= _answer(execution, scope, name)
        except (SplitFailed, FlowError) as error:
            if keeper not in scope.nodes or (isinstance(error, SplitFailed) and error.retryable):
                raise
            found |= _failed(scope, name, error)
    if known is None:
        stamp = Stamp(scope.registrations[layers[0]].layer)
        known = stamp.record(scope.flow, scope.execution, keeper, index=0, splits=1, attempt=1)
    scope.store.save(replace(known, entries=found))
    return _published(found)


def _is_open(entries: Mapping[str, Any]) -> bool:
    """Return whether hooks are to be evaluated again when an execution resumes."""
    return False in entries.values() or any(name.endswith(FAILURE) for name in entries)


def _published(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers that the workflow reads: an output parameter has to be small."""
    return {name: value for name, value in entries.items() if not name.endswith(FAILURE)}


def _answer(execution: Execution, scope: ExecutionScope, name: str) -> dict[str, Any]:
    """Return the answers about one layer.

    Raises SplitFailed where a hook fails, FlowError where its patches are too large.
    """
    node = scope.nodes[name]
    found: dict[str, Any] = {}
    runs = split.evaluate(execution.layer(name)) if node.entry else scope.status(name) != "skipped"
    if node.entry:
        found[name] = runs
    if node.submission:
        patches = _patches(execution, scope, name) if runs else []
        found[name + PATCHES] = pod_patches.encoded(patches, layer=name, where=scope.registrations[name].where)
    return found


def _failed(scope: ExecutionScope, name: str, error: SplitFailed | FlowError) -> dict[str, Any]:
    """Return the answers about a layer whose hooks failed: its pod starts, as it is registered, and fails."""
    node = scope.nodes[name]
    found: dict[str, Any] = {name + FAILURE: error.what}
    if node.entry:
        found[name] = True
    if node.submission:
        found[name + PATCHES] = pod_patches.encoded([], layer=name)
    return found


def _patches(execution: Execution, scope: ExecutionScope, name: str) -> list[str]:
    """Return the patches of a layer's pods, by the first split of each."""
    registration, node = scope.registrations[name], scope.nodes[name]
    splits = fan_out_grid.count(scope, name)
    changes = any(hook_calls.hooks_for(execution.layer(name), "retry"))
    attempts = registration.configuration.retry.attempts + graph.LOST_ATTEMPTS if changes else 1
    made = []
    for index in range(0, splits, node.batch):
        containers = []
        for attempt in range(1, attempts + 1):
            layer = execution.layer(name, index=index, splits=splits, attempt=attempt)
            split.configure(layer)
            containers.append(layer.configuration.container)
        before = registration.configuration.container
        made.append(pod_patches.of_attempts(before, containers, layer=name, where=registration.where))
    return made


def confirm(execution: Execution, name: str) -> None:
    """Repeat, in a layer's own pod, the failure of its hooks in the pod above; the log of this pod has its traceback.

    Raises SplitFailed or FlowError where a hook fails here too, or an entry hook returns false. Where none does, the failure was
    transient, and the layer may run.
    """
    scope = ExecutionScope.of_execution(execution)
    node = scope.nodes[name]
    evaluator = skip_rules.evaluators(scope.nodes).get(name) if node.entry or node.submission else None
    above = scope.document(evaluator) if evaluator is not None else None
    if above is None or name + FAILURE not in above.entries:
        return
    if _answer(execution, scope, name).get(name) is False:
        raise split_failure.failure(
            execution.layer(name, index=0),
            f"its hooks failed first ({above.entries[name + FAILURE]}), and returned false afterwards",
        )
