"""Run nodes: pods, the attempts at them, and what decides how they ended."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, Protocol

from laminar.compiler.argo.expressions import ExprError, evaluate, parse
from laminar.compiler.rehearsal.pods import Outcome, Pod, RunPod, patch_of, pod_of
from laminar.compiler.rehearsal.refusal import NodeError, Refused
from laminar.compiler.rehearsal.structure import parameters_of
from laminar.compiler.rehearsal.tags import Scope, leftover, substitute
from laminar.compiler.rehearsal.trace import Node

__all__ = ["Engine", "PodRun", "RetryRun", "Run", "arguments"]

OVERDUE = "Pod was active on the node longer than the specified deadline"
DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h)?\Z")
SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}


class Run(Protocol):
    """A node under way: `advance` takes it as far as it can go now."""

    node: Node

    def advance(self) -> None:
        """Go on."""


class Engine:
    """What all nodes of one workflow share: its templates, what is known everywhere, who runs pods.

    Without a pool pods run one after the other, in this thread. ``backoff`` scales the waits between attempts.
    """

    def __init__(
        self, spec: Mapping[str, Any], scope: Scope, run_pod: RunPod, *, pool: Executor | None = None, backoff: float = 0.0
    ) -> None:
        self.templates = {template["name"]: template for template in spec["templates"]}
        self.patch: str = spec.get("podSpecPatch", "")
        self.volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
        self.parallelism: int | None = spec.get("parallelism")
        self.scope = scope
        self.run_pod = run_pod
        self.pool = pool
        self.backoff = backoff
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

    def is_full(self) -> bool:
        """Say whether the workflow may have no further pod now."""
        return self.parallelism is not None and len(self.running) >= self.parallelism

    def submit(self, pod: Pod, delay: float) -> Future[Outcome]:
        """Start a pod, after a delay that is scaled down."""

        def work() -> Outcome:
            if delay and self.backoff:
                time.sleep(delay * self.backoff)
            return self.run_pod(pod)

        self.steps += 1
        if self.pool is not None:
            future = self.pool.submit(work)
            self.running.add(future)
            return future
        done: Future[Outcome] = Future()
        done.set_result(work())
        return done

    def drive(self, root: Run) -> None:
        """Take a node to its end.

        Raises Refused where it would wait for ever, and whatever the runner of pods raises.
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
                raise Refused(f"The workflow would hang: {waiting} wait for what never comes.", fix="look at their depends.")


