"""Check names by the rules of Argo and Kubernetes: templates, tasks, parameters, artifacts, objects, labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from laminar.compiler.argo.documents import Document, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import constant, tags
from laminar.compiler.lint.finding import Finding
from laminar.compiler.name_patterns import ARTIFACT, KEY, LABEL, OBJECT, PARAMETER, TEMPLATE
from laminar.compiler.target import KINDS

__all__ = ["wrong_names"]

LONGEST = {kind.kind: kind.longest for kind in KINDS.values()}
PREFIX = {"CronWorkflow": 47}
"""How long a generateName may be: Kubernetes cuts it to 58 characters and adds 5, which only a CronWorkflow's 52 do not hold."""

LONGEST_PREFIX = 253
LETTERS = "use letters, digits and '-', beginning with a letter or a digit, at most 128."


def wrong_names(document: Document) -> Iterator[Finding]:
    """Yield the names that Argo or Kubernetes refuses, and those that occur twice."""
    yield from _wrong_object(document)
    yield from _wrong_labels(document.part.at("metadata"))
    yield from _twice("template", [template.part for template in document.templates])
    yield from _twice("volume", document.spec.at("volumes").items())
    yield from _wrong_parameters("parameter", document.spec.at("arguments", "parameters").items())
    for parameter in document.spec.at("arguments", "parameters").items():
        if parameter.text("name") == "json":
            what = "The parameter 'json' replaces workflow.parameters.json, the list of all parameters."
            yield Finding(parameter.at("name"), "N107", what, "rename it.")
    for template in document.templates:
        if not TEMPLATE.match(template.name):
            yield Finding(template.part.at("name"), "N101", f"A template cannot be called {template.name!r}.", LETTERS)
    for template in document.bodies:
        yield from _wrong_template(template)


def _wrong_template(template: Template) -> Iterator[Finding]:
    for call in template.calls:
        name = call.part.text("name")
        if not TEMPLATE.match(constant(name, "x")):
            yield Finding(call.part.at("name"), "N101", f"A {call.what} cannot be called {name!r}.", LETTERS)
        yield from _wrong_parameters("argument", call.part.at("arguments", "parameters").items())
        yield from _twice("argument artifact", call.part.at("arguments", "artifacts").items())
    yield from _twice("task", [task.part for task in template.tasks])
    yield from _twice("step", [step.part for step in template.steps])
    for kind in ("inputs", "outputs"):
        yield from _wrong_parameters(f"{kind[:-1]} parameter", template.part.at(kind, "parameters").items())
        yield from _wrong_artifacts(f"{kind[:-1]} artifact", template.part.at(kind, "artifacts").items())
    yield from _twice("volume", template.part.at("volumes").items())
    for kind in ("sidecars", "initContainers"):
        yield from _twice("container", template.part.at(kind).items())
    yield from _twice("container", template.part.at("containerSet", "containers").items())
    yield from _wrong_labels(template.part.at("metadata"))


def _wrong_parameters(what: str, parameters: Sequence[Part]) -> Iterator[Finding]:
    for parameter in parameters:
        name = parameter.text("name")
        if not PARAMETER.match(name):
            text = f"{what[0].upper()}{what[1:]} {name!r} has a name that Argo refuses."
            yield Finding(parameter.at("name"), "N102", text, "use letters, digits, '-' and '_'.")
    yield from _twice(what, parameters)


def _wrong_artifacts(what: str, artifacts: Sequence[Part]) -> Iterator[Finding]:
    for artifact in artifacts:
        name = artifact.text("name")
        if not ARTIFACT.match(name):
            text = f"{what[0].upper()}{what[1:]} {name!r} has a name that Argo refuses."
            yield Finding(artifact.at("name"), "N102", text, "use letters, digits, '-' and '_'.")
    yield from _twice(what, artifacts)


def _twice(what: str, parts: Sequence[Part]) -> Iterator[Finding]:
    counted = Counter(part.text("name") for part in parts)
    seen: set[str] = set()
    for part in parts:
        name = part.text("name")
        if counted[name] > 1 and name in seen:
            yield Finding(part.at("name"), "N103", f"There are {counted[name]} {what}s called {name!r}.", "rename or remove one.")
        seen.add(name)


def _wrong_object(document: Document) -> Iterator[Finding]:
    metadata, kind = document.part.at("metadata"), document.kind
    if not {"name", "generateName"} & set(metadata.names):
        yield Finding(metadata, "N104", f"The {kind} has neither a name nor a generateName.", "add one under metadata.")
    for field, longest in (("name", LONGEST[kind]), ("generateName", PREFIX.get(kind, LONGEST_PREFIX))):
        if field not in metadata.names:
            continue
        name = metadata.text(field)
        if len(name) > longest:
            what = f"The {field} {name!r} has {len(name)} characters, and a {kind} allows {longest}."
            yield Finding(metadata.at(field), "N105", what, "shorten it.")
        elif not OBJECT.match(name.rstrip("-") if field == "generateName" else name):
            fix = "use lower-case letters, digits and '-', beginning and ending with a letter or a digit."
            yield Finding(metadata.at(field), "N105", f"A {kind} cannot be called {name!r}.", fix)


def _wrong_labels(metadata: Part) -> Iterator[Finding]:
    for kind in ("labels", "annotations"):
        labels = metadata.at(kind)
        for key in labels.names:
            value = labels.at(key).value
            if not KEY.match(constant(key, "x")):
                what = f"{kind[:-1].capitalize()} {key!r} has a name that Kubernetes refuses."
                yield Finding(labels.at(key), "N106", what, "rename it.")
            elif kind == "labels" and isinstance(value, str) and not any(tags(value)) and not LABEL.match(value):
                fix = "use letters, digits, '-', '_' and '.', at most 63, beginning and ending with a letter or a digit."
                yield Finding(labels.at(key), "N106", f"Label {key!r} has the value {value!r}, which Kubernetes refuses.", fix)
