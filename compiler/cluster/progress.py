"""Read how far a workflow is, in layers, splits and attempts instead of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from laminar.compiler.cluster.causes import cause, pod_cause
from laminar.compiler.cluster.nodes import epoch, nodes_of, pod_name

__all__ = ["ENDED", "FAILED", "Attempt", "LayerProgress", "Progress", "Split", "execution_of", "progress", "with_pods"]

ENDED = ("Succeeded", "Failed", "Error")
FAILED = ("Failed", "Error")
WAITING = "Waiting"
"""The phase of a layer that has no node yet."""

GROUPS = re.compile(r"((?:\([^()]*\))*)$")
ITEM = re.compile(r"\(([0-9]+):")
ATTEMPT = re.compile(r"\(([0-9]+)\)$")


@dataclass(frozen=True)
class Attempt:
    """One pod: its number from 1, its phase, the cause, and its times (seconds since the epoch)."""

    number: int
    phase: str
    cause: str
    pod: str
    started: float | None
    finished: float | None


@dataclass(frozen=True)
class Split:
    """One split, or one batch of splits; ``index`` is None where the layer has one only."""

    index: int | None
    phase: str
    attempts: tuple[Attempt, ...]

    @property
    def cause(self) -> str:
        """Why its last attempt waits or failed."""
        return self.attempts[-1].cause if self.attempts else ""


@dataclass(frozen=True)
class LayerProgress:
    """One layer, link or gate; ``message`` is the reason why it did not run."""

    flow: str
    name: str
    phase: str
    splits: tuple[Split, ...]
    message: str = ""
    fans_out: bool = False

    def count(self, *phases: str) -> int:
        """Return how many splits are in these phases."""
        return sum(split.phase in phases for split in self.splits)

    @property
    def started(self) -> float | None:
        """When its first attempt began."""
        return min((one.started for split in self.splits for one in split.attempts if one.started), default=None)

    @property
    def finished(self) -> float | None:
        """When its last attempt ended, None while one has not."""
        ends = [one.finished for split in self.splits for one in split.attempts]
        return max((end for end in ends if end), default=None) if all(ends) else None


@dataclass(frozen=True)
class Progress:
    """A whole run."""

    name: str
    namespace: str
    execution: str
    flow: str
    phase: str
    message: str
    started: float | None
    finished: float | None
    suspended: bool
    layers: tuple[LayerProgress, ...]

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self.phase in ENDED

    @property
    def pods(self) -> tuple[Attempt, ...]:
        """All attempts, in the order of their layers."""
        return tuple(one for layer in self.layers for split in layer.splits for one in split.attempts)


@dataclass(frozen=True)
class _Task:
    """A task of the spec that is a pod: the name of its node below the workflow's, the layer that it runs."""

    path: str
    flow: str
    layer: str
    loops: bool


def progress(workflow: Mapping[str, Any]) -> Progress:
    """Return how far a workflow is. Layers are in the order of the spec, those that have not started too.

    Raises ClusterError where the workflow's nodes are out of reach.
    """
    metadata, status = workflow["metadata"], workflow.get("status") or {}
    spec = status.get("storedWorkflowTemplateSpec") or workflow.get("spec") or {}
    name = str(metadata["name"])
    found: dict[str, list[dict[str, Any]]] = {}
    for node in nodes_of(workflow).values():
        base = GROUPS.sub("", str(node.get("name", "")))
        found.setdefault(base.removeprefix(name).lstrip("."), []).append(node)
    tasks = list(_tasks(spec, str(spec.get("entrypoint", "")), "", ""))
    listed = {task.path for task in tasks}
    for path, nodes in found.items():  # a hand-written workflow's steps
        if path not in listed and any(node.get("type") == "Pod" for node in nodes):
            tasks.append(_Task(path, "", path, any(ITEM.search(_groups(node)) for node in nodes)))
    phase = str(status.get("phase") or "Pending")
    return Progress(
        name=name,
        namespace=str(metadata.get("namespace", "")),
        execution=execution_of(workflow),
        flow=str((metadata.get("labels") or {}).get("laminar/flow", "")),
        phase=phase,
        message=str(status.get("message") or ""),
        started=epoch(status.get("startedAt")),
        finished=epoch(status.get("finishedAt")),
        suspended=bool((workflow.get("spec") or {}).get("suspend")),
        layers=tuple(_layer(workflow, task, found.get(task.path, ()), ended=phase in ENDED) for task in tasks),
    )


def execution_of(workflow: Mapping[str, Any]) -> str:
    """Return the id of a workflow's execution: the workflow's uid, unless the compiled program names another."""
    spec = (workflow.get("status") or {}).get("storedWorkflowTemplateSpec") or workflow.get("spec") or {}
    for template in spec.get("templates") or ():
        for variable in (template.get("container") or {}).get("env") or ():
            if variable.get("name") == "LAMINAR_EXECUTION_ID" and "{{" not in str(variable.get("value", "{{")):
                return str(variable["value"])
    return str(workflow["metadata"].get("uid", ""))


