"""Find the executions of a cluster's workflows by the workflow's name: their documents have the names of its pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from laminar.exceptions import ClusterError, DatastoreError, FlowError
from laminar.graph import PARAMETERS

if TYPE_CHECKING:
    from laminar.cli.datastore_choice import StoredFlow

__all__ = ["executions_of"]

LOOKED_AT = 100
"""Executions whose documents are read, the newest: each takes a few requests."""

PATIENCE = 5.0
"""Seconds for the cluster's answer: results are read without a cluster as well."""

HOST = 63
"""Characters of a pod's name that become its host's (kubelet, pkg/kubelet/util/util.go: GeneratePodHostNameAndDomain)."""


def executions_of(flows: Sequence[StoredFlow], words: str, *, connect: bool = True) -> list[str]:
    """Return the ids of the executions of a workflow, by its name or a beginning of that: datastore first, then the cluster."""
    if not words:
        return []
    found = {id: host for flow in flows for id in flow.store.executions(flow.name)[-LOOKED_AT:] for host in _hosts(flow, id)}
    exact = [id for id, host in found.items() if host.startswith(f"{words}-"[:HOST])]
    fitting = list(dict.fromkeys(exact or [id for id, host in found.items() if host.startswith(words)]))
    return fitting or (_of_cluster(flows, words) if connect else [])


def _hosts(flow: StoredFlow, id: str) -> Iterator[str]:
    """Yield the host of an execution's first document; `results` reports damaged ones."""
    try:
        for layer in flow.store.layers(flow.name, id):
            record = flow.store.load(flow.name, id, layer, 0)
            if record is not None and record.host and layer != PARAMETERS:
                yield record.host
                return
    except DatastoreError:
        return


def _of_cluster(flows: Sequence[StoredFlow], words: str) -> list[str]:
    """Return the execution of a workflow that the cluster still has; nothing where there is no cluster, or no such workflow."""
    from pathlib import Path

    from laminar.compiler import project
    from laminar.compiler.cluster.connection import Choice, connect
    from laminar.compiler.cluster.progress import execution_of
    from laminar.compiler.cluster.run_address import find

    try:
        transport = connect(Choice(timeout=PATIENCE), project.find(Path.cwd() / "none"))
        execution = execution_of(transport.get("Workflow", find(transport, words)))
    except (ClusterError, FlowError):
        return []
    return [execution] if any(execution in flow.store.executions(flow.name) for flow in flows) else []
