"""Change a workflow's object as the Argo server does for retry, resume and resubmit (workflow/util/util.go, 4.1.2)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from laminar.compiler.cluster.nodes import nodes_of, pod_name, timestamp
from laminar.exceptions import ClusterError

__all__ = ["has_suspended_node", "resubmitted", "resumed", "retried"]

Object = dict[str, Any]

COMPLETED = "workflows.argoproj.io/completed"
PHASE = "workflows.argoproj.io/phase"
FAILED = ("Failed", "Error", "Omitted")
"""Phases of nodes that run again; Omitted is what a failure kept from running."""


def retried(workflow: Mapping[str, Any], now: float) -> tuple[Object, tuple[str, ...]]:
    """Return a failed workflow whose failed nodes run again, and the names of their pods, which have to go first.

    Succeeded and skipped nodes stay. Groups with a failed node below them are Running again; failed pods, omitted nodes and
    groups that nothing is left of are removed.

    Raises ClusterError for a workflow that has not failed.
    """
    phase, name = (workflow.get("status") or {}).get("phase"), workflow["metadata"]["name"]
    if phase not in ("Failed", "Error"):
        said = (
            "has succeeded: `laminar resubmit` runs it once more"
            if phase == "Succeeded"
            else f"is {phase or 'Pending'}, not Failed"
        )
        raise ClusterError(f"Workflow {name} {said}.", fix="retry a workflow that has failed.", code=1)
    nodes = nodes_of(workflow)
    removed = {id for id, node in nodes.items() if node.get("type") in ("Pod", "Skipped") and node.get("phase") in FAILED}
    removed |= _attempts(nodes)
    pods = tuple(sorted(pod_name(workflow, nodes[id]) for id in removed if nodes[id].get("type") == "Pod"))
    kept = {id: _reset(node, now) for id, node in nodes.items() if id not in removed and not _is_failed_group(id, node, name)}
    for node in kept.values():
        _drop_missing(node, kept)
    reset = copy.deepcopy(dict(workflow))
    reset["metadata"].get("labels", {}).pop(COMPLETED, None)
    reset["spec"].pop("shutdown", None)
    reset["spec"].pop("suspend", None)
    status = reset["status"]
    for gone in ("phase", "message", "finishedAt", "compressedNodes"):
        status.pop(gone, None)
    status.update(startedAt=timestamp(now), nodes=kept)
    status["conditions"] = [
        {**one, "status": "False"} if one.get("type") == "Completed" else one for one in status.get("conditions") or ()
    ]
    return reset, pods


def _attempts(nodes: Mapping[str, Object]) -> set[str]:
    """Return the attempts below retries that failed: the retry counts from zero again."""
    retries = [node for node in nodes.values() if node.get("type") == "Retry" and node.get("phase") in FAILED]
    return {
        child
        for node in retries
        for child in node.get("children") or ()
        if child in nodes and (nodes[child].get("nodeFlag") or {}).get("retried")
    }


def _is_failed_group(id: str, node: Mapping[str, Any], name: str) -> bool:
    """Return whether a node is a group that starts again from nothing: a retry, or a loop that made no iteration."""
    if id == name or node.get("phase") not in FAILED:
        return False
    return node.get("type") == "Retry" or (node.get("type") == "TaskGroup" and not node.get("children"))


def _reset(node: Mapping[str, Any], now: float) -> Object:
    """Return a node that is kept: Running where it had failed."""
    made = copy.deepcopy(dict(node))
    if made.get("phase") in FAILED:
        made.update(phase="Running", startedAt=timestamp(now))
        for gone in ("finishedAt", "message", "outputs", "outboundNodes"):
            made.pop(gone, None)
    return made


def _drop_missing(node: Object, kept: Mapping[str, Any]) -> None:
    for field in ("children", "outboundNodes"):
        if field in node:
            node[field] = [id for id in node[field] if id in kept]
            if not node[field]:
                del node[field]


def has_suspended_node(workflow: Mapping[str, Any]) -> bool:
    """Return whether a workflow waits in a template of kind suspend."""
    return any(node.get("type") == "Suspend" and node.get("phase") == "Running" for node in nodes_of(workflow).values())


def resumed(workflow: Mapping[str, Any], now: float) -> Object:
    """Return a workflow that goes on: not suspended, and the nodes that wait have succeeded."""
    made = copy.deepcopy(dict(workflow))
    made["spec"].pop("suspend", None)
    nodes = nodes_of(workflow)
    for node in nodes.values():
        if node.get("type") == "Suspend" and node.get("phase") == "Running":
            node.update(phase="Succeeded", finishedAt=timestamp(now))
    made["status"].pop("compressedNodes", None)
    made["status"]["nodes"] = nodes
    return made


def resubmitted(workflow: Mapping[str, Any]) -> Object:
    """Return a new workflow of the same spec; its nodes, and so its execution, are new."""
    metadata = workflow["metadata"]
    name = str(metadata["name"])
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if not _is_argos(key)}
    labels["workflows.argoproj.io/resubmitted-from-workflow"] = name
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if not _is_argos(key)}
    spec = {key: value for key, value in workflow["spec"].items() if key not in ("shutdown", "suspend")}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "generateName": metadata.get("generateName") or f"{name[:57]}-",
            "labels": labels,
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": copy.deepcopy(spec),
    }


def _is_argos(key: str) -> bool:
    """Return whether a label or annotation is of one run: who made it, how it goes; titles and descriptions stay."""
    return key.startswith("workflows.argoproj.io/") and not key.endswith(("/title", "/description", "/workflow-template"))
