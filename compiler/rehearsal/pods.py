"""Make the pod of a template whose tags are replaced, as Kubernetes would start it.

Argo's source is createWorkflowPod in workflow/controller/workflowpod.go and ApplyPodSpecPatch in workflow/util/util.go (4.1.2).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from laminar.compiler.rehearsal.refusal import NodeError
from laminar.compiler.yaml.reader import read_text
from laminar.exceptions import FlowError

__all__ = ["Mount", "Outcome", "Pod", "RunPod", "merge", "patch_of", "pod_of", "quantity"]

UNPATCHABLE = "Error applying PodSpecPatch"
"""The message of a node whose patch Argo cannot apply (seen on Argo 4.1.2)."""

QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?[0-9]+)?\Z")
DECIMAL = {suffix: 1000**power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), 1)}
BINARY = {f"{suffix.upper()}i": 1024**power for power, suffix in enumerate(("k", "m", "g", "t", "p", "e"), 1)}
FACTORS: Mapping[str, float] = {**DECIMAL, **BINARY, "m": 0.001}
"""Suffixes of quantities (apimachinery, pkg/api/resource/quantity.go)."""

PATCHED = frozenset(
    "containers initContainers nodeSelector tolerations affinity serviceAccountName priorityClassName securityContext volumes"
    " activeDeadlineSeconds terminationGracePeriodSeconds runtimeClassName schedulerName metadata".split()
)
PATCHED_CONTAINER = frozenset(
    "name image imagePullPolicy command args workingDir env resources securityContext volumeMounts ports lifecycle".split()
)


@dataclass(frozen=True)
class Mount:
    """A volume in a container: ``volume`` is its definition, a mapping of its kind."""

    path: str
    name: str
    volume: Mapping[str, Any]
    read_only: bool = False
    sub_path: str = ""


@dataclass(frozen=True)
class Pod:
    """Process of a pod: ``paths`` are the output files by output, ``deadline`` is in seconds, ``memory`` is main's limit in bytes.

    A variable's value is None where it comes from a Secret or a ConfigMap.
    """

    node: str
    template: str
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: tuple[tuple[str, str | None], ...] = ()
    workdir: str = ""
    mounts: tuple[Mount, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    deadline: float | None = None
    memory: int | None = None
    read_only: bool = False
    patch: Mapping[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables whose values are known."""
        return {name: value for name, value in self.env if value is not None}


@dataclass(frozen=True)
class Outcome:
    """The end of a pod: the exit code of main (-1 for an unknown one), its output files by output, and its log.

    ``error`` is set where the pod was lost instead of failing, ``overdue`` where its deadline passed, ``oom`` where it was killed
    for passing its memory limit.
    """

    code: int
    files: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    overdue: bool = False
    oom: bool = False
    log: str = ""
    seconds: float = 0.0


RunPod = Callable[[Pod], Outcome]


def patch_of(texts: Sequence[str]) -> dict[str, Any]:
    """Return the patches of workflow and template, merged in that order.

    Raises NodeError for a patch that is no mapping, and for fields that no pod has.
    """
    whole: dict[str, Any] = {}
    for text in texts:
        patch = _read_patch(text)
        _check(patch)
        whole = merge(whole, patch)
    return whole


def _read_patch(text: str) -> dict[str, Any]:
    """Return a patch, which is JSON or YAML."""
    try:
        patch = json.loads(text)
    except ValueError as problem:
        try:
            (source,) = read_text(text, "podSpecPatch")
        except (FlowError, ValueError):
            raise NodeError(UNPATCHABLE, detail=f"podSpecPatch {text!r} is neither JSON nor YAML: {problem}") from None
        patch = source.value
    if not isinstance(patch, dict):
        raise NodeError(UNPATCHABLE, detail=f"podSpecPatch {text!r} is no object")
    return patch


def _check(patch: Mapping[str, Any]) -> None:
    containers = [*patch.get("containers", []), *patch.get("initContainers", [])]
    unknown = set(patch) - PATCHED | {name for container in containers for name in set(container) - PATCHED_CONTAINER}
    if unknown:
        raise NodeError(UNPATCHABLE, detail=f"podSpecPatch has fields that are not known: {', '.join(sorted(unknown))}")
    for container in containers:
        name = container.get("name")
        if name not in ("main", "wait", "init"):
            raise NodeError(UNPATCHABLE, detail=f"podSpecPatch is for a container {name!r}, which an Argo pod does not have")


