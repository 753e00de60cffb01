"""Read YAML as Argo and kubectl read it, and find the workflows in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from laminar.compiler.rehearsal.refusal import Refused

__all__ = ["Workflow", "read", "workflows"]

TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate")
BYSTANDERS = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Secret", "Namespace")
"""Kinds that may stand in the same file; the rehearsal has no use for them."""

FLOAT = re.compile(r"[-+]?(?:[0-9]+|[0-9]*\.[0-9]+|[0-9]+\.[0-9]*)[eE][-+]?[0-9]+\Z")
OCTAL = re.compile(r"[-+]?0o[0-7]+\Z")
LETTER = re.compile(r"[yYnN]\Z")


@dataclass(frozen=True)
class Workflow:
    """One workflow to run: its name, and its spec with the template's under its own; ``source`` says where it comes from."""

    name: str
    spec: Mapping[str, Any]
    source: str


def read(text: str, *, shown: str = "the document") -> list[dict[str, Any]]:
    """Return the documents of a YAML text; ``y``, ``1e3`` and the like are no texts, as Argo sees them.

    Raises Refused for what is no YAML, for a key that stands twice and for a document that is no mapping.
    """
    import yaml

    try:
        found = [document for document in yaml.load_all(text, Loader=_loader()) if document is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{shown}:{mark.line + 1}" if mark is not None else shown
        problem = getattr(error, "problem", None) or str(error)
        raise Refused(f"This is no YAML: {problem}.", where=where, fix="mend the file.") from None
    for document in found:
        if not isinstance(document, dict):
            raise Refused(f"A document is a mapping, not {type(document).__name__}.", where=shown, fix="give Kubernetes objects.")
    return found


@cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Resolve plain scalars as Go's YAML does: letters that mean booleans, numbers with exponents, no dates."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key, _ in node.value:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} stands twice", key.start_mark)
                seen.add(key.value)
            return super().construct_mapping(node, deep=deep)

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")] for first, known in resolvers.items()
    }
    for tag, pattern, first in (("bool", LETTER, "yYnN"), ("float", FLOAT, "-+.0123456789"), ("int", OCTAL, "-+0")):
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", pattern, list(first))
    Loader.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: node.value.lower() in ("y", "yes", "true", "on"))
    return Loader


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
        raise Refused("There is no workflow in it.", fix="give a Workflow, a WorkflowTemplate or a CronWorkflow.")
    return found


def _name(document: Mapping[str, Any]) -> str:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise Refused(f"A {document.get('kind')} has no metadata.", fix="give it a name.")
    name = metadata.get("name") or str(metadata.get("generateName", "")).removesuffix("-")
    if not isinstance(name, str) or not name:
        raise Refused(f"A {document.get('kind')} has no name.", fix="give it a metadata.name.")
    return name


def _spec(document: Mapping[str, Any]) -> dict[str, Any]:
    spec = document.get("spec")
    if not isinstance(spec, dict):
        raise Refused(f"{document.get('kind')} {_name(document)!r} has no spec.", fix="give it one.")
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
            f"Workflow {name!r} says {', '.join(sorted(unknown))} besides its template: what Argo makes of both is not known here.",
            fix="say it in the template.",
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
    """Return arguments: those of the template in their order, with the values of the workflow, and what that adds."""
    parameters = {parameter["name"]: parameter for parameter in (below or {}).get("parameters", [])}
    parameters.update({parameter["name"]: parameter for parameter in (above or {}).get("parameters", [])})
    return {"parameters": list(parameters.values())}


def _scheduled(document: Mapping[str, Any]) -> Workflow:
    name, spec = _name(document), _spec(document)
    if not isinstance(spec.get("workflowSpec"), dict):
        raise Refused(f"CronWorkflow {name!r} has no workflowSpec.", fix="give it one.")
    schedules = spec.get("schedules")
    if not isinstance(schedules, list) or not schedules or "schedule" in spec:
        raise Refused(f"CronWorkflow {name!r} has no list of schedules, which Argo needs since 4.0.", fix="say schedules: [...].")
    return Workflow(name, spec["workflowSpec"], "CronWorkflow")
