"""Run tasks in order: what they wait for, how often they run, what they hand on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from laminar.compiler.argo.expressions import ExprError, evaluate, parse
from laminar.compiler.argo.expressions.values import to_json, to_text
from laminar.compiler.rehearsal.conditions import depends, holds
from laminar.compiler.rehearsal.engine import Engine, PodRun, RetryRun, Run, arguments
from laminar.compiler.rehearsal.refusal import NodeError, Refused
from laminar.compiler.rehearsal.structure import ancestors, parameters_of
from laminar.compiler.rehearsal.tags import Scope, expand, substitute

__all__ = ["DagRun", "start"]

OMITTED = "omitted: depends condition not met"
EMPTY = "Skipped, empty params"
BAD = ("Failed", "Error")


def start(engine: Engine, template: str, name: str, given: Mapping[str, str]) -> Run:
    """Start a template under a node's name."""
    found = engine.templates[template]
    inputs = arguments(found, given)
    if "dag" in found:
        return DagRun(engine, name, found, inputs)
    scopes = (engine.scope, inputs)
    if "retryStrategy" in found:
        return RetryRun(engine, name, found, scopes)
    return PodRun(engine, name, found, scopes)


class Ended:
    """A node that has ended as it began: skipped, omitted, or wrong."""

    def __init__(self, engine: Engine, name: str, phase: str, message: str) -> None:
        self.node = engine.node(name, "Skipped")
        engine.finish(self.node, phase, message)

    def advance(self) -> None:
        """Nothing is left to do."""


class GroupRun:
    """A loop: one child for each item."""

    def __init__(self, dag: DagRun, name: str, task: Mapping[str, Any], scope: Scope, count: int) -> None:
        self.dag, self.task, self.scope, self.count = dag, task, scope, count
        self.node = dag.engine.node(name, "TaskGroup")
        self.children: list[Run] = []

    def advance(self) -> None:
        """Start children where there is room; end when all have ended."""
        while len(self.children) < self.count and not self.dag.is_full():
            item = len(self.children)
            scope = {**self.scope, "item": str(item)}
            self.children.append(self.dag.once(self.task, f"{self.node.name}({item}:{item})", scope))
            self.children[-1].advance()
        for child in self.children:
            if not child.node.finished:
                child.advance()
        if len(self.children) == self.count and all(child.node.finished for child in self.children):
            bad = [child.node.phase for child in self.children if child.node.failed]
            self.dag.engine.finish(self.node, bad[-1] if bad else "Succeeded")

    def aggregates(self, outputs: list[str]) -> dict[str, str]:
        """Return the lists of what the children that succeeded handed out; a child's JSON stays JSON."""
        done = [child.node for child in self.children if child.node.phase == "Succeeded"]
        return {name: to_json([_json(node.outputs[name]) for node in done if name in node.outputs]) for name in outputs}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