def arguments(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return a template's inputs as a scope: what is given, else its defaults."""
    found = {}
    for parameter in parameters_of(template, "inputs"):
        found[f"inputs.parameters.{parameter['name']}"] = given.get(parameter["name"], parameter.get("value", ""))
    return found


class PodRun:
    """One pod: its node is Error at once where it cannot be made."""

    def __init__(self, engine: Engine, name: str, template: Mapping[str, Any], scopes: tuple[Scope, ...], delay: float = 0) -> None:
        self.engine = engine
        self.node = engine.node(name, "Pod")
        self.delay = delay
        self.future: Future[Outcome] | None = None
        self.outcome: Outcome | None = None
        self.outputs = parameters_of(template, "outputs")
        try:
            self.pod = self._pod(template, scopes)
        except NodeError as error:
            engine.finish(self.node, "Error", str(error))

    def _pod(self, template: Mapping[str, Any], scopes: tuple[Scope, ...]) -> Pod:
        body: Any = dict(template)
        body.pop("retryStrategy", None)
        body.pop("inputs", None)
        for scope in scopes:
            body = substitute(body, scope, partial=True)
        if leftover(body) is not None:
            everything = {name: value for scope in scopes for name, value in scope.items()}
            substitute(body, everything)  # raises, unless what was put in has tags of its own
            raise NodeError(f"failed to resolve {{{{{leftover(body)}}}}}")
        patches = [self.engine.patch] if self.engine.patch else []
        patch = patch_of([*patches, *([body["podSpecPatch"]] if body.get("podSpecPatch") else [])])
        pod = pod_of(self.node.name, body, self.engine.volumes, patch)
        self.node.patch = pod.patch
        self.outputs = parameters_of(body, "outputs")
        return pod

    def advance(self) -> None:
        """Start it where there is room, and see whether it has ended."""
        if self.node.finished:
            return
        if self.future is None:
            if self.engine.is_full():
                return
            self.future = self.engine.submit(self.pod, self.delay)
        if self.future.done():
            self._end(self.future.result())

    def _end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.node.log = outcome.log
        phase, message = _ended(outcome)
        found = {}
        for output in self.outputs:
            name, default = output["name"], output["valueFrom"].get("default")
            text = outcome.files.get(name)
            value = text.removesuffix("\n") if text is not None else default
            if value is not None:
                found[name] = value
            elif phase == "Succeeded":
                phase, message = "Error", f"failed to read output {name!r}: {output['valueFrom']['path']} does not exist"
        self.node.outputs = found
        self.engine.finish(self.node, phase, message)


def _ended(outcome: Outcome) -> tuple[str, str]:
    """Return phase and message of a pod."""
    if outcome.error:
        return "Error", outcome.error
    if outcome.overdue:
        return "Failed", OVERDUE
    return ("Succeeded", "") if outcome.code == 0 else ("Failed", f"main: Error (exit code {outcome.code})")


class RetryRun:
    """A pod that is tried again where its template says so."""

    def __init__(self, engine: Engine, name: str, template: Mapping[str, Any], scopes: tuple[Scope, ...]) -> None:
        self.engine = engine
        self.node = engine.node(name, "Retry")
        self.template, self.scopes = template, scopes
        self.attempts: list[PodRun] = []
        try:
            self.strategy = self._strategy()
        except NodeError as error:
            engine.finish(self.node, "Error", str(error))

    def _strategy(self) -> Mapping[str, Any]:
        strategy: Any = self.template["retryStrategy"]
        for scope in self.scopes:
            strategy = substitute(strategy, scope, partial=True)
        if not re.fullmatch(r"[0-9]+", str(strategy["limit"])):
            raise NodeError(f"limit {strategy['limit']!r} is no number")
        return dict(strategy)

    def advance(self) -> None:
        """Start attempts until one succeeds, or none is left."""
        while not self.node.finished:
            if not self.attempts:
                self._attempt()
            last = self.attempts[-1]
            last.advance()
            if not last.node.finished:
                return
            self._judge(last)

    def _attempt(self) -> None:
        number = len(self.attempts)
        counted = {**self.engine.scope, "retries": str(number)}
        scopes = (*self.scopes, counted, *self.scopes[1:])
        self.attempts.append(PodRun(self.engine, f"{self.node.name}({number})", self.template, scopes, self._delay(number)))

    def _delay(self, number: int) -> float:
        backoff = self.strategy.get("backoff")
        if backoff is None or number == 0:
            return 0.0
        match = DURATION.match(backoff.get("duration", "0"))
        if match is None:
            raise Refused(f"The backoff's duration {backoff.get('duration')!r} is not known.", fix='say "10s".')
        return float(match[1]) * SECONDS[match[2]] * float(backoff.get("factor", 1)) ** (number - 1)

    def _judge(self, last: PodRun) -> None:
        node = last.node
        if not node.failed:
            self.node.outputs = node.outputs
            self.engine.finish(self.node, node.phase)
            return
        expression = self.strategy.get("expression")
        policy = self.strategy.get("retryPolicy", "Always" if expression else "OnFailure")
        if (policy == "OnFailure" and node.phase == "Error") or (policy == "OnError" and node.phase == "Failed"):
            self.engine.finish(self.node, node.phase, node.message)
        elif expression is not None and not self._worth(expression, last):
            return
        elif len(self.attempts) > int(self.strategy["limit"]):
            self.engine.finish(self.node, node.phase, "No more retries left")
        else:
            self._attempt()

    def _worth(self, expression: str, last: PodRun) -> bool:
        """Say whether the expression wants another attempt; the node ends where it does not."""
        node, outcome = last.node, last.outcome
        lost = outcome is None or outcome.overdue or outcome.error
        told = {
            "exitCode": "-1" if lost or outcome is None else str(outcome.code),
            "status": node.phase,
            "duration": str(round(outcome.seconds)) if outcome is not None else "0",
            "message": node.message,
        }
        try:
            value = evaluate(parse(expression), {"lastRetry": told})
        except ExprError as error:
            self.engine.finish(self.node, "Error", f"retryStrategy.expression: {error.message}")
            return False
        if not isinstance(value, bool):
            self.engine.finish(self.node, "Error", "retryStrategy.expression gives neither true nor false")
        elif not value:
            self.engine.finish(self.node, node.phase, "retryStrategy.expression evaluated to false")
        return value is True