def quantity(text: str | float) -> int:
    """Return a Kubernetes quantity as a whole number, rounded up.

    Raises NodeError for a text that is none.

    >>> quantity("150M"), quantity("1.5Gi"), quantity("1e3"), quantity("100m")
    (150000000, 1610612736, 1000, 1)
    """
    match = QUANTITY.match(str(text))
    if match is None:
        raise NodeError(UNPATCHABLE, detail=f"{text!r} is no quantity of Kubernetes")
    number, suffix = match.groups()
    if not suffix or suffix in FACTORS:
        return math.ceil(float(number) * FACTORS.get(suffix, 1))
    return math.ceil(float(number + suffix))


def merge(below: Any, above: Any) -> Any:
    """Merge strategically: maps by key, lists of named things by name, other values are replaced; null removes.

    >>> merge({"containers": [{"name": "main", "a": 1}]}, {"containers": [{"name": "main", "b": 2}]})
    {'containers': [{'name': 'main', 'a': 1, 'b': 2}]}
    """
    if isinstance(below, dict) and isinstance(above, dict):
        merged = {**below, **{name: merge(below.get(name), part) for name, part in above.items()}}
        return {name: part for name, part in merged.items() if part is not None}
    if isinstance(below, list) and isinstance(above, list) and _named(below) and _named(above):
        parts = {part["name"]: part for part in below}
        for part in above:
            parts[part["name"]] = merge(parts.get(part["name"]), part)
        return list(parts.values())
    return above


def _named(parts: list[Any]) -> bool:
    return all(isinstance(part, dict) and "name" in part for part in parts)


def pod_of(node: str, template: Mapping[str, Any], volumes: Mapping[str, Mapping[str, Any]], patch: Mapping[str, Any]) -> Pod:
    """Return the pod of a template, with the patch's changes to its main container; ``volumes`` are the workflow's.

    Raises NodeError for a pod that Kubernetes rejects.
    """
    mains = [container for container in patch.get("containers", []) if container["name"] == "main"]
    container = merge(template["container"], {k: v for main in mains for k, v in main.items() if k != "name"})
    known = {**volumes, **{volume["name"]: volume for volume in template.get("volumes", [])}}
    known.update({volume["name"]: volume for volume in patch.get("volumes", [])})
    env = _environment(container.get("env", []))
    values = {name: value for name, value in env if value is not None}
    memory = container.get("resources", {}).get("limits", {}).get("memory")
    deadline = patch.get("activeDeadlineSeconds", template.get("activeDeadlineSeconds"))
    if not container.get("command"):
        raise NodeError("container has no command: Argo would have to read the image's from its registry")
    return Pod(
        node=node,
        template=template["name"],
        image=container.get("image", ""),
        command=tuple(_with_variables(word, values) for word in container["command"]),
        args=tuple(_with_variables(word, values) for word in container.get("args", [])),
        env=env,
        workdir=container.get("workingDir", ""),
        mounts=tuple(_mount(mount, known) for mount in container.get("volumeMounts", [])),
        paths={
            output["name"]: output["valueFrom"]["path"]
            for output in template.get("outputs", {}).get("parameters", [])
            if "path" in output.get("valueFrom", {})
        },
        deadline=float(deadline) if deadline is not None else None,
        memory=quantity(memory) if memory is not None else None,
        read_only=bool(container.get("securityContext", {}).get("readOnlyRootFilesystem")),
        patch=patch,
    )


def _mount(mount: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> Mount:
    if mount["name"] not in known:
        raise NodeError(f"volumeMount {mount['name']!r} has no volume")
    definition = {name: part for name, part in known[mount["name"]].items() if name != "name"}
    return Mount(mount["mountPath"], mount["name"], definition, bool(mount.get("readOnly")), mount.get("subPath", ""))


def _environment(entries: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str | None], ...]:
    found: dict[str, str | None] = {}
    for entry in entries:
        known = {name: value for name, value in found.items() if value is not None}
        found[entry["name"]] = None if "valueFrom" in entry else _with_variables(entry.get("value", ""), known)
    return tuple(found.items())


def _with_variables(text: str, values: Mapping[str, str]) -> str:
    """Replace ``$(NAME)`` by a known variable's value, and ``$$`` by a dollar, as Kubernetes does.

    >>> _with_variables("$(A) $$(A) $(B) $A", {"A": "1"})
    '1 $(A) $(B) $A'
    """

    def value(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else values.get(match[1], match[0])

    return re.sub(r"\$\$|\$\(([^)]*)\)", value, text)
