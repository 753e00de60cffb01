"""Check names, and how much there is of everything, against what Argo and Kubernetes take."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from laminar.compiler.argo.documents import Document, Template
from laminar.compiler.argo.parts import Finding, Part
from laminar.compiler.argo.tags import tags
from laminar.compiler.target import KINDS, Limits

__all__ = ["over_limits", "wrong_names"]

TEMPLATE = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}\Z")
PARAMETER = re.compile(r"[-a-zA-Z0-9_]+\Z")
OBJECT = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")
KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
SUFFIX = 5
LONGEST = {kind.kind: kind.longest for kind in KINDS.values()}
LETTERS = "take letters, digits and '-', beginning with a letter or a digit, at most 128."


def wrong_names(document: Document) -> Iterator[Finding]:
    """Give the names that Argo or Kubernetes refuses, and those that are there twice."""
    yield from _wrong_object(document)
    yield from _wrong_labels(document.part.at("metadata"))
    yield from _twice("template", [template.part for template in document.templates])
    yield from _wrong_parameters("parameter", document.spec.at("arguments", "parameters").items())
    for parameter in document.spec.at("arguments", "parameters").items():
        if parameter.text("name") == "json":
            what = "The parameter 'json' replaces workflow.parameters.json, the list of all parameters."
            yield Finding(parameter.at("name"), what, "rename it.")
    for template in document.templates:
        yield from _wrong_template(template)


def _wrong_template(template: Template) -> Iterator[Finding]:
    if not TEMPLATE.match(template.name):
        yield Finding(template.part.at("name"), f"A template cannot be called {template.name!r}.", LETTERS)
    for task in template.tasks:
        if not TEMPLATE.match(task.name):
            yield Finding(task.part.at("name"), f"A task cannot be called {task.name!r}.", LETTERS)
        yield from _wrong_parameters("argument", task.part.at("arguments", "parameters").items())
    yield from _twice("task", [task.part for task in template.tasks])
    yield from _wrong_parameters("input parameter", list(template.inputs.values()) or [])
    yield from _twice("input parameter", template.part.at("inputs", "parameters").items())
    yield from _wrong_parameters("output parameter", template.part.at("outputs", "parameters").items())
    yield from _wrong_labels(template.part.at("metadata"))


def _wrong_parameters(what: str, parameters: Sequence[Part]) -> Iterator[Finding]:
    for parameter in parameters:
        name = parameter.text("name")
        if not PARAMETER.match(name):
            fix = "take letters, digits, '-' and '_'."
            yield Finding(parameter.at("name"), f"{what[0].upper()}{what[1:]} {name!r} has a name that Argo does not take.", fix)
    if what != "input parameter":
        yield from _twice(what, parameters)


def _twice(what: str, parts: Sequence[Part]) -> Iterator[Finding]:
    counted = Counter(part.text("name") for part in parts)
    seen: set[str] = set()
    for part in parts:
        name = part.text("name")
        if counted[name] > 1 and name in seen:
            yield Finding(part.at("name"), f"There are {counted[name]} {what}s called {name!r}.", "rename or drop one.")
        seen.add(name)


def _wrong_object(document: Document) -> Iterator[Finding]:
    metadata = document.part.at("metadata")
    if not {"name", "generateName"} & set(metadata.names):
        yield Finding(metadata, f"The {document.kind} has neither a name nor a generateName.", "give it one under metadata.")
    for field, longest in (("name", LONGEST[document.kind]), ("generateName", LONGEST[document.kind] - SUFFIX)):
        if field not in metadata.names:
            continue
        name = metadata.text(field)
        if len(name) > longest:
            what = f"The {field} {name!r} has {len(name)} characters, and a {document.kind} takes {longest}."
            yield Finding(metadata.at(field), what, "shorten it.")
        elif not OBJECT.match(name.rstrip("-") if field == "generateName" else name):
            fix = "take lower-case letters, digits and '-', beginning and ending with a letter or a digit."
            yield Finding(metadata.at(field), f"A {document.kind} cannot be called {name!r}.", fix)


def _wrong_labels(metadata: Part) -> Iterator[Finding]:
    for kind in ("labels", "annotations"):
        labels = metadata.at(kind)
        for key in labels.names:
            value = labels.at(key).value
            if not KEY.match(key):
                yield Finding(
                    labels.at(key), f"{kind[:-1].capitalize()} {key!r} has a name that Kubernetes does not take.", "rename it."
                )
            elif kind == "labels" and isinstance(value, str) and not any(tags(value)) and not LABEL.match(value):
                fix = "take letters, digits, '-', '_' and '.', at most 63, beginning and ending with a letter or a digit."
                yield Finding(labels.at(key), f"Label {key!r} has the value {value!r}, which Kubernetes does not take.", fix)


# limits


def over_limits(document: Document, limits: Limits) -> Iterator[Finding]:
    """Give what there is too much of."""
    yield from _too_many("templates", document.spec.at("templates"), limits.templates)
    yield from _too_many("parameters", document.spec.at("arguments", "parameters"), limits.parameters)
    for template in document.templates:
        yield from _too_many("tasks", template.part.at("dag", "tasks"), limits.tasks)
        for kind in ("inputs", "outputs"):
            yield from _too_many(f"{kind} parameters", template.part.at(kind, "parameters"), limits.parameters)
        yield from _too_long(template, limits)
    size = len(json.dumps(document.part.value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > limits.document_bytes:
        what = f"The document has {size} bytes as JSON, and Kubernetes takes {limits.document_bytes}."
        yield Finding(document.part, what, "share templates, shorten arguments, or split the workflow.")
    yield from _large_parameters(document, limits)


def _too_many(what: str, part: Part, most: int) -> Iterator[Finding]:
    count = len(part.value) if isinstance(part.value, list) else 0
    if count > most:
        yield Finding(part, f"There are {count} {what}, and Argo takes {most}.", "split them.")


def _too_long(template: Template, limits: Limits) -> Iterator[Finding]:
    for kind in ("container", "script"):
        for field in ("command", "args", "env", "source"):
            for text in template.part.at(kind, field).texts():
                size = len(text.value.encode("utf-8", "surrogatepass"))
                if size > limits.text_bytes:
                    what = f"This text has {size} bytes, and Linux takes {limits.text_bytes} in one argument or variable."
                    yield Finding(text, what, "put it into a file or into the image.")


def _large_parameters(document: Document, limits: Limits) -> Iterator[Finding]:
    parameters = document.spec.at("arguments", "parameters")
    size = sum(len(part.text("name")) + len(part.text("value").encode("utf-8", "surrogatepass")) for part in parameters.items())
    whole = any("workflow.parameters.json" in text.value for template in document.templates for text in template.part.texts())
    if whole and size > limits.parameter_bytes:
        what = f"The parameters have {size} bytes together, and at most {limits.parameter_bytes} reach a pod in one variable."
        yield Finding(parameters, what, "pass the address of the data instead of the data.")
