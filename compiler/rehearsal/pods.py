"""Make the pod of a template whose tags are replaced: what Kubernetes would start."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from laminar.compiler.rehearsal.refusal import NodeError

__all__ = ["Mount", "Outcome", "Pod", "RunPod", "merge", "patch_of", "pod_of"]

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
    """What runs: ``paths`` are the files read afterwards, by output; ``deadline`` seconds it may take.

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
    read_only: bool = False
    patch: Mapping[str, Any] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Variables whose values are known."""
        return {name: value for name, value in self.env if value is not None}


@dataclass(frozen=True)
class Outcome:
    """How a pod ended: main's exit code (-1: unknown), the files it left by output, and what it printed.

    ``error`` says that the pod was lost, not that it failed; ``overdue`` that its deadline passed.
    """

    code: int
    files: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    overdue: bool = False
    log: str = ""
    seconds: float = 0.0


RunPod = Callable[[Pod], Outcome]


def patch_of(texts: Sequence[str]) -> dict[str, Any]:
    """Return the patches of workflow and template, merged in that order.

    Raises NodeError for a patch that is no JSON object, and for fields that no pod has.
    """
    whole: dict[str, Any] = {}
    for text in texts:
        try:
            patch = json.loads(text)
        except ValueError as error:
            raise NodeError(f"podSpecPatch {text!r} is not JSON: {error}") from None
        if not isinstance(patch, dict):
            raise NodeError(f"podSpecPatch {text!r} is no object")
        _check(patch)
        whole = merge(whole, patch)
    return whole


def _check(patch: Mapping[str, Any]) -> None:
    containers = [*patch.get("containers", []), *patch.get("initContainers", [])]
    unknown = set(patch) - PATCHED | {name for container in containers for name in set(container) - PATCHED_CONTAINER}
    if unknown:
        raise NodeError(f"podSpecPatch has fields that are not known: {', '.join(sorted(unknown))}")
    for container in containers:
        if container.get("name") not in ("main", "wait", "init"):
            raise NodeError(f"podSpecPatch is for a container {container.get('name')!r}, which an Argo pod does not have")


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

    Raises NodeError for what Kubernetes would refuse.
    """
    mains = [container for container in patch.get("containers", []) if container["name"] == "main"]
    container = merge(template["container"], {k: v for main in mains for k, v in main.items() if k != "name"})
    known = {**volumes, **{volume["name"]: volume for volume in template.get("volumes", [])}}
    known.update({volume["name"]: volume for volume in patch.get("volumes", [])})
    env = _environment(container.get("env", []))
    values = {name: value for name, value in env if value is not None}
    deadline = patch.get("activeDeadlineSeconds", template.get("activeDeadlineSeconds"))
    if not container.get("command"):
        raise NodeError("container has no command: Argo would have to ask the registry for the image's")
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
