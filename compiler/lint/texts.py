"""Check the tags and expressions in every text of a document, by its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from laminar.compiler.argo.documents import Document, Library, Task, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import Tag, tags
from laminar.compiler.lint.conditions import wrong_condition
from laminar.compiler.lint.expressions import short, wrong_expression
from laminar.compiler.lint.finding import Finding, not_checked
from laminar.compiler.lint.references import ROOTS, wrong_path
from laminar.compiler.lint.scope import Scope
from laminar.compiler.lint.waits import ancestors
from laminar.compiler.target import Limits

__all__ = ["wrong_texts"]

FOREIGN = ("source", "manifest", "body", "command", "args")
"""Fields whose text may hold braces of another language."""

BARE = {
    "expression": (), "fromExpression": (), "successCondition": ("response", "request"),
}  # fmt: skip
"""Fields that are an expression without braces, with the names that only they have."""


def wrong_texts(document: Document, library: Library, limits: Limits) -> Iterator[Finding]:
    """Yield the tags that Argo could not replace, and expressions that it could not read."""
    scope = Scope(document, library, limits)
    for name in document.spec.names:
        defaults = Template(document.spec.at(name)) if name == "templateDefaults" else None
        if name != "templates":
            yield from _texts(document.spec.at(name), replace(scope, template=defaults))
    if document.kind == "CronWorkflow":
        for name in document.part.at("spec").names:
            if name != "workflowSpec":
                yield from _texts(document.part.at("spec", name), scope)
    for template in document.templates:
        yield from _of_template(scope, template)


def _of_template(scope: Scope, template: Template) -> Iterator[Finding]:
    before = ancestors(template)
    outer = scope.inside(template, before)
    for name in template.part.names:
        if name not in ("dag", "steps"):
            yield from _texts(template.part.at(name), outer)
    yield from _texts(template.part.at("dag", "target"), outer)
    for task in template.calls:
        yield from _of_task(outer.before(task, before[task.name]), task)


def _of_task(scope: Scope, task: Task) -> Iterator[Finding]:
    for name in task.part.names:
        if name == "when":
            yield from wrong_condition(task.part.at(name), f"The when of {task.what} {task.name!r}")
        if name == "inline":
            if task.inline is not None:
                yield from _of_template(scope, task.inline)
        elif name != "depends":
            yield from _texts(task.part.at(name), scope.after() if name == "hooks" else scope)


def _texts(part: Part, scope: Scope) -> Iterator[Finding]:
    for text in part.texts():
        if text.place[-1] == "when" and scope.is_metric(text):
            yield from wrong_condition(text, "The when of the metric")
        if _is_bare(text, scope):
            yield from _bare(text, scope)
        else:
            yield from _tags(text, scope)


def _is_bare(part: Part, scope: Scope) -> bool:
    """Return whether a text is an expression without braces."""
    if part.place[-1] not in BARE:
        return False
    if part.place[-1] == "successCondition":
        return "http" in part.place  # a resource's is a selector of fields
    if part.place[-1] == "fromExpression":
        return True
    return not {"env", "labels", "annotations", "parameters"} & set(part.place[-2:])


def _bare(part: Part, scope: Scope) -> Iterator[Finding]:
    """Yield the errors in an expression in whose text Argo replaces tags first."""
    yield from _tags(part, scope)
    own = BARE[str(part.place[-1])] + (("data",) if "data" in scope.works else ())
    yield from wrong_expression(part, part.value, scope, own=own)


def _tags(part: Part, scope: Scope) -> Iterator[Finding]:
    foreign = any(name in FOREIGN for name in part.place[-2:])
    for tag in tags(part.value):
        root = tag.text.split(".")[0]
        if not tag.closed and foreign and not (tag.is_expression or (root in ROOTS and "." in tag.text)):
            yield not_checked(part, "The text after '{{' is not checked.")
        elif not tag.closed:
            yield Finding(part, "X108", f"'{{{{' is never closed: {short(tag.text)}.", "close it with '}}'.")
        elif tag.is_expression:
            yield from _tag_expression(part, tag, scope)
        else:
            yield from wrong_path(part, tuple(tag.text.split(".")), scope, foreign=foreign and root not in ROOTS)


def _tag_expression(part: Part, tag: Tag, scope: Scope) -> Iterator[Finding]:
    text = part.value.lstrip()
    if '"' in tag.text and text.startswith(("{", "[")) and not text.startswith("{{"):
        what = f"The expression {short(tag.text)} has double quotes, which end the JSON around it."
        yield Finding(part, "X105", what, "use single quotes inside expressions.")
    yield from wrong_expression(part, tag.text, scope)
