"""Check calls: entry points, the templates and arguments of tasks, steps and hooks, templates that nothing calls."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.compiler.argo.documents import LOCATIONS, WORK, Document, Library, Task, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding, meant, not_checked

__all__ = ["wrong_calls"]


def wrong_calls(document: Document, library: Library) -> Iterator[Finding]:
    """Yield calls of missing templates, arguments that do not fit, and templates that are never called."""
    yield from _wrong_entry(document, library)
    for template in document.bodies:
        yield from _wrong_work(template)
        for call in template.calls:
            yield from _wrong_call(document, library, call)
            yield from _wrong_exit(document, library, call)
            for hook in call.hooks:
                yield from _wrong_hook(document, library, hook)
    for hook in document.hooks:
        yield from _wrong_hook(document, library, hook)
    yield from _unreached(document)


# entrypoint and exit handler


def _wrong_entry(document: Document, library: Library) -> Iterator[Finding]:
    spec = document.spec
    base = library.base(document)
    if document.templates and spec.at("workflowTemplateRef").value:
        what = "The workflow has templates beside its workflowTemplateRef."
        yield Finding(spec.at("templates"), "C110", what, "remove one of them.")
    if base is None:
        reference = spec.at("workflowTemplateRef")
        yield not_checked(reference, f"The template {reference.text('name')!r} is not among these files.")
        return
    if base is not document:
        yield from _wrong_start(document, base)
    for field in ("entrypoint", "onExit"):
        name = spec.text(field)
        if field in spec.names and name and name not in base.by_name and "{{" not in name:
            what = f"The {field} {name!r} is no template.{meant(name, base.by_name)}"
            yield Finding(spec.at(field), "C103", what, f"name a template of {'this document' if base is document else base.name}.")
    entry = spec.text("entrypoint") or base.spec.text("entrypoint")
    if not entry and document.is_started:
        yield Finding(spec, "C102", "The workflow has no entrypoint.", "name the template to begin with.")
    if document.is_started and entry in base.by_name:
        yield from _wrong_entry_inputs(document, base, base.by_name[entry])


def _wrong_entry_inputs(document: Document, base: Document, entry: Template) -> Iterator[Finding]:
    at = entry.part if base is document else document.spec
    for name in entry.inputs:
        if not entry.is_given(name) and name not in document.parameters and name not in base.parameters:
            what = f"The entrypoint {entry.name!r} needs the input {name!r}, and the workflow has no such parameter."
            yield Finding(entry.inputs[name] if base is document else at, "C106", what, "add a value, a default or a parameter.")
    for name in entry.input_artifacts:
        if not entry.is_placed(name) and name not in document.artifacts and name not in base.artifacts:
            what = f"The entrypoint {entry.name!r} needs the artifact {name!r}, and the workflow has no such artifact."
            at = entry.input_artifacts[name] if base is document else at
            yield Finding(at, "C108", what, "add a location, or arguments.artifacts to the workflow.")


def _wrong_start(document: Document, other: Document) -> Iterator[Finding]:
    for name, part in document.parameters.items():
        if name not in other.parameters:
            what = f"{other.kind} {other.name!r} has no parameter {name!r}.{meant(name, other.parameters)}"
            yield Finding(part.at("name"), "C105", what, "rename or remove it.")
    for name, part in other.parameters.items():
        if not {"value", "valueFrom", "default"} & set(part.names) and name not in document.parameters:
            what = f"Parameter {name!r} of {other.kind} {other.name!r} has no value, and the workflow passes none."
            yield Finding(document.spec, "C106", what, f"add {name} to arguments.parameters.")


# the work and the calls of a template


def _wrong_work(template: Template) -> Iterator[Finding]:
    works = template.works
    if len(works) != 1:
        what = f"has {' and '.join(works)}" if works else f"does nothing: it has none of {', '.join(WORK)}"
        yield Finding(template.part, "C101", f"Template {template.name!r} {what}.", "write exactly one of them.")
    elif works[0] in ("dag", "steps") and not template.calls:
        kind = "tasks" if works[0] == "dag" else "steps"
        yield Finding(template.part.at(works[0]), "C101", f"Template {template.name!r} has no {kind}.", f"add {kind}.")
    elif works[0] == "plugin":
        yield not_checked(template.part.at(works[0]), f"The work of a template of kind {works[0]!r} is not checked.")


def _wrong_call(document: Document, library: Library, call: Task) -> Iterator[Finding]:
    kinds = [name for name in ("template", "templateRef", "inline") if call.part.at(name).value]
    if len(kinds) != 1:
        what = f"names {' and '.join(kinds)}" if kinds else "names no template"
        yield Finding(call.part, "C104", f"{_named(call)} {what}.", "name exactly one template.")
        return
    called = library.called(document, call)
    if called is not None:
        yield from _wrong_parameters(call, called)
        yield from _wrong_artifacts(call, called)
    elif kinds[0] == "template":
        yield from _unknown_template(document, library, call.part.at("template"), _named(call))
    elif kinds[0] == "templateRef":
        yield from _unknown_reference(library, call.part.at("templateRef"))


def _unknown_template(document: Document, library: Library, part: Part, who: str) -> Iterator[Finding]:
    name, base = part.text(), library.base(document)
    if base is None or "{{" in name:
        yield not_checked(part, f"{who} calls {name!r}, which is not known before the workflow runs.")
    else:
        what = f"{who} calls {name!r}, which is no template.{meant(name, base.by_name)}"
        yield Finding(part, "C103", what, "name a template of this document.")


def _unknown_reference(library: Library, reference: Part) -> Iterator[Finding]:
    name, template = reference.text("name"), reference.text("template")
    other = library.referred(reference)
    if other is None or "{{" in name + template:
        yield not_checked(reference, f"The template {name!r} is not among these files.")
    else:
        what = f"{name!r} has no template {template!r}.{meant(template, other.by_name)}"
        yield Finding(reference.at("template"), "C103", what, "name one of its templates.")


def _wrong_parameters(call: Task, called: Template) -> Iterator[Finding]:
    parameters = call.part.at("arguments", "parameters")
    given = {part.text("name"): part for part in parameters.items()}
    for name, part in given.items():
        if name not in called.inputs:
            what = f"{_named(call)} passes {name!r}, which template {called.name!r} does not have.{meant(name, called.inputs)}"
            yield Finding(part.at("name"), "C105", what, "rename or remove it.")
        elif "value" not in part.names and "valueFrom" not in part.names:
            yield Finding(part, "C107", f"{_named(call)} passes {name!r} without a value.", "add a value, or remove the argument.")
    for name in called.inputs:
        if name not in given and not called.is_given(name):
            what = f"{_named(call)} does not pass {name!r}, which template {called.name!r} needs."
            at = parameters if parameters.value else call.part
            yield Finding(at, "C106", what, "add the argument, or a default to the input.")


def _wrong_artifacts(call: Task, called: Template) -> Iterator[Finding]:
    artifacts = call.part.at("arguments", "artifacts")
    given = {part.text("name"): part for part in artifacts.items()}
    for name, part in given.items():
        sources = [key for key in ("from", "fromExpression") if part.text(key)]
        if name not in called.input_artifacts and "{{" not in name:
            close = meant(name, called.input_artifacts)
            what = f"{_named(call)} passes artifact {name!r}, which template {called.name!r} does not have.{close}"
            yield Finding(part.at("name"), "C105", what, "rename or remove it.")
        elif len(sources) > 1 or not ({"from", "fromExpression", *LOCATIONS} & set(part.names)):
            what = "from and fromExpression" if sources else "no source"
            yield Finding(part, "C111", f"{_named(call)} passes artifact {name!r} with {what}.", "write from, or a location.")
    for name in called.input_artifacts:
        if name not in given and not called.is_placed(name):
            what = f"{_named(call)} does not pass artifact {name!r}, which template {called.name!r} needs."
            at = artifacts if artifacts.value else call.part
            yield Finding(at, "C108", what, "add it to arguments.artifacts, or make the input optional.")


# hooks


def _wrong_exit(document: Document, library: Library, call: Task) -> Iterator[Finding]:
    name, base = call.part.text("onExit"), library.base(document)
    if name and base is not None and name not in base.by_name:
        yield from _unknown_template(document, library, call.part.at("onExit"), f"The onExit of {_named(call).lower()}")


def _wrong_hook(document: Document, library: Library, hook: Task) -> Iterator[Finding]:
    yield from _wrong_call(document, library, hook)
    if hook.name != "exit" and not hook.part.text("expression"):  # validate.go, validateHooks, 4.1.2
        yield Finding(hook.part, "C112", f"{_named(hook)} has no expression.", "write when it runs, or call it exit.")


def _named(call: Task) -> str:
    return f"{call.what.capitalize()} {call.name!r}"


# templates that are never called


def _unreached(document: Document) -> Iterator[Finding]:
    """Yield the templates of a workflow that are never called; those of a template may be called from other documents."""
    if not document.is_started or "entrypoint" not in document.spec.names:
        return
    reached: set[str] = set()
    waiting = [document.spec.text("entrypoint"), document.spec.text("onExit")]
    waiting += [text.value for text in document.spec.at("hooks").texts()]
    while waiting:
        name = waiting.pop()
        if "{{" in name:
            return  # which template it calls is known at run time
        if name not in reached and (template := document.by_name.get(name)):
            reached.add(name)
            waiting += [text.value for text in template.part.texts() if text.place[-1] in ("template", "onExit")]
    for name, template in document.by_name.items():
        if name not in reached:
            yield Finding(template.part.at("name"), "C109", f"Nothing calls template {name!r}.", "call it, or remove it.")
