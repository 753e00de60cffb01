"""Check the sources of outputs, and metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from laminar.compiler.argo.documents import Document, Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.argo.tags import constant
from laminar.compiler.lint.finding import Finding

__all__ = ["wrong_outputs"]

SOURCES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("container", "script", "containerSet"), ("path",)),
    **dict.fromkeys(("dag", "steps"), ("parameter", "expression")),
    "resource": ("jsonPath", "jqFilter"),
}
"""Sources that a template's outputs may have, by its work (validate.go, validateOutputs, 4.1.2)."""

METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


def wrong_outputs(document: Document) -> Iterator[Finding]:
    """Yield outputs that cannot have a value."""
    for template in document.bodies:
        for name, part in template.outputs.items():
            yield from _wrong_output(template, name, part)
        yield from _wrong_artifacts(template)
        for metric in template.part.at("metrics", "prometheus").items():
            yield from _wrong_metric(metric)


def _wrong_output(template: Template, name: str, part: Part) -> Iterator[Finding]:
    source = part.at("valueFrom")
    sources = [key for key in source.names if key not in ("default", "supplied")]
    allowed = SOURCES.get(template.works[0], ()) if template.works else ()
    if not source.names and part.at("value").value is None:
        yield Finding(part, "O101", f"Output {name!r} has no valueFrom.", "write where it comes from.")
    elif len(sources) > 1:
        yield Finding(source, "O101", f"Output {name!r} comes from {' and '.join(sources)}.", "keep one.")
    elif sources and allowed and sources[0] not in allowed:
        what = f"Output {name!r} of a {template.works[0]} cannot come from {sources[0]}."
        yield Finding(source, "O102", what, f"write valueFrom.{' or valueFrom.'.join(allowed)}.")
    elif not {"default", "supplied"} & set(source.names) and _may_be_absent(template, source):
        what = f"Output {name!r} has no default: where the template is skipped or leaves nothing, what reads it fails."
        yield Finding(source, "O103", what, "add valueFrom.default.")


def _may_be_absent(template: Template, source: Part) -> bool:
    """Return whether an output may have no value: a DAG's has one where its task's output has one and the task always runs."""
    if not {"dag", "steps"} & set(template.works):
        return bool(source.names)
    text = source.text("parameter")
    return any("when" in task.part.names and re.search(rf"\b{re.escape(task.name)}\b", text) for task in template.calls)


def _wrong_artifacts(template: Template) -> Iterator[Finding]:
    """Yield artifacts with a path where no pod can read or write it (validate.go, validateInputs, 4.1.2)."""
    if not {"dag", "steps"} & set(template.works):
        return
    for artifact in (*template.input_artifacts.values(), *template.output_artifacts.values()):
        if artifact.text("path"):
            what = f"Artifact {artifact.text('name')!r} of a {template.works[0]} cannot have a path."
            yield Finding(artifact.at("path"), "O102", what, "remove it; outputs have from.")


def _wrong_metric(part: Part) -> Iterator[Finding]:
    name = part.text("name")
    kinds = [kind for kind in ("counter", "gauge", "histogram") if part.at(kind).value is not None]
    if not METRIC.match(constant(name, "x")):
        yield Finding(part.at("name"), "O104", f"A metric cannot be called {name!r}.", "use letters, digits and '_'.")
    if len(kinds) != 1:
        what = " and ".join(kinds) if kinds else "none of counter, gauge and histogram"
        yield Finding(part, "O104", f"Metric {name!r} has {what}.", "write one of them.")
    for kind in kinds:
        if not part.at(kind).text("value"):
            yield Finding(part.at(kind), "O104", f"The {kind} of metric {name!r} has no value.", "add one.")
    gauge = part.at("gauge")
    if gauge.at("realtime").value is True and "resourcesDuration" in gauge.text("value"):
        yield Finding(gauge.at("value"), "O104", f"Metric {name!r} has resourcesDuration in real time.", "remove realtime.")
