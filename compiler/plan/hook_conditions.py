"""Plan what hooks decide: whether a layer runs, in which pods, and how its pods change from attempt to attempt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from laminar import graph
from laminar.compiler.ir import Condition
from laminar.components import dependency_inference
from laminar.exceptions import FlowError, LaminarError
from laminar.graph import LOST_ATTEMPTS, PARAMETERS, Node
from laminar.worker import hook_calls, pod_patches

if TYPE_CHECKING:
    from laminar.compiler.ir import Pod
    from laminar.components.flow import Flow
    from laminar.configurations.layers import Container

__all__ = ["Decisions", "by_attempt", "constant", "wrong_hooks"]


@dataclass(frozen=True)
class Decisions:
    """Which layers of a flow may be skipped, and which pods evaluate hooks: computed once a flow, as it takes all its layers."""

    nodes: Mapping[str, Node]

    @cached_property
    def skippable(self) -> frozenset[str]:
        """Return the layers that may be skipped."""
        return graph.may_skip(self.nodes)

    @cached_property
    def evaluators(self) -> Mapping[str, str | None]:
        """Return which layer's pod evaluates a layer's hooks."""
        return graph.evaluators(self.nodes)

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Return the places of the layers in graph order."""
        return {name: number for number, name in enumerate(self.nodes)}

    def in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return layers in graph order."""
        return tuple(sorted(names, key=self.place.__getitem__))

    def condition(self, node: Node, gate: Pod) -> Condition:
        """Return how it is decided whether a layer runs; ``gate`` is the pod of a gate, should one be needed."""
        follows = () if node.entry else self.in_order(need for need in set(node.needs) if need in self.skippable)
        if not node.entry and not node.submission:
            return Condition(follows=follows)
        evaluator = self.evaluators[node.name]
        return Condition(
            entry=node.entry,
            patched=node.submission,
            follows=follows,
            evaluator=evaluator,
            pod=gate if evaluator is None else None,
        )


def constant(flow: Flow, name: str) -> Container:
    """Return a layer's container with its submission hooks applied, where they depend on no data: they are asked now.

    Raises FlowError where a hook fails, or changes what a pod cannot change.
    """
    registration = flow.registrations[name]
    before = registration.configuration.container
    layer = flow.layer(name)
    if flow.nodes[name].submission or not hook_calls.hooks_for(layer, "submission"):
        return before
    _ask(flow, name, 1, layer)
    return layer.configuration.container


def by_attempt(flow: Flow, name: str) -> tuple[str, ...]:
    """Return the patches (JSON) of a layer's pod for its attempts from the first on; empty where no retry hook changes it.

    Raises FlowError where a hook fails, or changes what a pod cannot change.
    """
    layer = flow.layer(name)
    if flow.nodes[name].submission or not hook_calls.hooks_for(layer, "retry"):
        return ()
    registration = flow.registrations[name]
    made = []
    for attempt in range(1, registration.configuration.retry.attempts + LOST_ATTEMPTS + 1):
        layer = flow.layer(name, attempt=attempt)
        _ask(flow, name, attempt, layer)
        made.append(layer.configuration.container)
    changed = {
        field: None for each in made[1:] for field in pod_patches.changed(made[0], each, layer=name, where=registration.where)
    }
    if not changed:
        return ()
    return tuple(json.dumps(pod_patches.patch(each, list(changed)), separators=(",", ":"), sort_keys=True) for each in made)


def _ask(flow: Flow, name: str, attempt: int, layer: object) -> None:
    """Apply submission and retry hooks of a layer that belongs to no execution."""

    def dependency(needed: str) -> object:
        raise FlowError(
            f"A hook of layer {name!r} reads layer {needed!r}, which has no results when the flow is compiled.",
            where=flow.registrations[name].where,
            fix="let retry hooks compute from self.attempt and self.configuration alone.",
        )

    try:
        hook_calls.configure(layer, dependency)  # type: ignore[arg-type]
    except LaminarError:
        raise
    except Exception as error:
        shown = hook_calls.blamed(layer, error) or "hook"  # type: ignore[arg-type]
        raise FlowError(
            f"The {shown} failed for attempt {attempt} of layer {name!r}: {type(error).__name__}: {error}.",
            where=flow.registrations[name].where,
            fix="it is asked when the flow is compiled: let it compute only configuration.",
        ) from error


def wrong_hooks(flow: Flow) -> Iterator[LaminarError]:
    """Give the problems of hooks that are asked when a flow is compiled."""
    for name, registration in flow.registrations.items():
        if name == PARAMETERS:
            continue
        layer = flow.layer(name)
        asked = hook_calls.hooks_for(layer, "retry")
        reading = [
            hook
            for hook in asked
            if dependency_inference.parameters_of(hook.function, flow.registrations, owner=hook.owner, flow=flow.name)
        ]
        if reading:
            yield FlowError(
                f"The {reading[0].shown} of layer {name!r} reads other layers, which have no results when the flow is compiled.",
                where=registration.where,
                fix="let retry hooks compute from self.attempt and self.configuration alone.",
            )
            continue
        try:
            constant(flow, name)
            by_attempt(flow, name)
        except LaminarError as error:
            yield error
