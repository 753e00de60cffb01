"""Check the order of a DAG's tasks: depends, dependencies, targets, cycles."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.compiler.argo.depends import UNREADABLE, Wait, WaitError, waits
from laminar.compiler.argo.documents import Document, Task, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding, meant

__all__ = ["ancestors", "wrong_waits"]


def wrong_waits(document: Document) -> Iterator[Finding]:
    """Yield tasks that wait for missing tasks, or for each other."""
    for template in document.bodies:
        yield from _wrong_language(template)
        yield from _wrong_template(template)
        target = template.part.at("dag", "target")
        for name in target.text().split():
            if name not in {task.name for task in template.tasks} and "{{" not in target.text():
                what = f"The target {name!r} is no task.{meant(name, [task.name for task in template.tasks])}"
                yield Finding(target, "W107", what, "name tasks of this DAG.")


def _wrong_language(template: Template) -> Iterator[Finding]:
    """Yield a DAG that mixes depends with the fields that it replaced (validate.go, validateDAG, 4.1.2)."""
    old = any("dependencies" in task.part.names for task in template.tasks)
    new = any(task.part.text("depends") for task in template.tasks)
    for task in template.tasks:
        if old and task.part.text("depends"):
            yield Finding(
                task.part.at("depends"), "W106", "A DAG has depends or dependencies, not both.", "write depends everywhere."
            )
        if new and task.part.at("continueOn").value:
            fix = f"write {task.name}.Failed or {task.name}.Errored in the depends of the tasks that follow."
            yield Finding(task.part.at("continueOn"), "W106", "A DAG with depends has no continueOn.", fix)


def _wrong_template(template: Template) -> Iterator[Finding]:
    known = {task.name: task for task in template.tasks}
    edges: dict[str, set[str]] = {}
    for task in template.tasks:
        part = task.part.at("depends")
        try:
            found = _waits(task)
        except WaitError as error:
            yield Finding(part, "W101", f"The depends of task {task.name!r} {error}.", "write names joined by && and ||.")
            continue
        edges[task.name] = {wait.name for wait in found}
        for wait in found:
            yield from _wrong_wait(task, wait, known, part if part.value is not None else task.part.at("dependencies"))
    for cycle in _cycles(edges):
        text = " <- ".join([*cycle, cycle[0]])
        at = known[cycle[0]].part.at("depends")
        yield Finding(at, "W105", f"The tasks wait for each other: {text}.", "remove one of these waits.")


def _wrong_wait(task: Task, wait: Wait, known: dict[str, Task], part: Part) -> Iterator[Finding]:
    if wait.name not in known:
        what = f"Task {task.name!r} waits for {wait.name!r}, and its DAG has no task of that name.{meant(wait.name, known)}"
        yield Finding(part, "W102", what, "name a task of this DAG.")
    elif wait.status in ("AnySucceeded", "AllFailed") and not known[wait.name].is_loop:
        what = f"Task {task.name!r} waits for {wait.name}.{wait.status}, and {wait.name!r} is no loop."
        yield Finding(part, "W103", what, "wait for .Succeeded or .Failed.")
    if wait.name[:1].isdigit() or wait.name in UNREADABLE:
        why = "begins with a digit" if wait.name[:1].isdigit() else "is a word of the expression language"
        what = f"Task {task.name!r} waits for {wait.name!r}, which {why}: Argo cannot read that."
        yield Finding(part, "W104", what, "rename the task.")


def _waits(task: Task) -> list[Wait]:
    listed = task.part.at("dependencies").value
    if isinstance(listed, list):
        return [Wait(str(name), "Succeeded") for name in listed]
    text = task.part.at("depends").value
    return waits(text) if isinstance(text, str) and text.strip() else []


def _cycles(edges: dict[str, set[str]]) -> Iterator[list[str]]:
    """Yield one cycle of a graph that has any, the task written first in front."""
    left = {name: set(needs) & set(edges) for name, needs in edges.items()}
    while ready := [name for name, needs in left.items() if not needs]:
        for name in ready:
            del left[name]
        for needs in left.values():
            needs.difference_update(ready)
    if not left:
        return
    path = [next(iter(left))]
    while (following := min(left[path[-1]])) not in path:
        path.append(following)
    yield path[path.index(following) :]


def ancestors(template: Template) -> dict[str, set[str]]:
    """Return for each task or step all those that have ended before it starts."""
    if template.steps:
        return {step.name: {other.name for other in template.steps if other.group < step.group} for step in template.steps}
    direct: dict[str, set[str]] = {}
    for task in template.tasks:
        try:
            direct[task.name] = {wait.name for wait in _waits(task)}
        except WaitError:
            direct[task.name] = {other.name for other in template.tasks}  # reported already
    found: dict[str, set[str]] = {}
    for name in direct:
        seen: set[str] = set()
        waiting = list(direct[name])
        while waiting:
            need = waiting.pop()
            if need not in seen:
                seen.add(need)
                waiting.extend(direct.get(need, ()))
        found[name] = seen
    return found
