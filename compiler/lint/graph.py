"""Check what calls what: entry points, tasks' templates and arguments, what tasks wait for, loops."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from laminar.compiler.argo.depends import Wait, WaitError, waits
from laminar.compiler.argo.documents import LOOPS, WORK, Document, Library, Task, Template
from laminar.compiler.argo.parts import Finding, Part
from laminar.compiler.argo.tags import constant
from laminar.templates.expression import RESERVED

__all__ = ["ancestors", "meant", "wrong_graph"]

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def meant(name: str, known: Iterable[str]) -> str:
    """Return a question for the name that may have been meant, or an empty text."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def wrong_graph(document: Document, library: Library) -> Iterator[Finding]:
    """Give what leads nowhere: missing templates, arguments and tasks, cycles, templates that nothing calls."""
    yield from _wrong_entry(document, library)
    for template in document.templates:
        yield from _wrong_work(template)
        for task in template.tasks:
            yield from _wrong_call(document, library, task)
            yield from _wrong_loop(task)
            yield from _wrong_when(task)
        yield from _wrong_waits(template)
    yield from _unreached(document)


def _wrong_entry(document: Document, library: Library) -> Iterator[Finding]:
    spec = document.spec
    if "workflowTemplateRef" in spec.names:
        reference = spec.at("workflowTemplateRef")
        other = library.referred(reference)
        if other is None:
            yield Finding(reference, f"The template {reference.text('name')!r} is not among these files.", unchecked=True)
        else:
            yield from _wrong_start(document, other)
        return
    for field in ("entrypoint", "onExit"):
        name = spec.text(field)
        if field in spec.names and name not in document.by_name:
            what = f"The {field} {name!r} is no template.{meant(name, document.by_name)}"
            yield Finding(spec.at(field), what, "name a template of this document.")
    if "entrypoint" not in spec.names and document.kind in ("Workflow", "CronWorkflow"):
        yield Finding(spec, "The workflow has no entrypoint.", "name the template to begin with.")
    entry = document.by_name.get(spec.text("entrypoint"))
    for name in entry.inputs if entry else ():
        if entry and not entry.is_given(name) and name not in document.parameters:
            yield Finding(entry.inputs[name], f"Nothing gives the entrypoint its input {name!r}.", "give it a value or a default.")


def _wrong_start(document: Document, other: Document) -> Iterator[Finding]:
    for name, part in document.parameters.items():
        if name not in other.parameters:
            what = f"{other.kind} {other.name!r} has no parameter {name!r}.{meant(name, other.parameters)}"
            yield Finding(part.at("name"), what, "rename or drop it.")
    for name, part in other.parameters.items():
        if not {"value", "valueFrom", "default"} & set(part.names) and name not in document.parameters:
            what = f"Parameter {name!r} of {other.kind} {other.name!r} has no value, and none is given."
            yield Finding(document.spec, what, f"add {name} to arguments.parameters.")


def _wrong_work(template: Template) -> Iterator[Finding]:
    works = template.works
    if len(works) != 1:
        what = f"has {' and '.join(works)}" if works else f"does nothing: it has none of {', '.join(WORK)}"
        yield Finding(template.part, f"Template {template.name!r} {what}.", "give it exactly one.")
    elif works[0] == "dag" and not template.tasks:
        yield Finding(template.part.at("dag"), f"The DAG {template.name!r} has no tasks.", "give it some.")
    elif works[0] not in ("dag", "container", "script", "suspend"):
        yield Finding(template.part.at(works[0]), f"What a template of kind {works[0]!r} does is not checked.", unchecked=True)


def _wrong_call(document: Document, library: Library, task: Task) -> Iterator[Finding]:
    calls = [name for name in ("template", "templateRef", "inline") if name in task.part.names]
    if len(calls) != 1:
        what = f"names {' and '.join(calls)}" if calls else "names no template"
        yield Finding(task.part, f"Task {task.name!r} {what}.", "name exactly one template.")
        return
    for name in ("hooks", "onExit", "inline"):
        if name in task.part.names:
            yield Finding(task.part.at(name), f"The {name} of task {task.name!r} is not checked.", unchecked=True)
    called = library.called(document, task)
    if called is None and calls[0] == "template":
        name = task.part.text("template")
        what = f"Task {task.name!r} calls {name!r}, which is no template.{meant(name, document.by_name)}"
        yield Finding(task.part.at("template"), what, "name a template of this document.")
    elif called is None:
        reference = task.part.at("templateRef")
        if library.referred(reference) is None:
            yield Finding(reference, f"The template {reference.text('name')!r} is not among these files.", unchecked=True)
        else:
            what = f"{reference.text('name')!r} has no template {reference.text('template')!r}."
            yield Finding(reference.at("template"), what, "name one of its templates.")
    else:
        yield from _wrong_arguments(task, called)


def _wrong_arguments(task: Task, called: Template) -> Iterator[Finding]:
    parameters = task.part.at("arguments", "parameters")
    given = {part.text("name"): part for part in parameters.items()}
    for name, part in given.items():
        if name not in called.inputs:
            what = f"Task {task.name!r} gives {name!r}, which template {called.name!r} does not take.{meant(name, called.inputs)}"
            yield Finding(part.at("name"), what, "rename or drop it.")
        elif "value" not in part.names and "valueFrom" not in part.names:
            yield Finding(part, f"Task {task.name!r} gives {name!r} no value.", "give it one, or drop the argument.")
    for name in called.inputs:
        if name not in given and not called.is_given(name):
            where = parameters if parameters.value else task.part
            what = f"Task {task.name!r} does not give {name!r}, which template {called.name!r} needs."
            yield Finding(where, what, "add the argument, or give the input a default.")


