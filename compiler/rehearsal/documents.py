"""Find the workflows in a YAML text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from laminar.compiler.rehearsal.refusal import Refused
from laminar.compiler.yaml.reader import read_text

__all__ = ["Workflow", "read", "workflows"]

TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate")
BYSTANDERS = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Secret", "Namespace")
"""Other kinds that a file may hold; the rehearsal ignores them."""


@dataclass(frozen=True)
class Workflow:
    """One workflow to run: its name, its spec merged over its template's, and the kind that it comes from, ``source``."""

    name: str
    spec: Mapping[str, Any]
    source: str


def read(text: str, *, shown: str = "the document") -> list[dict[str, Any]]:
    """Return the documents of a YAML text; ``y``, ``1e3`` and the like are no texts, as Argo reads them.

    Raises FlowError for a text that is no YAML, Refused for a key that is used twice and for a document that is no mapping.
    """
    documents = []
    for source in read_text(text, shown):
        if source.problems:
            problem = source.problems[0]
            raise Refused(f"The document {problem.what}.", where=f"{shown}:{source.line(problem.place)}", fix=problem.fix)
        if not isinstance(source.value, dict):
            kind = type(source.value).__name__
            raise Refused(f"A document is a mapping, not {kind}.", where=shown, fix="write Kubernetes objects.")
        documents.append(source.value)
    return documents


def workflows(documents: Sequence[Mapping[str, Any]]) -> list[Workflow]:
    """Return the workflows that documents start: each Workflow, a CronWorkflow once, else a template by itself.

    Raises Refused for kinds that are not known, for a reference to a template that is not there, and where nothing starts.
    """
    templates = {_name(document): document for document in documents if document.get("kind") in TEMPLATES}
    found = []
    used: set[str] = set()
    for document in documents:
        kind = document.get("kind")
        if kind == "Workflow":
            found.append(_started(document, templates, used))
        elif kind == "CronWorkflow":
            found.append(_scheduled(document))
        elif kind not in (*TEMPLATES, *BYSTANDERS):
            raise Refused(f"The kind {kind!r} is not known to the rehearsal.", fix="leave it out.")
    found += [Workflow(name, _spec(document), str(document["kind"])) for name, document in templates.items() if name not in used]
    if not found:
        raise Refused("There is no workflow in it.", fix="add a Workflow, a WorkflowTemplate or a CronWorkflow.")
    return found


def _name(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise Refused(f"A {document.get('kind')} has no metadata.", fix="add metadata.name.")
    name = metadata.get("name") or str(metadata.get("generateName", "")).removesuffix("-")
    if not isinstance(name, str) or not name:
        raise Refused(f"A {document.get('kind')} has no name.", fix="add metadata.name.")
    return name


def _spec(document: Mapping[str, Any]) -> dict[str, Any]:
    spec = document.get("spec")
    if not isinstance(spec, dict):
        raise Refused(f"{document.get('kind')} {_name(document)!r} has no spec.", fix="add a spec.")
    return spec


def _started(document: Mapping[str, Any], templates: Mapping[str, Mapping[str, Any]], used: set[str]) -> Workflow:
    """Return a Workflow; one that refers to a template has that one's spec, with its own arguments over it."""
    name, spec = _name(document), _spec(document)
    if "workflowTemplateRef" not in spec:
        return Workflow(name, spec, "Workflow")
    reference = spec["workflowTemplateRef"]
    unknown = set(spec) - {"workflowTemplateRef", "arguments"}
    if unknown:
        raise Refused(
            f"Workflow {name!r} has {', '.join(sorted(unknown))} in addition to its template: their effect is unknown here.",
            fix="move it to the template.",
        )
    target = str(reference.get("name")) if isinstance(reference, dict) else ""
    if target not in templates or templates[target]["kind"] != _kind_of(reference):
        raise Refused(f"Workflow {name!r} refers to {_kind_of(reference)} {target!r}, which is not in the file.", fix="add it.")
    used.add(target)
    whole = dict(_spec(templates[target]))
    whole["arguments"] = _merged(whole.get("arguments"), spec.get("arguments"))
    return Workflow(name, whole, "Workflow")


def _kind_of(reference: Any) -> str:
    return TEMPLATES[1] if isinstance(reference, dict) and reference.get("clusterScope") else TEMPLATES[0]


def _merged(below: Any, above: Any) -> dict[str, Any]:
    """Return arguments: those of the template in their order, with the values of the workflow, and its additional ones."""
    parameters = {parameter["name"]: parameter for parameter in (below or {}).get("parameters", [])}
    parameters.update({parameter["name"]: parameter for parameter in (above or {}).get("parameters", [])})
    return {"parameters": list(parameters.values())}


def _scheduled(document: Mapping[str, Any]) -> Workflow:
    name, spec = _name(document), _spec(document)
    if not isinstance(spec.get("workflowSpec"), dict):
        raise Refused(f"CronWorkflow {name!r} has no workflowSpec.", fix="add spec.workflowSpec.")
    schedules = spec.get("schedules")
    if not isinstance(schedules, list) or not schedules or "schedule" in spec:
        raise Refused(f"CronWorkflow {name!r} has no list of schedules, which Argo needs since 4.0.", fix="write schedules: [...].")
    return Workflow(name, spec["workflowSpec"], "CronWorkflow")