class DagRun:
    """The tasks of a dag template."""

    def __init__(self, engine: Engine, name: str, template: Mapping[str, Any], inputs: Scope) -> None:
        self.engine, self.template = engine, template
        self.node = engine.node(name, "DAG")
        self.tasks: dict[str, Mapping[str, Any]] = {task["name"]: task for task in template["dag"]["tasks"]}
        self.above = ancestors(template["dag"]["tasks"])
        self.scope: Scope = {**engine.scope, **inputs}
        self.parallelism: int | None = template.get("parallelism")
        self.runs: dict[str, Run] = {}
        self.handed: dict[str, Scope] = {}

    def is_full(self) -> bool:
        """Say whether the template's parallelism lets no further child start now."""
        return self.parallelism is not None and self._active() >= self.parallelism

    def _active(self) -> int:
        runs = [run for one in self.runs.values() for run in (one.children if isinstance(one, GroupRun) else [one])]
        return sum(not run.node.finished for run in runs)

    def advance(self) -> None:
        """Start what can start, go on with what has, and end when all have ended."""
        moved = True
        while moved:
            before = self.engine.steps
            for name, task in self.tasks.items():
                run = self.runs.get(name)
                if run is None:
                    run = self._begin(name, task)
                if run is not None and not run.node.finished:
                    run.advance()
            moved = self.engine.steps != before
        if len(self.runs) == len(self.tasks) and all(run.node.finished for run in self.runs.values()):
            self._end()

    def _begin(self, name: str, task: Mapping[str, Any]) -> Run | None:
        """Start a task when all that it depends on has ended, unless there is no room."""
        condition = depends(task["depends"]) if task.get("depends") else None
        if condition is not None:
            phases = {parent: self.runs[parent].node.phase for parent in condition.names if parent in self.runs}
            if len(phases) < len(condition.names) or not all(phases.values()):
                return None
        if self.is_full():
            return None
        node = f"{self.node.name}.{name}"
        if condition is not None and not condition.met(phases):
            self.runs[name] = Ended(self.engine, node, "Omitted", OMITTED)
        else:
            self.runs[name] = self._started(task, node)
        return self.runs[name]

    def _started(self, task: Mapping[str, Any], node: str) -> Run:
        scope = dict(self.scope)
        for name in self.above[task["name"]]:
            self._check_hang(name, task)
            scope.update(self._handed(name))
        if "withSequence" not in task:
            return self.once(task, node, scope)
        try:
            count = _count(substitute(str(task["withSequence"]["count"]), scope))
        except NodeError as error:
            return Ended(self.engine, node, "Error", str(error))
        if count:
            return GroupRun(self, node, task, scope, count)
        self._arguments_of_skipped(task, {**scope, "item": "0"})
        return Ended(self.engine, node, "Skipped", EMPTY)

    def once(self, task: Mapping[str, Any], node: str, scope: Scope) -> Run:
        """Run a task, or one item of it, unless its ``when`` says no."""
        try:
            if "when" in task:
                when = substitute(task["when"], scope)
                if not holds(when):
                    self._arguments_of_skipped(task, scope)
                    return Ended(self.engine, node, "Skipped", f"when '{when}' evaluated false")
            given = {one["name"]: substitute(one["value"], scope) for one in parameters_of(task, "arguments")}
        except NodeError as error:
            return Ended(self.engine, node, "Error", str(error))
        return start(self.engine, task["template"], node, given)

    def _check_hang(self, name: str, task: Mapping[str, Any]) -> None:
        """Refuse a task that reads what a loop with skipped items hands out: Argo waits for ever."""
        run = self.runs[name]
        if isinstance(run, GroupRun) and any(child.node.phase == "Skipped" for child in run.children):
            text = str(task)
            if f"tasks.{name}.outputs" in text or f"tasks['{name}'].outputs" in text:
                raise Refused(
                    f"Task {task['name']!r} reads the outputs of loop {name!r}, whose `when` skips items: the workflow would hang.",
                    fix="let the loop's count be '0' instead.",
                )

    def _arguments_of_skipped(self, task: Mapping[str, Any], scope: Scope) -> None:
        """Refuse arguments that cannot be made, of a task that is skipped: Argo makes them before it looks."""
        try:
            substitute([one["value"] for one in parameters_of(task, "arguments")], scope)
        except NodeError as error:
            raise Refused(
                f"Task {task['name']!r} is skipped, but its arguments cannot be made ({error}): what Argo does is not known.",
                fix="give the expression a value for this case.",
            ) from None

    # what tasks hand on

    def _handed(self, name: str) -> Scope:
        """Return what a task that has ended is to those below it: its status and its outputs."""
        if name not in self.handed:
            run = self.runs[name]
            found = {f"tasks.{name}.status": run.node.phase}
            for output, value in self._outputs_of(name, run).items():
                found[f"tasks.{name}.outputs.parameters.{output}"] = value
            self.handed[name] = found
        return self.handed[name]

    def _outputs_of(self, name: str, run: Run) -> Mapping[str, str]:
        made = parameters_of(self.engine.templates[self.tasks[name]["template"]], "outputs")
        if isinstance(run, GroupRun):
            return run.aggregates([output["name"] for output in made])
        if run.node.phase == "Skipped":
            return {one["name"]: one["valueFrom"]["default"] for one in made if "default" in one.get("valueFrom", {})}
        return run.node.outputs

    # the end

    def _end(self) -> None:
        phase = self._phase()
        if phase == "Succeeded":
            try:
                self.node.outputs = {one["name"]: self._output(one) for one in parameters_of(self.template, "outputs")}
            except NodeError as error:
                self.engine.finish(self.node, "Error", str(error))
                return
        self.engine.finish(self.node, phase)

    def _phase(self) -> str:
        """Return the phase of the first last task that failed, or that was left out below a failure."""
        inherited: dict[str, str] = {}
        parents = {name: depends(task["depends"]).names if task.get("depends") else () for name, task in self.tasks.items()}

        def branch(name: str) -> str:
            if name not in inherited:
                own = self.runs[name].node.phase
                above = [branch(parent) for parent in parents[name]] if own in ("Skipped", "Omitted") else []
                inherited[name] = (
                    own if own not in ("Skipped", "Omitted") else next((one for one in above if one in BAD), "Succeeded")
                )
            return inherited[name]

        inner = {parent for names in parents.values() for parent in names}
        last = [branch(name) for name in self.tasks if name not in inner]
        return next((phase for phase in last if phase in BAD), "Succeeded")

    def _output(self, output: Mapping[str, Any]) -> str:
        source = output.get("valueFrom", {})
        scope = dict(self.scope)
        for name in self.tasks:
            scope.update(self._handed(name))
        try:
            if "expression" in source:
                return to_text(evaluate(parse(source["expression"]), expand(scope)))
            if not re.fullmatch(r"\{\{[^{}=]+\}\}", source.get("parameter", "")):
                raise Refused(
                    f"The output {output['name']!r} names no task's output.", fix='say "{{tasks.A.outputs.parameters.x}}".'
                )
            return str(substitute(source["parameter"], scope))
        except (NodeError, ExprError) as error:
            if "default" in source:
                return str(source["default"])
            raise NodeError(f"output {output['name']!r}: {error}") from None


def _count(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise NodeError(f"withSequence.count is {text!r}, which is no whole number")
    if int(text) < 0:
        raise NodeError(f"withSequence.count is {text}: a negative count makes nonsense in Argo")
    return int(text)
