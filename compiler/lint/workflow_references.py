"""Check the target of a path that begins with ``workflow``."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.compiler.argo.documents import Document
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.finding import Finding, meant, not_checked
from laminar.compiler.lint.scope import Scope

__all__ = ["WORKFLOW", "wrong_workflow_path"]

Path = tuple[str, ...]

WORKFLOW = (
    "name", "namespace", "uid", "serviceAccountName", "mainEntrypoint", "parameters", "annotations", "labels", "status", "failures",
    "duration", "outputs", "priority", "scheduledTime", "creationTimestamp",
)  # fmt: skip
"""The members of a workflow (Argo's docs/variables.md, 4.1.2)."""


def wrong_workflow_path(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    """Yield a member of the workflow that does not exist, or that is unknown here."""
    name = path[1] if len(path) > 1 else ""
    if name not in WORKFLOW:
        what = f"{'.'.join(path)!r}: a workflow has no {name!r}.{meant(name, WORKFLOW)}"
        yield Finding(part, "R103", what, f"use one of {', '.join(WORKFLOW)}.")
    elif name == "parameters":
        yield from _of_parameters(part, path, scope)
    elif name in ("labels", "annotations"):
        yield from _of_metadata(part, path, scope)
    elif name == "outputs":
        yield from _of_outputs(part, path, scope)
    elif name == "failures" and not _has_exit(scope.document):
        what = "'workflow.failures' is known only in an exit handler, and the workflow has none."
        yield Finding(part, "R111", what, "add onExit or a hook called exit.")
    elif name == "priority" and scope.document.is_started and "priority" not in _spec_names(scope):
        yield Finding(part, "R111", "'workflow.priority' is known only where the spec has a priority.", "add spec.priority.")


def _spec_names(scope: Scope) -> set[str]:
    base = scope.library.base(scope.document)
    return {*scope.document.spec.names, *(base.spec.names if base else ("priority",))}


def _has_exit(document: Document) -> bool:
    return not document.is_started or bool({"onExit", "hooks", "workflowTemplateRef"} & set(document.spec.names))


def _of_parameters(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    wanted = ".".join(path[2:])
    base = scope.library.base(scope.document)
    known = {*scope.document.parameters, *(base.parameters if base else ())}
    if not wanted or wanted == "json" or wanted in known:
        return
    if base is None or (not scope.document.is_started and "entrypoint" not in scope.document.spec.names):
        yield not_checked(part, f"Whether the calling workflow has a parameter {wanted!r} is not checked.")
    else:
        code, who = ("R104", "workflow") if scope.document.is_started else ("R112", "template")
        yield Finding(part, code, f"The {who} has no parameter {wanted!r}.{meant(wanted, known)}", "add it under arguments.")


def _of_metadata(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    """Yield a label or annotation that neither the workflow nor its workflowMetadata has."""
    kind, wanted = path[1], ".".join(path[2:])
    owners = (scope.document.part.at("metadata"), scope.document.spec.at("workflowMetadata"))
    cron = scope.document.part.at("spec", "workflowMetadata")
    known = {key for owner in (*owners, cron) for field in (kind, f"{kind}From") for key in owner.at(field).names}
    if not wanted or wanted == "json" or wanted in known:
        return
    if scope.document.kind != "Workflow" or "workflowTemplateRef" in scope.document.spec.names:
        yield not_checked(part, f"Whether the workflow has the {kind[:-1]} {wanted!r} is not checked.")
    else:
        yield Finding(part, "R103", f"The workflow has no {kind[:-1]} {wanted!r}.{meant(wanted, known)}", f"add it to {kind}.")


def _of_outputs(part: Part, path: Path, scope: Scope) -> Iterator[Finding]:
    """Yield a global output that no template of these documents exports under that name."""
    kind = path[2] if len(path) > 2 else ""
    wanted = ".".join(path[3:])
    exported = {
        item.text("globalName")
        for document in scope.library.documents
        for template in document.bodies
        for item in template.part.at("outputs", kind).items()
    } - {""}
    if wanted in exported or any("{{" in name for name in exported):
        return
    if kind not in ("parameters", "artifacts"):
        yield Finding(part, "R108", f"{'.'.join(path)!r}: global outputs are parameters and artifacts.", "name one of these.")
    elif not scope.document.is_started or scope.library.base(scope.document) is None or _calls_elsewhere(scope.document):
        yield not_checked(part, f"Whether a template exports {wanted!r} is not checked.")
    else:
        what = f"No template exports an output {kind[:-1]} called {wanted!r}.{meant(wanted, exported)}"
        yield Finding(part, "R108", what, "add globalName to an output.")


def _calls_elsewhere(document: Document) -> bool:
    return any("templateRef" in call.part.names for template in document.bodies for call in template.calls)
