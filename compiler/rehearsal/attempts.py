"""Run the nodes of a container template: a pod, or the attempts at one.

Argo's source is executeTemplate and processNodeRetries in workflow/controller/operator.go (4.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from laminar.compiler.argo.expressions import ExprError, evaluate, parse
from laminar.compiler.argo.expressions.values import shown
from laminar.compiler.rehearsal.engine import Engine
from laminar.compiler.rehearsal.pods import Outcome, Pod, patch_of, pod_of
from laminar.compiler.rehearsal.refusal import NodeError, Refused
from laminar.compiler.rehearsal.structure import parameters_of
from laminar.compiler.rehearsal.substitution import Scope, replace

__all__ = ["PodRun", "RetryRun", "inputs_of", "inputs_scope", "processed"]

ABSENT = "__argo_absent_optional__"
"""The argument that stands for an output which a skipped task does not have (workflow/common, AbsentOptionalArgumentValue)."""

OVERDUE = "Pod was active on the node longer than the specified deadline"
"""The kubelet's message of a passed activeDeadlineSeconds (pkg/kubelet/active_deadline.go)."""

DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h)?\Z")
SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}
NO_ATTEMPT = {"exitCode": "0", "duration": "0", "status": "", "message": ""}
"""Value of ``lastRetry`` in the first attempt."""