def _wrong_loop(task: Task) -> Iterator[Finding]:
    loops = [name for name in LOOPS if name in task.part.names]
    if len(loops) > 1:
        yield Finding(task.part, f"Task {task.name!r} has {' and '.join(loops)}.", "keep one.")
    sequence = task.part.at("withSequence")
    if "withSequence" in loops and len({"count", "end"} & set(sequence.names)) != 1:
        yield Finding(sequence, f"The loop of task {task.name!r} needs a count or an end, one of them.", "say count.")


def _wrong_when(task: Task) -> Iterator[Finding]:
    """Give a condition that cannot be one; what it compares is text once its tags are replaced."""
    when = task.part.at("when")
    if not isinstance(when.value, str):
        return
    text = QUOTED.sub("x", constant(when.value, "x"))
    fix = "compare with ==, !=, <, >, =~, joined by && and ||."
    if re.search(r"(?<![=!<>~])=(?![=~])", text):
        yield Finding(when, f"The when of task {task.name!r} has a single '='.", fix)
    elif not text.strip():
        yield Finding(when, f"The when of task {task.name!r} is empty.", fix)
    elif text.count("(") != text.count(")"):
        yield Finding(when, f"The when of task {task.name!r} has parentheses that do not match.", fix)
    elif re.search(r"(&&|\|\||[=!]=|=~|[<>]=?)\s*$|^\s*(&&|\|\||[=!]=)|(?<![&])&(?!&)|(?<!\|)\|(?!\|)", text):
        yield Finding(when, f"The when of task {task.name!r} is no condition.", fix)


# what is waited for


def _wrong_waits(template: Template) -> Iterator[Finding]:
    known = {task.name: task for task in template.tasks}
    edges: dict[str, set[str]] = {}
    old = [task for task in template.tasks if "dependencies" in task.part.names]
    for task in template.tasks:
        part = task.part.at("depends")
        if part.value is not None and old:
            yield Finding(part, "A DAG takes depends or dependencies, not both.", "write depends everywhere.")
        try:
            found = _waits(task)
        except WaitError as error:
            yield Finding(part, f"The depends of task {task.name!r} {error}.", "write names joined by && and ||.")
            continue
        edges[task.name] = {wait.name for wait in found}
        for wait in found:
            yield from _wrong_wait(task, wait, known, part if part.value is not None else task.part.at("dependencies"))
    for cycle in _cycles(edges):
        text = " <- ".join([*cycle, cycle[0]])
        yield Finding(known[cycle[0]].part.at("depends"), f"The tasks wait for each other: {text}.", "drop one of these waits.")


def _wrong_wait(task: Task, wait: Wait, known: dict[str, Task], part: Part) -> Iterator[Finding]:
    if wait.name not in known:
        what = f"Task {task.name!r} waits for {wait.name!r}, which no task of its DAG is called.{meant(wait.name, known)}"
        yield Finding(part, what, "name a task of this DAG.")
    elif wait.status in ("AnySucceeded", "AllFailed") and not known[wait.name].is_loop:
        what = f"Task {task.name!r} waits for {wait.name}.{wait.status}, and {wait.name!r} is no loop."
        yield Finding(part, what, "wait for .Succeeded or .Failed.")
    if wait.name[:1].isdigit() or wait.name in RESERVED:
        why = "begins with a digit" if wait.name[:1].isdigit() else "is a word of the expression language"
        yield Finding(part, f"Task {task.name!r} waits for {wait.name!r}, which {why}: Argo cannot read that.", "rename the task.")


def _waits(task: Task) -> list[Wait]:
    listed = task.part.at("dependencies").value
    if isinstance(listed, list):
        return [Wait(str(name), "Succeeded") for name in listed]
    text = task.part.at("depends").value
    return waits(text) if isinstance(text, str) and text.strip() else []


def _cycles(edges: dict[str, set[str]]) -> Iterator[list[str]]:
    """Give one cycle of a graph that has any, the task written first in front."""
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
    """Return for each task of a DAG all tasks that have ended before it starts."""
    direct: dict[str, set[str]] = {}
    for task in template.tasks:
        try:
            direct[task.name] = {wait.name for wait in _waits(task)}
        except WaitError:
            direct[task.name] = {other.name for other in template.tasks}  # said already; nothing follows from it
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


# templates that nothing calls


def _unreached(document: Document) -> Iterator[Finding]:
    """Give the templates of a workflow that nothing leads to; those of a template may be called from elsewhere."""
    if document.kind not in ("Workflow", "CronWorkflow") or "entrypoint" not in document.spec.names:
        return
    reached: set[str] = set()
    waiting = [document.spec.text("entrypoint"), document.spec.text("onExit")]
    waiting += [text.value for text in document.spec.at("hooks").texts()]
    while waiting:
        name = waiting.pop()
        if name not in reached and (template := document.by_name.get(name)):
            reached.add(name)
            waiting += [text.value for text in template.part.texts() if text.place[-1] in ("template", "onExit")]
    for name, template in document.by_name.items():
        if name not in reached:
            yield Finding(template.part.at("name"), f"Nothing calls template {name!r}.", "call it, or drop it.")
