"""Check what every ``{{...}}`` and ``{{=...}}`` refers to, where it stands: inputs, tasks that have ended, parameters, the item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from laminar.compiler.argo.documents import POD, Document, Library, Task, Template
from laminar.compiler.argo.expressions import Binary, ExprError, Literal, Member, Node, Reference, parse, problems, references
from laminar.compiler.argo.expressions.nodes import walk
from laminar.compiler.argo.parts import Finding, Part
from laminar.compiler.argo.tags import Tag, tags
from laminar.compiler.lint.graph import ancestors, meant
from laminar.compiler.lint.value_kinds import constant_of, is_no_text
from laminar.compiler.target import Limits

__all__ = ["wrong_references"]

WORKFLOW = ("name", "namespace", "uid", "serviceAccountName", "mainEntrypoint", "parameters", "annotations", "labels")
WORKFLOW_LATER = ("status", "failures", "duration", "outputs", "priority", "scheduledTime", "creationTimestamp")
TASK = ("id", "ip", "status", "exitCode", "startedAt", "finishedAt", "hostNodeName", "outputs")
LAST = ("exitCode", "status", "duration", "message")
ROOTS = ("workflow", "inputs", "outputs", "tasks", "item", "retries", "lastRetry", "pod", "node", "steps", "cronworkflow")
OWN_LANGUAGE = ("source",)
"""Fields whose text may hold braces of another language."""


@dataclass(frozen=True)
class Scope:
    """Where a text stands, and so what it may refer to."""

    document: Document
    library: Library
    limits: Limits
    template: Template | None = None
    task: Task | None = None
    ended: frozenset[str] = frozenset()
    siblings: Mapping[str, Task] = field(default_factory=dict)


def wrong_references(document: Document, library: Library, limits: Limits) -> Iterator[Finding]:
    """Give the tags that Argo could not replace, and expressions that it could not read."""
    for name in document.spec.names:
        if name != "templates":
            yield from _texts(document.spec.at(name), Scope(document, library, limits))
    for template in document.templates:
        yield from _template(Scope(document, library, limits, template))


def _template(scope: Scope) -> Iterator[Finding]:
    template = scope.template
    assert template is not None
    tasks = {task.name: task for task in template.tasks}
    before = ancestors(template)
    outer = replace(scope, ended=frozenset(tasks), siblings=tasks)
    for task in template.tasks:
        inner = replace(scope, task=task, ended=frozenset(before[task.name]), siblings=tasks)
        for name in task.part.names:
            if name not in ("depends", "inline"):
                yield from _texts(task.part.at(name), inner)
    for name in template.part.names:
        if name not in ("dag", "steps", "retryStrategy"):
            yield from _texts(template.part.at(name), outer)
    yield from _expressions(template, outer)


def _expressions(template: Template, scope: Scope) -> Iterator[Finding]:
    """Give what is wrong with expressions that stand without braces."""
    retry = template.part.at("retryStrategy")
    for part in retry.texts():
        if part.place != (*retry.place, "expression"):
            yield from _texts(part, scope)
    if isinstance(retry.at("expression").value, str):
        yield from _expression(retry.at("expression"), retry.text("expression"), scope, text_needed=False)
    for output in template.outputs.values():
        part = output.at("valueFrom", "expression")
        if isinstance(part.value, str):
            yield from _expression(part, part.value, scope, text_needed=False)


def _texts(part: Part, scope: Scope) -> Iterator[Finding]:
    if part.place[-1] == "metrics":
        yield Finding(part, "What metrics refer to is not checked.", unchecked=True)
        return
    for text in part.texts():
        foreign = text.place[-1] in OWN_LANGUAGE
        if text.place[-1] == "expression" and "valueFrom" in text.place:
            if scope.task is not None:
                yield from _expression(text, text.value, scope, text_needed=False)
            continue
        for tag in tags(text.value):
            if not tag.closed and foreign:
                yield Finding(text, "What stands behind '{{' in this script is not checked.", unchecked=True)
            elif not tag.closed:
                yield Finding(text, f"'{{{{' is never closed: {_short(tag.text)}.", "close it with '}}'.")
            elif tag.is_expression:
                yield from _tag_expression(text, tag, scope)
            else:
                yield from _path(text, tag, scope, foreign=foreign)


def _tag_expression(part: Part, tag: Tag, scope: Scope) -> Iterator[Finding]:
    if '"' in tag.text and part.value.lstrip().startswith(("{", "[")) and not part.value.lstrip().startswith("{{"):
        what = f"The expression {_short(tag.text)} has double quotes, which end the JSON around it."
        yield Finding(part, what, "take single quotes inside expressions.")
    yield from _expression(part, tag.text, scope, text_needed=scope.task is not None)


def _expression(part: Part, text: str, scope: Scope, *, text_needed: bool) -> Iterator[Finding]:
    try:
        node = parse(text)
    except ExprError as error:
        what = f"The expression {_short(text)} cannot be read: {error.message.rstrip('.')} (character {error.position + 1})."
        yield Finding(part, what, "mend it; between braces it ends at the first '}}'.")
        return
    for problem in problems(node):
        yield Finding(part, f"In the expression {_short(text)}: {problem.message}", "mend the call.")
    for found in references(node):
        yield from _reference(part, found.path, scope)
    if text_needed and scope.limits.only_text and is_no_text(node):
        what = f"The expression {_short(text)} gives no text, and Argo takes only text."
        yield Finding(part, what, "put string(...) around it.")
    yield from _wrong_comparison(part, node, text)
    yield from _wrong_count(part, node)


def _wrong_comparison(part: Part, node: Node, text: str) -> Iterator[Finding]:
    """Give comparisons of lastRetry's texts with numbers: they never hold."""
    for each in walk(node):
        if isinstance(each, Binary) and each.operator in ("==", "!=", "<", ">", "<=", ">="):
            sides = (each.left, each.right)
            texts = [side for side in sides if any(found.path[0] == "lastRetry" for found in _direct(side))]
            numbers = [side for side in sides if isinstance(side, Literal) and isinstance(side.value, int | float)]
            if texts and numbers:
                what = f"The expression {_short(text)} compares lastRetry, which is text, with a number."
                yield Finding(part, what, "write asInt(lastRetry.exitCode), or compare with text.")


