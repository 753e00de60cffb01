"""Run the tasks of a dag template: in which order, whether at all, and how the dag ends.

Argo's source is workflow/controller/dag.go (4.1.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laminar.compiler.argo.depends import depends
from laminar.compiler.argo.when import WhenError, holds
from laminar.compiler.rehearsal.attempts import ABSENT, PodRun, RetryRun, inputs_of, inputs_scope, processed
from laminar.compiler.rehearsal.engine import Engine, Run
from laminar.compiler.rehearsal.loops import EMPTY, Ended, GroupRun, expanded
from laminar.compiler.rehearsal.refusal import NodeError, Refused
from laminar.compiler.rehearsal.structure import ancestors, parameters_of
from laminar.compiler.rehearsal.substitution import Scope, Strictness, replace
from laminar.compiler.rehearsal.task_results import TaskResults

__all__ = ["DagRun", "start"]

OMITTED = "omitted: depends condition not met"
BAD = ("Failed", "Error")
STATUSES = {"Error": "Errored"}
"""Words of ``depends`` for phases, where they differ."""


def start(engine: Engine, template: str, name: str, given: Mapping[str, str], task: str = "") -> Run:
    """Start a template as a node of this name, with the arguments of its ``task``."""
    found = engine.templates[template]
    scope: dict[str, str | None] = {**engine.scope, "node.name": name, **({"tasks.name": task} if task else {})}
    try:
        made = processed({**found, "inputs": {"parameters": inputs_of(found, given)}}, scope)
    except NodeError as error:
        return Ended(engine, name, "Error", _errored(name, str(error)) if task else str(error))
    if "dag" in made:
        return DagRun(engine, name, made, is_task=bool(task))
    if "retryStrategy" in made:
        return RetryRun(engine, name, made)
    run = PodRun(engine, name, made)
    if run.unmade and task:
        run.node.message = _errored(name, run.node.message)
    return run


def _errored(name: str, message: str) -> str:
    """Return the message of a task's node whose template cannot be executed (executeDAGTask)."""
    return f"task '{name}' errored: {message}"


