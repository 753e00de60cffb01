"""Read a workflow's nodes as Argo stores them: plain, or compressed where they are many."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from laminar.exceptions import ClusterError

__all__ = ["epoch", "nodes_of", "pod_name", "timestamp"]

Node = dict[str, Any]


def nodes_of(workflow: Mapping[str, Any]) -> dict[str, Node]:
    """Return a workflow's nodes by their ids.

    Argo compresses them beyond 1 MiB, and offloads them to a database where it has one (workflow/hydrator, 4.1.2).

    Raises ClusterError where they are in a database: only the Argo server can read that.
    """
    status = workflow.get("status") or {}
    if status.get("compressedNodes"):
        found: dict[str, Node] = json.loads(gzip.decompress(base64.b64decode(status["compressedNodes"])))
        return found
    if status.get("offloadNodeStatusVersion") and not status.get("nodes"):
        name = workflow["metadata"]["name"]
        raise ClusterError(
            f"The nodes of Workflow {name} are in Argo's database.",
            fix="reach the cluster through its Argo server: ARGO_SERVER.",
            code=1,
        )
    return dict(status.get("nodes") or {})


def pod_name(workflow: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """Return the name of a node's pod (workflow/util/pod_name.go, 4.1.2): the workflow's, the template's and the node's hash.

    >>> workflow = {"metadata": {"name": "train-x7k2f"}}
    >>> pod_name(workflow, {"id": "train-x7k2f-1443140988", "name": "train-x7k2f.Report(0)", "templateName": "layer"})
    'train-x7k2f-layer-1443140988'
    """
    metadata = workflow["metadata"]
    name, id = str(metadata["name"]), str(node["id"])
    version = (metadata.get("annotations") or {}).get("workflows.argoproj.io/pod-name-format", "v2")
    if version == "v1" or node.get("name") == name:
        return id
    template = node.get("templateName") or (node.get("templateRef") or {}).get("template") or ""
    prefix = f"{name}-{template}" if template else name
    return f"{prefix[:242]}-{id.rpartition('-')[2]}"  # Kubernetes allows 253 characters, the hash has 10


def epoch(text: Any) -> float | None:
    """Return a time of Kubernetes' in seconds since the epoch, None where there is none.

    >>> epoch("1970-01-01T00:01:00Z"), epoch(None)
    (60.0, None)
    """
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp() if text else None
    except ValueError:
        return None


def timestamp(seconds: float) -> str:
    """Return a time as Kubernetes writes it.

    >>> timestamp(60)
    '1970-01-01T00:01:00Z'
    """
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