def _direct(node: Node) -> Sequence[Reference]:
    return references(node) if isinstance(node, Member) else ()


def _wrong_count(part: Part, node: Node) -> Iterator[Finding]:
    if part.place[-2:] != ("withSequence", "count"):
        return
    value = constant_of(node)
    if value is not None and not (isinstance(value, str) and value.isdigit()):
        yield Finding(part, f"The count is {value!r}, and a loop takes a whole number from 0 on, as text.", "mend the expression.")


def _path(part: Part, tag: Tag, scope: Scope, *, foreign: bool) -> Iterator[Finding]:
    path = tuple(tag.text.split("."))
    if foreign and path[0] not in ROOTS:
        yield Finding(part, f"{{{{{tag.text}}}}} in this script is not checked.", unchecked=True)
    else:
        yield from _reference(part, path, scope)


# what a path means


def _reference(part: Part, path: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    root = path[0]
    if root == "workflow":
        yield from _of_workflow(part, path, scope)
    elif root == "inputs":
        yield from _of_inputs(part, path, scope)
    elif root == "tasks":
        yield from _of_tasks(part, path, scope)
    elif root == "item":
        if scope.task is None or not scope.task.is_loop:
            where = f"task {scope.task.name!r} is no loop" if scope.task else "only a loop's task has one"
            yield Finding(
                part, f"{'.'.join(path)!r} is an item, and {where}.", "add withSequence, or pass the item as an argument."
            )
    elif root == "retries" or root == "lastRetry":
        yield from _of_retry(part, path, scope)
    elif root in ("pod", "node", "outputs", "steps", "cronworkflow"):
        yield from _of_others(part, path, scope)
    else:
        what = f"{'.'.join(path)!r} is nothing that Argo knows.{meant(root, ROOTS)}"
        yield Finding(part, what, f"begin with one of {', '.join(ROOTS[:6])}.")


def _of_workflow(part: Part, path: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    name = path[1] if len(path) > 1 else ""
    if name not in (*WORKFLOW, *WORKFLOW_LATER):
        what = f"{'.'.join(path)!r}: a workflow has no {name!r}.{meant(name, WORKFLOW)}"
        yield Finding(part, what, f"take one of {', '.join(WORKFLOW)}.")
    elif name == "parameters" and len(path) > 2 and path[2] != "json" and ".".join(path[2:]) not in scope.document.parameters:
        wanted, known = ".".join(path[2:]), scope.document.parameters
        if "entrypoint" in scope.document.spec.names:
            yield Finding(part, f"The workflow has no parameter {wanted!r}.{meant(wanted, known)}", "add it under arguments.")
        else:
            yield Finding(part, f"Whether the calling workflow has a parameter {wanted!r} is not checked.", unchecked=True)
    elif name in WORKFLOW_LATER:
        yield Finding(part, f"{'.'.join(path)!r} is not checked.", unchecked=True)


def _of_inputs(part: Part, path: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    kind = path[1] if len(path) > 1 else ""
    if scope.template is None or kind not in ("parameters", "artifacts"):
        yield Finding(
            part, f"{'.'.join(path)!r} is no input here.", "write inputs.parameters.NAME, inside a template that takes NAME."
        )
    elif kind == "artifacts":
        known = [item.text("name") for item in scope.template.part.at("inputs", "artifacts").items()]
        if len(path) > 2 and path[2] not in known:
            yield Finding(
                part, f"Template {scope.template.name!r} takes no artifact {path[2]!r}.{meant(path[2], known)}", "add it."
            )
    elif len(path) > 2 and path[2] not in scope.template.inputs:
        wanted, inputs = path[2], scope.template.inputs
        what = f"Template {scope.template.name!r} takes no parameter {wanted!r}.{meant(wanted, inputs)}"
        yield Finding(part, what, "add it to the template's inputs, or mend the name.")


def _of_tasks(part: Part, path: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    name = path[1] if len(path) > 1 else ""
    if name == "name" and len(path) == 2 and scope.siblings:
        return
    if not scope.siblings:
        yield Finding(part, f"{'.'.join(path)!r} is known only inside a DAG.", "pass it on as an argument.")
    elif name not in scope.siblings:
        what = f"{'.'.join(path)!r}: there is no task {name!r} in this DAG.{meant(name, scope.siblings)}"
        yield Finding(part, what, "name a task of this DAG.")
    elif name not in scope.ended:
        own = scope.task.name if scope.task else ""
        what = f"{'.'.join(path)!r}: task {own!r} does not wait for {name!r}, so this is not known yet."
        yield Finding(part, what, f"add {name} to the depends of {own}.")
    elif len(path) > 2 and path[2] not in TASK:
        yield Finding(
            part, f"{'.'.join(path)!r}: a task has no {path[2]!r}.{meant(path[2], TASK)}", f"take one of {', '.join(TASK)}."
        )
    elif len(path) > 2 and path[2] == "outputs":
        yield from _of_outputs(part, path, scope)


def _of_outputs(part: Part, path: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    task = scope.siblings[path[1]]
    called = scope.library.called(scope.document, task)
    kind = path[3] if len(path) > 3 else ""
    if kind not in ("parameters", "artifacts", "result", "exitCode"):
        what = f"{'.'.join(path)!r}: outputs are parameters, artifacts, result and exitCode."
        yield Finding(part, what, "name one of these.")
    elif called is None:
        yield Finding(part, f"{'.'.join(path)!r} is not checked: its template is not known.", unchecked=True)
    elif kind == "parameters" and len(path) > 4 and path[4] not in called.outputs:
        what = f"Template {called.name!r} of task {task.name!r} gives no parameter {path[4]!r}.{meant(path[4], called.outputs)}"
        yield Finding(part, what, "add it to the template's outputs, or mend the name.")
    elif kind == "artifacts" and len(path) > 4:
        known = [item.text("name") for item in called.part.at("outputs", "artifacts").items()]
        if path[4] not in known:
            what = f"Template {called.name!r} of task {task.name!r} gives no artifact {path[4]!r}.{meant(path[4], known)}"
            yield Finding(part, what, "add it to the template's outputs, or mend the name.")
    if kind == "parameters" and task.is_loop and "when" in task.part.names:
        what = f"{'.'.join(path)!r} gathers a loop that has a when: if nothing of it runs, the workflow hangs."
        yield Finding(part, what, "leave the when out, and let the loop's count be '0'.")


def _of_retry(part: Part, path: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    if scope.template is None or "retryStrategy" not in scope.template.part.names:
        yield Finding(part, f"{'.'.join(path)!r} is known only in a template with a retryStrategy.", "add one, or drop this.")
    elif path[0] == "lastRetry" and len(path) > 1 and path[1] not in LAST:
        what = f"{'.'.join(path)!r}: lastRetry has no {path[1]!r}.{meant(path[1], LAST)}"
        yield Finding(part, what, f"take one of {', '.join(LAST)}.")


def _of_others(part: Part, path: tuple[str, ...], scope: Scope) -> Iterator[Finding]:
    works = scope.template.works if scope.template else []
    if path == ("pod", "name") and set(works) & {*POD, "containerSet", "resource"}:
        return
    if path[0] == "outputs" and scope.template and path[1:2] == ("parameters",):
        if len(path) > 2 and path[2] not in scope.template.outputs:
            what = f"Template {scope.template.name!r} gives no parameter {path[2]!r}.{meant(path[2], scope.template.outputs)}"
            yield Finding(part, what, "add it to the template's outputs, or mend the name.")
        return
    yield Finding(part, f"{'.'.join(path)!r} is not checked.", unchecked=True)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
