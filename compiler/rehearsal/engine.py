"""Drive the nodes of one workflow to their ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol

from laminar.compiler.rehearsal.pods import Outcome, Pod, RunPod
from laminar.compiler.rehearsal.refusal import Refused
from laminar.compiler.rehearsal.substitution import Scope
from laminar.compiler.rehearsal.trace import Node

__all__ = ["Conditions", "Engine", "Observe", "Run"]

Observe = Callable[[Node], None]
"""Called with a pod's node when the pod starts, then with an empty phase and in the thread that runs it, and when it has ended."""


class Run(Protocol):
    """A node under way; `advance` continues it as far as possible."""

    node: Node

    def advance(self) -> None:
        """Go on."""


@dataclass(frozen=True)
class Conditions:
    """Settings for running pods.

    Without a pool they run one after the other, in the thread that drives. ``backoff`` scales the waits between attempts.
    """

    run_pod: RunPod
    pool: Executor | None = None
    backoff: float = 0.0
    observe: Observe | None = None


class Engine:
    """State that all nodes of one workflow share: its templates, the values that are known everywhere, the pods that run."""

    def __init__(self, spec: Mapping[str, Any], scope: Scope, conditions: Conditions) -> None:
        self.templates = {template["name"]: template for template in spec["templates"]}
        self.patch: str = spec.get("podSpecPatch", "")
        self.volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
        self.parallelism: int | None = spec.get("parallelism")
        self.scope = scope
        self.conditions = conditions
        self.nodes: list[Node] = []
        self.running: set[Future[Outcome]] = set()
        self.steps = 0

    def node(self, name: str, kind: str) -> Node:
        """Add a node."""
        self.steps += 1
        self.nodes.append(Node(name, kind))
        return self.nodes[-1]

    def finish(self, node: Node, phase: str, message: str = "") -> None:
        """End a node."""
        self.steps += 1
        node.finish(phase, message)
        if node.started:
            self._observed(node)

    def _observed(self, node: Node) -> None:
        if self.conditions.observe is not None:
            self.conditions.observe(node)

    def is_full(self) -> bool:
        """Return whether the workflow's parallelism allows no further pod now."""
        return self.parallelism is not None and len(self.running) >= self.parallelism

    def submit(self, pod: Pod, node: Node, delay: float) -> Future[Outcome]:
        """Start a pod, after a delay that is scaled down."""

        def work() -> Outcome:
            if delay and self.conditions.backoff:
                time.sleep(delay * self.conditions.backoff)
            node.started = True
            self._observed(node)
            return self.conditions.run_pod(pod)

        self.steps += 1
        if self.conditions.pool is not None:
            future = self.conditions.pool.submit(work)
            self.running.add(future)
            return future
        done: Future[Outcome] = Future()
        done.set_result(work())
        return done

    def drive(self, root: Run) -> None:
        """Drive a node to its end.

        Raises Refused where it would wait for ever, and the exceptions of the runner of pods.
        """
        while True:
            before = self.steps
            root.advance()
            if root.node.finished:
                return
            if self.running:
                _, self.running = wait(self.running, return_when=FIRST_COMPLETED)
            elif self.steps == before:
                waiting = ", ".join(node.name for node in self.nodes if not node.finished)
                raise Refused(f"The workflow would hang: {waiting} wait for tasks that never end.", fix="check their depends.")
