"""Collect the outputs of a dag's tasks: for tasks below them, and out of the dag.

Argo's source is buildLocalScope and processAggregateNodeOutputs in workflow/controller/operator.go, scope.go (4.1.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from laminar.compiler.argo.expressions import ExprError, evaluate, parse
from laminar.compiler.argo.expressions.values import to_json, to_text
from laminar.compiler.rehearsal.engine import Run
from laminar.compiler.rehearsal.loops import GroupRun
from laminar.compiler.rehearsal.refusal import NodeError, Refused
from laminar.compiler.rehearsal.substitution import Scope, Strictness, nested, replace

__all__ = ["TaskResults"]

REFERENCE = re.compile(r"\{\{[^{}=]+\}\}\Z")


class TaskResults:
    """The status and the outputs of each task that has ended; ``outputs`` are those that the tasks' templates declare."""

    def __init__(self, runs: Mapping[str, Run], outputs: Mapping[str, list[dict[str, Any]]]) -> None:
        self.runs, self.outputs = runs, outputs
        self.found: dict[str, Scope] = {}

    def of(self, name: str) -> Scope:
        """Return the values of an ended task for those below it."""
        if name not in self.found:
            values = self._values(name)
            outputs = {f"tasks.{name}.outputs.parameters.{output}": value for output, value in values.items()}
            self.found[name] = {f"tasks.{name}.status": self.runs[name].node.phase, **outputs}
        return self.found[name]

    def _values(self, name: str) -> Mapping[str, str | None]:
        run, declared = self.runs[name], self.outputs[name]
        if isinstance(run, GroupRun):
            return _aggregates(run, [one["name"] for one in declared])
        if run.node.phase in ("Skipped", "Omitted"):
            return {one["name"]: one.get("valueFrom", {}).get("default") for one in declared}
        return run.node.outputs

    def output(self, output: Mapping[str, Any], scope: Scope) -> str:
        """Return one output of the dag, its default where its source has no value.

        Raises NodeError where there is no default either.
        """
        source = output.get("valueFrom", {})
        whole = dict(scope)
        for name in self.runs:
            whole.update(self.of(name))
        try:
            return _value(output, whole)
        except (NodeError, ExprError) as error:
            if "default" in source:
                return str(source["default"])
            raise NodeError(getattr(error, "message", str(error))) from None


def _value(output: Mapping[str, Any], scope: Scope) -> str:
    source = output.get("valueFrom", {})
    if "expression" in source:
        value = evaluate(parse(source["expression"]), nested(scope))
        if value is None:
            raise NodeError(f'failed to evaluate expression "{source["expression"]}"')
        return to_text(value)
    if not REFERENCE.match(source.get("parameter", "")):
        raise Refused(f"The output {output['name']!r} names no task's output.", fix='write "{{tasks.A.outputs.parameters.x}}".')
    return str(replace(source["parameter"], scope, Strictness.ALL))


def _aggregates(run: GroupRun, outputs: list[str]) -> dict[str, str | None]:
    """Return the lists of outputs of the items that succeeded; an item's JSON stays JSON (seen on Argo 4.1.2)."""
    done = [child.node for child in run.children if child.node.phase == "Succeeded"]
    return {name: to_json([_json(node.outputs[name]) for node in done if name in node.outputs]) for name in outputs}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
