"""Plan the decisions of hooks: whether a layer runs, in which pods, and how its pods change from attempt to attempt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from laminar import skip_rules
from laminar.compiler.ir import Condition
from laminar.components import dependency_inference
from laminar.exceptions import FlowError, LaminarError
from laminar.graph import LOST_ATTEMPTS, PARAMETERS, Node
from laminar.worker import hook_calls, pod_patches

if TYPE_CHECKING:
    from laminar.compiler.ir import Pod
    from laminar.components.flow import Flow
    from laminar.configurations.layers import Container

__all__ = ["Configured", "Decisions", "wrong_hooks"]


@dataclass(frozen=True)
class Configured:
    """A layer's container after hooks that need no data, and patches (JSON) of its pod for the attempts from the first on.

    There are no patches where no retry hook changes the container.
    """

    container: Container
    attempts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decisions:
    """Decisions in a flow: layers that may be skipped, the pods that evaluate hooks, and results of hooks at compile time.

    Each is computed once a flow: the first two take all its layers, and hooks are the user's code.
    """

    flow: Flow
    _configured: dict[str, Configured] = field(default_factory=dict, repr=False)

    @property
    def nodes(self) -> Mapping[str, Node]:
        """Return the nodes of the flow's graph."""
        return self.flow.nodes

    @cached_property
    def skippable(self) -> frozenset[str]:
        """Return the layers that may be skipped."""
        return skip_rules.may_skip(self.nodes)

    @cached_property
    def evaluators(self) -> Mapping[str, str | None]:
        """Return which layer's pod evaluates a layer's hooks."""
        return skip_rules.evaluators(self.nodes)

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Return the places of the layers in graph order."""
        return {name: number for number, name in enumerate(self.nodes)}

    def in_order(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return layers in graph order."""
        return tuple(sorted(names, key=self.place.__getitem__))

    def condition(self, node: Node, gate: Pod) -> Condition:
        """Return the decision whether a layer runs; ``gate`` is the pod of a gate, should one be necessary."""
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

    def configured(self, name: str) -> Configured:
        """Return a layer's container and its changes, as far as its hooks depend on no data.

        Raises FlowError where a hook fails, or changes a field that a pod cannot change.
        """
        if name not in self._configured:
            self._configured[name] = self._configure(name)
        return self._configured[name]

    def _configure(self, name: str) -> Configured:
        registration = self.flow.registrations[name]
        registered = registration.configuration.container
        if self.nodes[name].submission:  # the pod that evaluates them publishes patches for all attempts
            return Configured(registered)
        layer = self.flow.layer(name)
        retrying = hook_calls.hooks_for(layer, "retry")
        if not retrying and not hook_calls.hooks_for(layer, "submission"):
            return Configured(registered)
        last = registration.configuration.retry.attempts + LOST_ATTEMPTS if retrying else 1
        made = [self._of_attempt(name, attempt) for attempt in range(1, last + 1)]
        names = {
            each: None for other in made[1:] for each in pod_patches.changed(made[0], other, layer=name, where=registration.where)
        }
        patches = [pod_patches.patch(container, list(names)) for container in made] if names else []
        return Configured(made[0], tuple(json.dumps(patch, separators=(",", ":"), sort_keys=True) for patch in patches))

    def _of_attempt(self, name: str, attempt: int) -> Container:
        """Return a layer's container for an attempt, after its submission and retry hooks, outside any execution."""
        layer, where = self.flow.layer(name, attempt=attempt), self.flow.registrations[name].where

        def dependency(needed: str) -> object:
            raise FlowError(
                f"A hook of layer {name!r} reads layer {needed!r}, which has no results when the flow is compiled.",
                where=where,
                fix="let retry hooks compute from self.attempt and self.configuration alone.",
            )

        try:
            hook_calls.configure(layer, dependency)
        except LaminarError:
            raise
        except Exception as error:
            shown = hook_calls.blamed(layer, error) or "hook"
            raise FlowError(
                f"The {shown} failed for attempt {attempt} of layer {name!r}: {type(error).__name__}: {error}.",
                where=where,
                fix="it is called when the flow is compiled: let it compute only configuration.",
            ) from error
        return layer.configuration.container


def wrong_hooks(decisions: Decisions) -> Iterator[LaminarError]:
    """Yield the problems of hooks that are called when a flow is compiled."""
    flow = decisions.flow
    for name, registration in flow.registrations.items():
        if name == PARAMETERS:
            continue
        reading = [
            hook
            for hook in hook_calls.hooks_for(flow.layer(name), "retry")
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
            decisions.configured(name)
        except LaminarError as error:
            yield error