def _tasks(spec: Mapping[str, Any], template: str, path: str, flow: str) -> Iterator[_Task]:
    templates = {one["name"]: one for one in spec.get("templates") or ()}
    tasks = ((templates.get(template) or {}).get("dag") or {}).get("tasks") or ()
    for task in tasks:
        target = templates.get(task.get("template", "")) or {}
        where = f"{path}.{task['name']}".lstrip(".")
        loops = any(task.get(loop) for loop in ("withSequence", "withItems", "withParam"))
        if "dag" in target:
            yield from _tasks(spec, target["name"], where, _flow_of(target["name"]) or flow)
            continue
        given = {one["name"]: str(one.get("value", "")) for one in (task.get("arguments") or {}).get("parameters") or ()}
        words = [str(word) for word in (target.get("container") or {}).get("args") or ()]
        constant = words[words.index("--flow") + 1] if "--flow" in words[:-1] else ""
        named = given.get("flow") or ("" if "{{" in constant else constant) or flow or _flow_of(template)
        layer = given.get("layer", "")
        yield _Task(
            where, named, layer if layer and "{{" not in layer and "gate" not in target.get("name", "") else task["name"], loops
        )


def _flow_of(template: str) -> str:
    """Return the flow that a DAG template is of: the parts of a wide flow, and links between flows, are none."""
    return "" if template == "main" or re.match(r"part-[0-9]+$", template) else template


def _groups(node: Mapping[str, Any]) -> str:
    found = GROUPS.search(str(node.get("name", "")))
    return found[1] if found else ""


def _layer(workflow: Mapping[str, Any], task: _Task, nodes: Sequence[Mapping[str, Any]], *, ended: bool) -> LayerProgress:
    attempts: dict[int | None, list[Attempt]] = {}
    phases: dict[int | None, str] = {}
    whole, message = "", ""
    for node in nodes:
        groups, kind = _groups(node), node.get("type")
        item = ITEM.search(groups)
        index = int(item[1]) if item else None
        if kind == "Pod":
            attempts.setdefault(index, []).append(_attempt(workflow, node))
            phases.setdefault(index, str(node.get("phase")))
        if kind == "Retry":
            phases[index] = str(node.get("phase"))
        if not groups:
            whole, message = str(node.get("phase", "")), cause(str(node.get("message") or ""))
    splits = tuple(
        _split(index, phases, sorted(found, key=lambda one: one.number))
        for index, found in sorted(attempts.items(), key=lambda pair: -1 if pair[0] is None else pair[0])
    )
    phase = _phase(whole, splits) if nodes else ("Omitted" if ended else WAITING)
    return LayerProgress(
        task.flow, task.layer, phase, splits, message if phase in ("Skipped", "Omitted", *FAILED) else "", task.loops
    )


def _attempt(workflow: Mapping[str, Any], node: Mapping[str, Any]) -> Attempt:
    number = ATTEMPT.search(_groups(node))
    code = str((node.get("outputs") or {}).get("exitCode", ""))
    phase = str(node.get("phase") or "Pending")
    return Attempt(
        number=int(number[1]) + 1 if number else 1,
        phase=phase,
        cause=cause(str(node.get("message") or ""), code) if phase != "Succeeded" else "",
        pod=pod_name(workflow, node),
        started=epoch(node.get("startedAt")),
        finished=epoch(node.get("finishedAt")),
    )


def _split(index: int | None, phases: Mapping[int | None, str], attempts: Sequence[Attempt]) -> Split:
    """Return a split; a retry is Running while its next attempt is Pending."""
    phase = phases.get(index, "Pending")
    if phase == "Running" and attempts and attempts[-1].phase == "Pending":
        phase = "Pending"
    return Split(index, phase, tuple(attempts))


def _phase(whole: str, splits: Sequence[Split]) -> str:
    if whole in ("", "Running") and splits and all(split.phase == "Pending" for split in splits):
        return "Pending"
    return whole or (splits[-1].phase if splits else "Running")


def with_pods(run: Progress, pods: Sequence[Mapping[str, Any]], warnings: Mapping[str, Sequence[Mapping[str, Any]]]) -> Progress:
    """Return a run whose attempts have the reasons why they wait, from pods and events where the nodes have none."""
    known = {str(pod["metadata"]["name"]): pod for pod in pods}

    def better(one: Attempt) -> Attempt:
        if one.pod not in known or one.phase == "Succeeded":
            return one
        said = pod_cause(known[one.pod], warnings.get(one.pod, ()))
        return replace(one, cause=said) if said and (one.cause in ("", "starting") or one.phase == "Pending") else one

    layers = tuple(
        replace(
            layer,
            splits=tuple(replace(split, attempts=tuple(better(one) for one in split.attempts)) for split in layer.splits),
        )
        for layer in run.layers
    )
    return replace(run, layers=layers)
