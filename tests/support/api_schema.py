"""Make ``compiler/lint/schema.json`` from the published models: Argo's types of hera, Kubernetes' types of lightkube-models.

``python -m tests.support.api_schema`` rewrites the file. Both packages are generated from the OpenAPI documents that Argo and
Kubernetes publish. Only ``ADDED`` is written by hand: fields of Argo 4.1 that hera 7.1, which is of 4.0.5, does not have.
"""

from __future__ import annotations

import ast
import json
import re
from importlib.metadata import files
from pathlib import Path
from typing import Any, get_args, get_origin

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "compiler/lint/schema.json"
KINDS = ("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")

ADDED = {
    "ContainerNode": {"restartPolicyRules": ["@k8s.ContainerRestartRule"]},
    "ExecutorPlugin": {"metadata": "@k8s.ObjectMeta", "spec": "@ExecutorPluginSpec"},
    "ExecutorPluginSpec": {"sidecar": "@ExecutorPluginSidecar"},
    "ExecutorPluginSidecar": {"automountServiceAccountToken": "truth", "container": "@k8s.Container"},
    "HTTPArtifact": {"saveStreamViaFile": "truth"},
    "S3Artifact": {"addressingStyle": "text"},
    "S3ArtifactRepository": {"addressingStyle": "text"},
    "ScriptTemplate": {"restartPolicyRules": ["@k8s.ContainerRestartRule"]},
    "UserContainer": {"restartPolicyRules": ["@k8s.ContainerRestartRule"]},
    "Template": {
        "pendingTimeout": "text", "podResources": "@k8s.ResourceRequirements", "resourceClaims": ["@k8s.PodResourceClaim"]
    },
    "WorkflowSpec": {
        "executorPlugins": ["@ExecutorPlugin"],
        "podResources": "@k8s.ResourceRequirements",
        "resourceClaims": ["@k8s.PodResourceClaim"],
    },
}  # fmt: skip
"""Read in Argo's api/jsonschema/schema.json, 4.1.2."""

ENFORCED = {
    "ArtifactGC": {"strategy": ["", "Never", "OnWorkflowCompletion", "OnWorkflowDeletion"]},
    "CronWorkflowSpec": {"concurrencyPolicy": ["Allow", "Forbid", "Replace"]},
    "Gauge": {"operation": ["Add", "Set", "Sub"]},
    "ResourceTemplate": {
        "action": ["apply", "create", "delete", "get", "patch", "replace"], "mergeStrategy": ["json", "merge", "strategic"]
    },
    "RetryStrategy": {"retryPolicy": ["Always", "OnError", "OnFailure", "OnTransientError"]},
    "S3Artifact": {"addressingStyle": ["", "path", "virtual-hosted"]},
}  # fmt: skip
"""Values that Argo's custom resource definitions enforce (manifests/base/crds/full, 4.1.2); its OpenAPI document has no enum."""

PLAIN = {
    "str": "text", "int": "whole", "float": "number", "bool": "truth", "dict": {"": "any"}, "object": "any", "Any": "any",
    "Time": "time", "MicroTime": "time", "Amount": "number", "IntOrString": "whole or text", "Quantity": "quantity",
    "Item": "any", "Plugin": "any", "FieldsV1": "any",
}  # fmt: skip
"""The JSON form of a type."""

ANY_KEYS = ("Plugin", "FieldsV1")
VALUE = r"[\"']?[A-Z][A-Za-z]+[\"']?"
LISTED = re.compile(
    r"(?:[Oo]ne of|[Vv]alid (?:operators|values|options) are:?|[Aa]llowed values are|[Mm]ust be"
    r"|(?:Supported|Possible) values are:?)\s"
    rf"({VALUE}(?:(?:, (?:and |or )?| or | and |\. (?=Gt, and)){VALUE})+)(?=[.;,\s]|$)"
)
"""How a description lists a field's values: ``One of Always, Never, IfNotPresent.``"""


def made() -> str:
    """Return the schema as JSON, a type a line."""
    types = _argo_types()
    for name, fields in ADDED.items():
        types.setdefault(name, {"fields": {}, "required": [], "choices": {}})["fields"].update(fields)
    _add_kubernetes(types)
    for name, fields in ENFORCED.items():
        types[name]["choices"].update(fields)
    kept = {name: types[name] for name in sorted(_reached(types))}
    lines = [f" {json.dumps(name)}: {json.dumps(_short(kept[name]))}" for name in kept]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _short(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: entry[key] for key in ("fields", "required", "choices") if entry[key]} or {"fields": {}}


