"""Compare numbers and sizes with the limits of Argo, Kubernetes and Linux."""

from __future__ import annotations

import json
from collections.abc import Iterator

from laminar.compiler.argo.documents import Document, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding
from laminar.compiler.target import Limits

__all__ = ["over_limits"]


def over_limits(document: Document, limits: Limits) -> Iterator[Finding]:
    """Yield the exceeded limits."""
    yield from _too_many("templates", document.spec.at("templates"), limits.templates)
    yield from _too_many("parameters", document.spec.at("arguments", "parameters"), limits.parameters)
    for template in document.bodies:
        yield from _too_many("tasks", template.part.at("dag", "tasks"), limits.tasks)
        for kind in ("inputs", "outputs"):
            yield from _too_many(f"{kind} parameters", template.part.at(kind, "parameters"), limits.parameters)
        yield from _too_long(template, limits)
    size = len(json.dumps(document.part.value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > limits.document_bytes:
        what = f"The document has {size} bytes as JSON, and Kubernetes allows {limits.document_bytes}."
        yield Finding(document.part, "L102", what, "share templates, shorten arguments, or split the workflow.")
    yield from _large_parameters(document, limits)


def _too_many(what: str, part: Part, most: int) -> Iterator[Finding]:
    count = len(part.value) if isinstance(part.value, list) else 0
    if count > most:
        yield Finding(part, "L101", f"There are {count} {what}, and Argo allows {most}.", "split them.")


def _too_long(template: Template, limits: Limits) -> Iterator[Finding]:
    for kind in ("container", "script"):
        for field in ("command", "args", "env", "source"):
            for text in template.part.at(kind, field).texts():
                size = len(text.value.encode("utf-8", "surrogatepass"))
                if size > limits.text_bytes:
                    what = f"This text has {size} bytes, and Linux allows {limits.text_bytes} in one argument or variable."
                    yield Finding(text, "L103", what, "put it into a file or into the image.")


def _large_parameters(document: Document, limits: Limits) -> Iterator[Finding]:
    parameters = document.spec.at("arguments", "parameters")
    size = sum(len(part.text("name")) + len(part.text("value").encode("utf-8", "surrogatepass")) for part in parameters.items())
    whole = any("workflow.parameters.json" in text.value for template in document.bodies for text in template.part.texts())
    if whole and size > limits.parameter_bytes:
        what = f"The parameters have {size} bytes together, and at most {limits.parameter_bytes} reach a pod in one variable."
        yield Finding(parameters, "L104", what, "pass the address of the data instead of the data.")
