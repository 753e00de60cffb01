"""Change a workflow's object as the Argo server does for retry, resume and resubmit (workflow/util/util.go, 4.1.2)."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from laminar.compiler.cluster.nodes import nodes_of, pod_name, timestamp
from laminar.exceptions import ClusterError

__all__ = ["check_failed", "has_suspended_node", "resubmitted", "resumed", "retried"]

Object = dict[str, Any]

COMPLETED = "workflows.argoproj.io/completed"
ARCHIVING = "workflows.argoproj.io/workflow-archiving-status"
FAILED = ("Failed", "Error")
EXECUTED = ("Pod", "Container", "HTTP", "Plugin")
"""Types of nodes that execute something."""

GROUPS = ("Retry", "TaskGroup", "StepGroup")
"""Types of nodes between a node and the DAG or steps that it belongs to."""


def retried(workflow: Mapping[str, Any], now: float) -> tuple[Object, tuple[str, ...]]:
    """Return a failed workflow whose failed nodes run again, and the names of their pods, which have to go first.

    Removed are nodes that failed, and all nodes below them; the groups above them are Running again (FormulateRetryWorkflow in
    workflow/util/util.go, 4.1.2). A failed node below which one has succeeded is kept: the workflow continued without it.
    A node that failed without a pod, as one whose argument could not be made, is removed too; the Argo server keeps it.

    Raises ClusterError for a workflow that has not failed.
    """
    check_failed(workflow)
    nodes, name = nodes_of(workflow), str(workflow["metadata"]["name"])
    above = _parents(nodes)
    gone = _removed(nodes, above, name)
    pods = tuple(sorted(pod_name(workflow, nodes[id]) for id in gone if nodes[id].get("type") == "Pod"))
    again = {id for one in gone for id in _groups_above(one, nodes, above)} - gone
    kept = {id: _reset(node, now) if id in again else copy.deepcopy(node) for id, node in nodes.items() if id not in gone}
    for node in kept.values():
        _drop_missing(node, kept)
    return _restarted(workflow, kept, now), pods


def check_failed(workflow: Mapping[str, Any]) -> None:
    """Raise ClusterError for a workflow that has not failed: it has no node to retry."""
    phase, name = (workflow.get("status") or {}).get("phase"), workflow["metadata"]["name"]
    if phase in FAILED:
        return
    if phase == "Succeeded":
        raise ClusterError(f"Workflow {name} has succeeded.", fix=f"laminar resubmit {name} runs it once more.", code=1)
    raise ClusterError(
        f"Workflow {name} has not failed: it is {(phase or 'Pending').lower()}.", fix="retry a workflow that has failed.", code=1
    )


def _restarted(workflow: Mapping[str, Any], nodes: Mapping[str, Object], now: float) -> Object:
    """Return a workflow that is under way again, with these nodes."""
    made = copy.deepcopy(dict(workflow))
    for label in (COMPLETED, ARCHIVING):
        (made["metadata"].get("labels") or {}).pop(label, None)
    made["spec"].pop("shutdown", None)
    if made["spec"].get("activeDeadlineSeconds") == 0:  # an old version of Argo terminated it by this field
        del made["spec"]["activeDeadlineSeconds"]
    status = made["status"]
    (status.get("storedWorkflowTemplateSpec") or {}).pop("shutdown", None)
    for field in ("phase", "message", "finishedAt", "compressedNodes", "persistentVolumeClaims"):
        status.pop(field, None)
    status.update(startedAt=timestamp(now), nodes=dict(nodes))
    ended = [one for one in status.get("conditions") or () if one.get("type") != "Completed"]
    status["conditions"] = [*ended, {"type": "Completed", "status": "False"}]
    return made


def _parents(nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the nodes that each node is a child of: its group, and the nodes that it has waited for."""
    found: dict[str, list[str]] = {}
    for id, node in nodes.items():
        for child in node.get("children") or ():
            found.setdefault(child, []).append(id)
    return found


def _removed(nodes: Mapping[str, Mapping[str, Any]], above: Mapping[str, list[str]], name: str) -> set[str]:
    """Return the nodes that run again, and those of the exit handler, which will run again too."""
    found = {id for id, node in nodes.items() if str(node.get("name", "")).startswith(f"{name}.onExit")}
    for id, node in nodes.items():
        if node.get("phase") not in FAILED or not (node.get("type") in EXECUTED or _is_without_pod(id, node, name)):
            continue
        retry = _retry_of(id, nodes, above)
        if not any(nodes[one].get("phase") == "Succeeded" for one in _below(retry or id, nodes)):
            found |= {id, *_below(id, nodes)}
    return found


def _is_without_pod(id: str, node: Mapping[str, Any], name: str) -> bool:
    """Return whether a node failed before it had a pod: one that is skipped in error, or a group without children."""
    return node.get("type") == "Skipped" or (id != name and node.get("type") in GROUPS and not node.get("children"))


def _retry_of(id: str, nodes: Mapping[str, Mapping[str, Any]], above: Mapping[str, list[str]]) -> str | None:
    """Return the retry that a node is an attempt of."""
    if not (nodes[id].get("nodeFlag") or {}).get("retried"):
        return None
    return next((one for one in above.get(id, ()) if nodes[one].get("type") == "Retry"), None)


def _below(id: str, nodes: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the nodes below one: its parts, and the nodes that have waited for it."""
    found: set[str] = set()
    stack = [id]
    while stack:
        for child in nodes[stack.pop()].get("children") or ():
            if child in nodes and child not in found:
                found.add(child)
                stack.append(child)
    return found


def _groups_above(id: str, nodes: Mapping[str, Mapping[str, Any]], above: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the groups that a node is a part of: its retry, its loop, its DAG or steps, and those that these are a part of."""
    seen: set[str] = set()
    current: str | None = id
    while current is not None and current not in seen:
        seen.add(current)
        part = current
        while group := next((one for one in above.get(part, ()) if _is_group_of(nodes[one], nodes[part])), None):
            yield group
            part = group
        boundary = nodes[part].get("boundaryID") or nodes[current].get("boundaryID")
        current = boundary if boundary in nodes else None
        if current is not None:
            yield current


def _is_group_of(group: Mapping[str, Any], node: Mapping[str, Any]) -> bool:
    """Return whether a node is an iteration or an attempt of a group, rather than a task that has waited for it."""
    part = "." if group.get("type") == "StepGroup" else "("
    return group.get("type") in GROUPS and str(node.get("name", "")).startswith(f"{group.get('name')}{part}")


def _reset(node: Mapping[str, Any], now: float) -> Object:
    """Return a group that is under way again; a skipped one stays so."""
    made = copy.deepcopy(dict(node))
    if made.get("phase") != "Skipped":
        made["phase"] = "Running"
    made["startedAt"] = timestamp(now)
    made.pop("finishedAt", None)
    made.pop("message", None)
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
    """Return a workflow that continues: not suspended, and the nodes that wait have succeeded."""
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
    """Return whether a label or annotation is of one run: its creator, its phase; titles and descriptions stay."""
    return key.startswith("workflows.argoproj.io/") and not key.endswith(("/title", "/description", "/workflow-template"))