def inputs_of(template: Mapping[str, Any], given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a template's inputs with the given values, else their defaults.

    Raises NodeError for an input whose argument is an output that does not exist.
    """
    found = []
    for parameter in parameters_of(template, "inputs"):
        name, default = parameter["name"], parameter.get("value")
        value = given.get(name, default)
        if value == ABSENT:
            value = default
        if value is None:
            reason = "argument references an absent optional (skipped/omitted node output with no default)"
            raise NodeError(f"inputs.parameters.{name}: {reason}")
        found.append({**parameter, "value": value})
    return found


def processed(template: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """Return a template with its tags replaced: first those of a scope, then its inputs, whose values may have had tags too.

    Argo does this several times for one pod (SubstituteParams in workflow/common/util.go): tags in values are replaced, too.
    """
    once: dict[str, Any] = replace(dict(template), scope)
    return dict(replace(once, {**scope, **inputs_scope(once)}))


def inputs_scope(template: Mapping[str, Any]) -> dict[str, str]:
    """Return the paths that a template has values for by itself."""
    values = {f"inputs.parameters.{one['name']}": one["value"] for one in parameters_of(template, "inputs")}
    paths = {
        f"outputs.parameters.{one['name']}.path": one["valueFrom"]["path"]
        for one in parameters_of(template, "outputs")
        if "path" in one.get("valueFrom", {})
    }
    return {**values, **paths}


class PodRun:
    """One pod. Where it cannot be made the node is Error at once, and ``unmade`` is true."""

    def __init__(self, engine: Engine, name: str, template: Mapping[str, Any], delay: float = 0) -> None:
        self.engine = engine
        self.node = engine.node(name, "Pod")
        self.delay = delay
        self.future: Future[Outcome] | None = None
        self.outcome: Outcome | None = None
        self.outputs = parameters_of(template, "outputs")
        self.unmade = False
        try:
            self.pod = self._pod(template)
        except NodeError as error:
            self.unmade = True
            self.node.log = error.detail
            engine.finish(self.node, "Error", str(error))

    def _pod(self, template: Mapping[str, Any]) -> Pod:
        body = processed(template, self.engine.scope)
        patches = [patch for patch in (self.engine.patch, body.get("podSpecPatch")) if patch]
        texts = [processed({**body, "podSpecPatch": patch}, self.engine.scope)["podSpecPatch"] for patch in patches]
        pod = pod_of(self.node.name, body, self.engine.volumes, patch_of(texts))
        self.node.patch = pod.patch
        return pod

    def advance(self) -> None:
        """Start it where there is room, and see whether it has ended."""
        if self.node.finished:
            return
        if self.future is None:
            if self.engine.is_full():
                return
            self.future = self.engine.submit(self.pod, self.node, self.delay)
        if self.future.done():
            self._end(self.future.result())

    def _end(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.node.log, self.node.seconds = outcome.log, outcome.seconds
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
    """Return phase and message of a pod (inferFailedReason in operator.go)."""
    if outcome.error:
        return "Error", outcome.error
    if outcome.overdue:
        return "Failed", OVERDUE
    reason = "OOMKilled" if outcome.oom else "Error"
    return ("Succeeded", "") if outcome.code == 0 else ("Failed", f"main: {reason} (exit code {outcome.code})")


class RetryRun:
    """The attempts at a pod, as its template's retryStrategy allows them."""

    def __init__(self, engine: Engine, name: str, template: Mapping[str, Any]) -> None:
        self.engine = engine
        self.node = engine.node(name, "Retry")
        self.template = {field: part for field, part in template.items() if field != "retryStrategy"}
        self.strategy: Mapping[str, Any] = template["retryStrategy"]
        self.attempts: list[PodRun] = []

    def advance(self) -> None:
        """Start attempts until one succeeds, or none is left."""
        while not self.node.finished:
            if not self.attempts:
                self._attempt()
            last = self.attempts[-1]
            last.advance()
            if not last.node.finished:
                return
            try:
                self._judge(last)
            except NodeError as error:
                self._error(str(error))

    def _attempt(self) -> None:
        number = len(self.attempts)
        known = self._last_retry(self.attempts[-1]) if self.attempts else NO_ATTEMPT
        counted = {"retries": str(number), **{f"lastRetry.{name}": value for name, value in known.items()}}
        name = f"{self.node.name}({number})"
        try:
            template = processed(self.template, {**self.engine.scope, **counted})
        except NodeError as error:  # errors that each attempt would have
            return self._error(str(error))
        self.attempts.append(PodRun(self.engine, name, template, self._delay(number)))

    def _error(self, message: str) -> None:
        self.engine.finish(self.node, "Error", f"task '{self.node.name}' errored: {message}")

    def _delay(self, number: int) -> float:
        backoff = self.strategy.get("backoff")
        if backoff is None or number == 0:
            return 0.0
        match = DURATION.match(backoff.get("duration", "0"))
        if match is None:
            raise Refused(f"The backoff's duration {backoff.get('duration')!r} is not known.", fix='write it as "10s".')
        return float(match[1]) * SECONDS[match[2]] * float(backoff.get("factor", 1)) ** (number - 1)

    def _judge(self, last: PodRun) -> None:
        """Start another attempt or end the node: policy first, then the limit, then the expression."""
        node = last.node
        if not node.failed:
            return self._end(last, "")
        expression = self.strategy.get("expression")
        policy = self.strategy.get("retryPolicy", "Always" if expression else "OnFailure")
        if (policy == "OnFailure" and node.phase == "Error") or (policy == "OnError" and node.phase == "Failed"):
            return self._error(node.message) if last.unmade else self._end(last, node.message)
        if len(self.attempts) > self._limit():
            return self._end(last, "No more retries left")
        if expression is not None and not self._evaluated(expression, last):
            return self._end(last, "retryStrategy.expression evaluated to false")
        self._attempt()

    def _end(self, last: PodRun, message: str) -> None:
        """End the node as its last pod ended, with that one's outputs, after a failure too (seen on Argo 4.1.2)."""
        self.node.outputs = last.node.outputs
        self.engine.finish(self.node, last.node.phase, message)

    def _limit(self) -> int:
        text = str(self.strategy["limit"])
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise NodeError(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        return int(text)

    def _evaluated(self, expression: str, last: PodRun) -> bool:
        known = {"retries": str(len(self.attempts) - 1), "lastRetry": self._last_retry(last)}
        try:
            value = evaluate(parse(expression), known)
        except ExprError as error:
            raise NodeError(f"unable to evaluate expression '{expression}': {error.message}") from None
        if not isinstance(value, bool):
            raise NodeError(f"unable to cast expression result '{shown(value)}' to bool")
        return value

    def _last_retry(self, last: PodRun) -> dict[str, str]:
        """Return the members of ``lastRetry``, all of them text; the exit code is -1 where main has none."""
        outcome = last.outcome
        unknown = outcome is None or outcome.overdue or outcome.error
        return {
            "exitCode": "-1" if unknown or outcome is None else str(outcome.code),
            "status": last.node.phase,
            "duration": str(round(outcome.seconds)) if outcome is not None else "0",
            "message": last.node.message,
        }
