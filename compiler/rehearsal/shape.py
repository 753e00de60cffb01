"""Check that a workflow has no field whose effect is unknown to the rehearsal: it refuses rather than guesses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laminar.compiler.rehearsal.refusal import Refused
from laminar.exceptions import nearest

__all__ = ["check"]


class _Noted:
    """A field of any shape without effect here: node and account of a pod, how long it is kept."""


class _List:
    """A list of one kind of element."""

    def __init__(self, element: Any) -> None:
        self.element = element


NOTED = _Noted()
TEXT, NUMBER, FLAG, COUNT = "a text", "a number", "true or false", "a number or a text of digits"

PLACEMENT: dict[str, Any] = dict.fromkeys(
    "serviceAccountName automountServiceAccountToken securityContext nodeSelector tolerations affinity schedulerName".split(), NOTED
)
PARAMETERS = {"parameters": _List({"name": TEXT, "value": TEXT, "enum": _List(TEXT), "description": NOTED})}
SOURCES = {"path": TEXT, "parameter": TEXT, "expression": TEXT, "default": TEXT}
MADE = {"parameters": _List({"name": TEXT, "description": NOTED, "valueFrom": SOURCES})}
VOLUME = {
    "name": TEXT,
    **dict.fromkeys("emptyDir persistentVolumeClaim secret configMap hostPath projected csi nfs".split(), NOTED),
}
TASK = {
    "name": TEXT,
    "template": TEXT,
    "depends": TEXT,
    "when": TEXT,
    "withSequence": {"count": COUNT},
    "arguments": PARAMETERS,
}
CONTAINER = {
    "name": TEXT,
    "image": TEXT,
    "imagePullPolicy": NOTED,
    "command": _List(TEXT),
    "args": _List(TEXT),
    "workingDir": TEXT,
    "resources": NOTED,
    "securityContext": NOTED,
    "env": _List({"name": TEXT, "value": TEXT, "valueFrom": {"secretKeyRef": NOTED, "configMapKeyRef": NOTED}}),
    "volumeMounts": _List({"name": TEXT, "mountPath": TEXT, "readOnly": FLAG, "subPath": TEXT}),
}
RETRY = {"limit": COUNT, "retryPolicy": TEXT, "expression": TEXT, "backoff": {"duration": TEXT, "factor": NUMBER}}
TEMPLATE = {
    **PLACEMENT,
    "name": TEXT,
    "inputs": PARAMETERS,
    "outputs": MADE,
    "metadata": NOTED,
    "priorityClassName": NOTED,
    "archiveLocation": NOTED,
    "activeDeadlineSeconds": COUNT,
    "parallelism": NUMBER,
    "podSpecPatch": TEXT,
    "retryStrategy": RETRY,
    "volumes": _List(VOLUME),
    "dag": {"tasks": _List(TASK)},
    "container": CONTAINER,
}
SPEC = {
    **PLACEMENT,
    **dict.fromkeys("workflowMetadata podMetadata ttlStrategy podGC archiveLogs imagePullSecrets priority".split(), NOTED),
    **dict.fromkeys("podPriorityClassName executor hostNetwork dnsPolicy dnsConfig podDisruptionBudget".split(), NOTED),
    **dict.fromkeys("workflowTemplateRef artifactRepositoryRef artifactGC volumeClaimGC".split(), NOTED),
    "entrypoint": TEXT,
    "arguments": PARAMETERS,
    "parallelism": NUMBER,
    "podSpecPatch": TEXT,
    "volumes": _List(VOLUME),
    "templates": _List(TEMPLATE),
}

INSTEAD = {
    "withParam": "count a loop with withSequence: withParam is quadratic in Argo.",
    "withItems": "count a loop with withSequence.",
    "steps": "write a dag.",
    "dependencies": "write depends: A && B.",
    "script": "write a container.",
    "schedule": "write schedules, a list.",
}


def check(spec: Mapping[str, Any], where: str) -> None:
    """Refuse fields and types that are not known.

    Raises Refused, naming the field.
    """
    _check(spec, SPEC, where)
    for place, template in enumerate(spec.get("templates", [])):
        name = template.get("name", place)
        if ("dag" in template) == ("container" in template):
            raise Refused(f"Template {name!r} is neither a dag nor a container.", where=where, fix="add one of the two.")


def _check(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, _Noted):
        return
    if isinstance(shape, _List):
        if not isinstance(value, list):
            raise Refused(f"This is {_kind(value)}, not a list.", where=where, fix="write a list.")
        for place, element in enumerate(value):
            name = element.get("name") if isinstance(element, dict) else None
            _check(element, shape.element, f"{where}[{name if isinstance(name, str) else place}]")
    elif isinstance(shape, dict):
        _check_fields(value, shape, where)
    elif not _fits(value, shape):
        raise Refused(f"This is {_kind(value)}, not {shape}.", where=where, fix="put a text in quotes: YAML retypes bare words.")


def _check_fields(value: Any, shape: Mapping[str, Any], where: str) -> None:
    if not isinstance(value, dict):
        raise Refused(f"This is {_kind(value)}, not a mapping.", where=where, fix="write a mapping.")
    for name, part in value.items():
        if name not in shape:
            close = nearest(str(name), shape)
            meant = f"did you mean {close!r}?" if close else "leave it out: the rehearsal refuses rather than guesses."
            raise Refused(f"{name!r} is not known to the rehearsal.", where=where, fix=INSTEAD.get(str(name), meant))
        _check(part, shape[name], f"{where}.{name}")


def _fits(value: Any, shape: str) -> bool:
    number = isinstance(value, int) and not isinstance(value, bool)
    fits = {TEXT: isinstance(value, str), NUMBER: number, FLAG: isinstance(value, bool)}
    return fits.get(shape, number or isinstance(value, str))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), type(value).__name__)