class DagRun:
    """The tasks of a dag template whose inputs are replaced."""

    def __init__(self, engine: Engine, name: str, template: Mapping[str, Any], *, is_task: bool) -> None:
        self.engine, self.template, self.is_task = engine, template, is_task
        self.node = engine.node(name, "DAG")
        self.tasks: dict[str, Mapping[str, Any]] = {task["name"]: task for task in template["dag"]["tasks"]}
        self.depends = {name: depends(task["depends"]) if task.get("depends") else None for name, task in self.tasks.items()}
        self.above = ancestors(template["dag"]["tasks"])
        self.parallelism: int | None = template.get("parallelism")
        self.scope: Scope = {**engine.scope, **inputs_scope(template)}
        self.runs: dict[str, Run] = {}
        outputs = {name: parameters_of(engine.templates[task["template"]], "outputs") for name, task in self.tasks.items()}
        self.results = TaskResults(self.runs, outputs)

    def is_full(self) -> bool:
        """Return whether the template's parallelism allows no further child now."""
        return self.parallelism is not None and self._active() >= self.parallelism

    def _active(self) -> int:
        runs = [run for one in self.runs.values() for run in (one.children if isinstance(one, GroupRun) else [one])]
        return sum(not run.node.finished for run in runs)

    def advance(self) -> None:
        """Start ready tasks, continue started ones, and end when all have ended."""
        moved = True
        while moved:
            before = self.engine.steps
            for name in self.tasks:
                run = self.runs.get(name) or self._begin(name)
                if run is not None and not run.node.finished:
                    run.advance()
            moved = self.engine.steps != before
        if len(self.runs) == len(self.tasks) and all(run.node.finished for run in self.runs.values()):
            self._end()

    # start of a task

    def _begin(self, name: str) -> Run | None:
        """Start a task when all that it depends on has ended, unless there is no room."""
        condition = self.depends[name]
        parents = condition.names if condition is not None else ()
        if not all(parent in self.runs and self.runs[parent].node.finished for parent in parents) or self.is_full():
            return None
        if condition is not None and not condition.met({parent: self._statuses(parent) for parent in parents}):
            self.runs[name] = Ended(self.engine, f"{self.node.name}.{name}", "Omitted", OMITTED)
        else:
            self.runs[name] = self._started(self.tasks[name])
        return self.runs[name]

    def _statuses(self, name: str) -> list[str]:
        """Return the statuses of a task that has ended, as `depends` calls them."""
        run = self.runs[name]
        found = [STATUSES.get(run.node.phase, run.node.phase)]
        phases = [child.node.phase for child in run.children] if isinstance(run, GroupRun) else []
        if "Succeeded" in phases:
            found.append("AnySucceeded")
        if set(phases) == {"Failed"}:
            found.append("AllFailed")
        return found

    def _started(self, task: Mapping[str, Any]) -> Run:
        """Resolve a task, expand its loop and start its template (resolveDependencyReferences, expandTask)."""
        node = f"{self.node.name}.{task['name']}"
        try:
            scope = self._scope(task)
            resolved = self._resolved(task, scope)
            if "withSequence" not in task:
                return self.once(resolved, node)
            items = expanded(resolved, scope)
        except (NodeError, WhenError) as error:
            return Ended(self.engine, node, "Error", str(error))
        if not items:
            return Ended(self.engine, node, "Skipped", EMPTY)
        return GroupRun(self, node, items)

    def _scope(self, task: Mapping[str, Any]) -> Scope:
        scope = dict(self.scope)
        for name in self.above[task["name"]]:
            self._check_hang(name, task)
            scope.update(self.results.of(name))
        return scope

    def _resolved(self, task: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
        """Return a task with its references to other tasks replaced; where its ``when`` is false, with those in ``when`` only."""
        when = replace(task.get("when", ""), scope, Strictness.TASKS)
        try:
            if not holds(when):
                return {**task, "when": when}
        except WhenError:
            if "withSequence" not in task:  # in a loop it may wait for the item
                raise
        parameters = [{**one, "value": _marked(one["value"], scope)} for one in parameters_of(task, "arguments")]
        return dict(replace({**task, "arguments": {"parameters": parameters}}, scope, Strictness.TASKS))

    def once(self, task: Mapping[str, Any], node: str) -> Run:
        """Run a resolved task, or one item of it, unless its ``when`` is false."""
        when = task.get("when", "")
        try:
            if not holds(when):
                return Ended(self.engine, node, "Skipped", f"when '{when}' evaluated false")
        except WhenError as error:
            return Ended(self.engine, node, "Error", str(error))
        given = {one["name"]: one["value"] for one in parameters_of(task, "arguments")}
        return start(self.engine, task["template"], node, given, task["name"])

    def _check_hang(self, name: str, task: Mapping[str, Any]) -> None:
        """Refuse a task that reads outputs of a loop with skipped items: Argo waits for ever (seen on Argo 4.1.2)."""
        run = self.runs[name]
        if isinstance(run, GroupRun) and any(child.node.phase == "Skipped" for child in run.children):
            text = str(task)
            if f"tasks.{name}.outputs" in text or f"tasks['{name}'].outputs" in text:
                raise Refused(
                    f"Task {task['name']!r} reads the outputs of loop {name!r}, whose `when` skips items: the workflow would hang.",
                    fix="set the loop's count to '0' instead.",
                )

    # end of the dag

    def _end(self) -> None:
        phase = self._phase()
        if phase != "Succeeded":
            return self.engine.finish(self.node, phase)
        try:
            outputs = parameters_of(self.template, "outputs")
            self.node.outputs = {one["name"]: self.results.output(one, self.scope) for one in outputs}
        except NodeError as error:
            message = _errored(self.node.name, str(error)) if self.is_task else str(error)
            return self.engine.finish(self.node, "Error", message)
        self.engine.finish(self.node, phase)

    def _phase(self) -> str:
        """Return the phase of the first last task, by name, that failed or was omitted below a failure (assessDAGPhase)."""
        inherited: dict[str, str] = {}
        parents = {name: condition.names if condition is not None else () for name, condition in self.depends.items()}

        def branch(name: str) -> str:
            if name not in inherited:
                own = self.runs[name].node.phase
                above = [branch(parent) for parent in parents[name]] if own in ("Skipped", "Omitted") else [own]
                inherited[name] = next((one for one in above if one in BAD), "Succeeded")
            return inherited[name]

        inner = {parent for names in parents.values() for parent in names}
        last = [branch(name) for name in sorted(self.tasks) if name not in inner]
        return next((phase for phase in last if phase in BAD), "Succeeded")


def _marked(value: str, scope: Scope) -> str:
    """Return an argument, or `ABSENT` where it is the bare reference to an output that a skipped task does not have."""
    path = value[2:-2].strip() if value.startswith("{{") and value.endswith("}}") else ""
    return ABSENT if path in scope and scope[path] is None else value
