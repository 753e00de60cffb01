"""Check Argo's documents without a cluster; a text that cannot be checked is reported as such, never as wrong.

Nothing of the emitter is used here, so that its documents are checked by independent code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from laminar.compiler.argo.documents import KINDS, Document, Library
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding, meant, not_checked
from laminar.compiler.lint.rules import Severity
from laminar.compiler.target import Limits
from laminar.compiler.yaml.reader import Source

__all__ = ["Finding", "Severity", "validate"]


def validate(sources: Sequence[Source], limits: Limits | None = None) -> list[Finding]:
    """Return the findings in documents, by file and line; the documents may refer to each other."""
    library = Library.of(sources)
    found = [finding for source in sources for finding in _document(source, library, limits or Limits())]
    unique = {
        (finding.part.source.file, finding.part.source.number, finding.part.place, finding.code, finding.what): finding
        for finding in found
    }
    return sorted(unique.values(), key=lambda finding: (finding.part.source.file, finding.part.source.number, finding.line))


def _document(source: Source, library: Library, limits: Limits) -> Iterator[Finding]:
    part = Part(source)
    kind = part.text("kind")
    if not isinstance(part.value, dict) or "kind" not in part.names:
        yield Finding(part, "D101", "This is no document of Kubernetes: it has no kind.", "add apiVersion and kind.")
    elif not part.text("apiVersion").startswith("argoproj.io/") or kind not in KINDS:
        yield from _foreign(part, kind)
    elif not isinstance(Document(part).spec.value, dict):
        yield Finding(part, "D104", f"The {kind} has no spec.", "add one.")
    else:
        yield from _argo_document(Document(part), library, limits)


def _argo_document(document: Document, library: Library, limits: Limits) -> Iterator[Finding]:
    from laminar.compiler.lint import (
        calls,
        fields,
        loops,
        manifests,
        naming,
        outputs,
        parameters,
        pods,
        retries,
        schedules,
        texts,
        waits,
    )
    from laminar.compiler.lint import limits as sizes

    yield from fields.wrong_keys(document.part)
    yield from fields.wrong_fields(document, limits)
    yield from naming.wrong_names(document)
    yield from sizes.over_limits(document, limits)
    yield from calls.wrong_calls(document, library)
    yield from parameters.wrong_parameters(document)
    yield from waits.wrong_waits(document)
    yield from loops.wrong_loops(document)
    yield from pods.wrong_pods(document)
    yield from retries.wrong_retries(document)
    yield from outputs.wrong_outputs(document)
    yield from schedules.wrong_schedule(document)
    yield from texts.wrong_texts(document, library, limits)
    yield from manifests.wrong_manifests(document)
    for source in manifests.nested_sources(document):
        yield from filter(manifests.certain, _document(source, library, limits))


def _foreign(part: Part, kind: str) -> Iterator[Finding]:
    close = meant(kind, KINDS)
    if part.text("apiVersion").startswith("argoproj.io/") and close:
        yield Finding(part.at("kind"), "D102", f"Argo has no kind {kind!r}.{close}", "correct the kind.")
    elif kind in KINDS:
        what = f"A {kind} has the apiVersion argoproj.io/v1alpha1."
        yield Finding(part.at("apiVersion"), "D103", what, "correct the apiVersion.")
    else:
        yield not_checked(part, f"Documents of kind {kind!r} are not checked.")