def _reached(types: dict[str, Any]) -> set[str]:
    seen: set[str] = set()
    waiting = [*KINDS, "k8s.PodSpec"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += re.findall(r"@([\w.]+)", json.dumps(types[name]["fields"]))
    return seen


def choices_of(description: str) -> list[str]:
    """Return the values that a description lists, none where it lists none.

    >>> choices_of("Image pull policy. One of Always, Never, IfNotPresent. Defaults to Always if :latest tag is specified.")
    ['Always', 'IfNotPresent', 'Never']
    """
    found = LISTED.search(" ".join(description.split()))
    return sorted(re.findall(r"[A-Z][A-Za-z]+", found[1])) if found else []


# Argo, by hera's models


def _argo_types() -> dict[str, Any]:
    from hera.workflows import models

    types: dict[str, Any] = {}
    waiting = [getattr(models, kind) for kind in KINDS]
    while waiting:
        model = waiting.pop()
        name = _name(model)
        if name in types or "root" in model.model_fields:
            continue
        fields = {field.alias or key: field for key, field in model.model_fields.items()}
        types[name] = {
            "fields": {key: _of_hint(field.annotation, waiting) for key, field in fields.items()},
            "required": sorted(key for key, field in fields.items() if field.is_required()),
            "choices": {key: found for key, field in fields.items() if (found := _choices(field))},
        }
    return types


def _name(model: Any) -> str:
    return f"k8s.{model.__name__}" if ".io.k8s." in model.__module__ else model.__name__


def _choices(field: Any) -> list[str]:
    members = [member.value for hint in _flat(field.annotation) for member in getattr(hint, "__members__", {}).values()]
    return sorted(members) or choices_of(field.description or "")


def _flat(hint: Any) -> list[Any]:
    return [inner for each in get_args(hint) for inner in _flat(each)] if get_args(hint) else [hint]


def _of_hint(hint: Any, waiting: list[Any]) -> Any:
    if hasattr(hint, "__metadata__"):
        return "text"  # Base64Str, the only annotated type
    inner = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) is list:
        return [_of_hint(inner[0], waiting)]
    if get_origin(hint) is dict:
        return {"": _of_hint(inner[1], waiting)}
    if inner:
        return _of_hint(inner[0], waiting) if len(inner) == 1 else "whole or text"
    if hint.__name__ == "ParallelSteps":
        return [_of_hint(get_args(hint.model_fields["root"].annotation)[0], waiting)]
    if hint.__name__ in PLAIN:
        return PLAIN[hint.__name__]
    if hasattr(hint, "__members__"):
        return "text"
    if hint.model_fields:
        waiting.append(hint)
        return f"@{_name(hint)}"
    return {"": "any"}


# Kubernetes, by the text of lightkube-models: importing it needs lightkube


def _add_kubernetes(types: dict[str, Any]) -> None:
    """Add the types and fields that hera's older Kubernetes does not have; a map's values are typed by hera alone."""
    for name, entry in _kubernetes_types().items():
        known = types.setdefault(f"k8s.{name}", {"fields": {}, "required": [], "choices": {}})
        new = not known["fields"]
        for field, kind in entry["fields"].items():
            known["fields"].setdefault(field, kind)
        for field, values in entry["choices"].items():
            if not {value.lower() for value in values} & {each.lower() for each in known["fields"]}:  # a list of fields
                known["choices"][field] = sorted({*values, *known["choices"].get(field, [])})
        if new:
            known["required"] = entry["required"]


def _kubernetes_types() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in files("lightkube-models") or []:
        if path.name in ("core_v1.py", "meta_v1.py"):
            tree = ast.parse(Path(str(path.locate())).read_text())
            found |= {node.name: _of_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}
    return found


def _of_class(node: ast.ClassDef) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    required: list[str] = []
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and isinstance(each.annotation, ast.Constant):
            name = _renamed(each) or each.target.id
            fields[name] = _of_text(str(each.annotation.value))
            if each.value is None:
                required.append(name)
    told = dict(re.findall(r"\* \*\*(\w+)\*\* ``[^`]*`` - (.*?)(?=\n\s*\* \*\*|\Z)", ast.get_docstring(node) or "", re.DOTALL))
    choices = {name: found for name in fields if (found := choices_of(told.get(name, "")))}
    return {"fields": fields, "required": sorted(required), "choices": choices}


def _renamed(node: ast.AnnAssign) -> str:
    """Return a field's name in JSON where it is a word of Python: ``field(metadata={"json": "from"})``."""
    found = re.search(r"'json': '([^']+)'", ast.unparse(node.value)) if node.value else None
    return found[1] if found else ""


def _of_text(hint: str) -> Any:
    if wrapped := re.fullmatch(r"Optional\[(.*)\]", hint):
        return _of_text(wrapped[1])
    if listed := re.fullmatch(r"List\[(.*)\]", hint):
        return [_of_text(listed[1])]
    name = hint.rpartition(".")[2]
    return PLAIN.get(name, f"@k8s.{name}")


if __name__ == "__main__":
    FILE.write_text(made())
