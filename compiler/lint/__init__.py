"""Check Argo's documents more strictly than ``argo lint``, without a cluster; what is not known is said, never called wrong.

Nothing of the emitter is used here, so that what it writes is judged by a second reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from laminar.compiler.argo.documents import KINDS, Document, Library
from laminar.compiler.argo.parts import Finding, Part
from laminar.compiler.target import Limits
from laminar.compiler.yaml.reader import Source

__all__ = ["Finding", "validate"]


def validate(sources: Sequence[Source], limits: Limits | None = None) -> list[Finding]:
    """Return what is wrong with documents, and what was not checked, by file and line; they may refer to each other."""
    library = Library.of(sources)
    found = [finding for source in sources for finding in _document(source, library, limits or Limits())]
    unique = {
        (finding.part.source.file, finding.part.source.number, finding.part.place, finding.what): finding for finding in found
    }
    return sorted(unique.values(), key=lambda finding: (finding.part.source.file, finding.part.source.number, finding.line))


def _document(source: Source, library: Library, limits: Limits) -> Iterator[Finding]:
    part = Part(source)
    kind = part.text("kind")
    if not isinstance(part.value, dict) or "kind" not in part.names:
        yield Finding(part, "This is no document of Kubernetes: it has no kind.", "add apiVersion and kind.")
        return
    if not part.text("apiVersion").startswith("argoproj.io/") or kind not in KINDS:
        yield from _foreign(part, kind)
        return
    from laminar.compiler.lint import fields, graph, naming, pods, scope

    document = Document(part)
    if not isinstance(document.spec.value, dict):
        yield Finding(part, f"The {kind} has no spec.", "add one.")
        return
    yield from fields.wrong_fields(document)
    yield from naming.wrong_names(document)
    yield from naming.over_limits(document, limits)
    yield from graph.wrong_graph(document, library)
    yield from pods.wrong_pods(document, library)
    yield from pods.wrong_schedule(document)
    yield from scope.wrong_references(document, library, limits)


def _foreign(part: Part, kind: str) -> Iterator[Finding]:
    from laminar.compiler.lint.graph import meant

    close = meant(kind, KINDS)
    if part.text("apiVersion").startswith("argoproj.io/") and close:
        yield Finding(part.at("kind"), f"Argo has no kind {kind!r}.{close}", "mend the kind.")
    elif kind in KINDS:
        yield Finding(part.at("apiVersion"), f"A {kind} has the apiVersion argoproj.io/v1alpha1.", "mend the apiVersion.")
    else:
        yield Finding(part, f"Documents of kind {kind!r} are not checked.", unchecked=True)
