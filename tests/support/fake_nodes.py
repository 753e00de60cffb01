"""Make the nodes and pods of a fake cluster's workflows: names, ids, templates, as Argo makes them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from laminar.compiler.rehearsal import Outcome, Pod

Object = dict[str, Any]


def digest(name: str) -> int:
    """Return FNV-1a of 32 bits, which ends the ids of nodes."""
    value = 2166136261
    for byte in name.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def parent_of(name: str) -> tuple[str, str]:
    """Return the name of the node above one, and that node's type."""
    for pattern, kind in ((r"\([0-9]+\)$", "Retry"), (r"\([0-9]+:[^()]*\)$", "TaskGroup"), (r"\.[^.]+$", "DAG")):
        above = re.sub(pattern, "", name)
        if above != name:
            return above, kind
    return "", ""


def part_id(root: str, name: str) -> str:
    return root if name == root else f"{root}-{digest(name)}"


def ancestors(name: str) -> Iterator[str]:
    while name:
        name, _ = parent_of(name)
        if name:
            yield name


def template_of(spec: Mapping[str, Any], name: str) -> str:
    """Return the template of a node: the entrypoint's tasks are followed."""
    templates = {template["name"]: template for template in spec["templates"]}
    current = spec["entrypoint"]
    for part in re.sub(r"\([^()]*\)", "", name).split(".")[1:]:
        tasks = templates[current].get("dag", {}).get("tasks", [])
        current = next((task["template"] for task in tasks if task["name"] == part), current)
    return str(current)


def inputs_of(pod: Pod) -> dict[str, str]:
    """Return the parameters of a pod of laminar's from its arguments."""
    words = pod.args
    given = {name: words[words.index(f"--{name}") + 1] for name in ("layer", "index", "flow") if f"--{name}" in words}
    return given


def end_retry(nodes: Mapping[str, Object], pod: Mapping[str, Any]) -> None:
    """End the retry above a pod that has succeeded."""
    above, kind = parent_of(pod["name"])
    for node in nodes.values() if kind == "Retry" and pod["phase"] == "Succeeded" else ():
        if node["name"] == above:
            node.update(phase="Succeeded", finishedAt=pod["finishedAt"])


def end_groups(nodes: Mapping[str, Object], name: str, now: str) -> None:
    """End the loops that a new pod has waited for: those, but its own, all of whose iterations have succeeded."""
    for node in nodes.values():
        if node["type"] != "TaskGroup" or node["phase"] != "Running" or name.startswith(f"{node['name']}("):
            continue
        phases = {nodes[child]["phase"] for child in node.get("children", ())}
        if phases == {"Succeeded"}:
            node.update(phase="Succeeded", finishedAt=now)


def pod_object(name: str, workflow: str, node: Mapping[str, Any], image: str) -> Object:
    return {
        "metadata": {
            "name": name,
            "labels": {"workflows.argoproj.io/workflow": workflow, "workflows.argoproj.io/completed": "false"},
            "annotations": {"workflows.argoproj.io/node-id": node["id"], "workflows.argoproj.io/node-name": node["name"]},
        },
        "spec": {"containers": [{"name": "wait"}, {"name": "main", "image": image}]},
        "status": {
            "phase": "Pending",
            "containerStatuses": [{"name": "main", "state": {"waiting": {"reason": "PodInitializing"}}}],
        },
    }


def terminated(outcome: Outcome) -> list[Object]:
    reason = "Completed" if outcome.code == 0 else "OOMKilled" if "OOMKilled" in outcome.error else "Error"
    return [
        {
            "name": "main",
            "imageID": "registry.example/image@sha256:1",
            "state": {"terminated": {"exitCode": outcome.code, "reason": reason}},
        }
    ]


def merged(below: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    made = dict(below) if isinstance(below, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merged(made.get(key), value)
    return made
