"""Find the run that the words of a command line name: in a workflow of a cluster, or in a datastore alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from laminar.exceptions import ClusterError, DatastoreError, ExecutionError, FlowError, LaminarError
from laminar.timestamps import since_epoch

if TYPE_CHECKING:
    from laminar.cli.options.cluster import Cluster
    from laminar.cli.options.run_words import RunChoice
    from laminar.compiler.cluster.transport import Transport
    from laminar.history.stored_run import Run

__all__ = ["WorkflowRun", "place"]

LATEST = "latest"


@dataclass(frozen=True)
class WorkflowRun:
    """A workflow on a cluster, by its name."""

    transport: Transport
    name: str


def place(chosen: RunChoice, cluster: Cluster) -> WorkflowRun | Run:
    """Return the run that words name. The datastore is searched first, then the cluster; ``latest`` is the newest of both.

    Raises ClusterError or ExecutionError where nothing, or several, fit.
    """
    if cluster.is_named:
        return _workflow(chosen, cluster, chosen.address)
    try:
        stored = chosen.runs()[0]
    except (DatastoreError, ExecutionError, FlowError) as error:
        return _of_cluster_alone(chosen, cluster, error)
    if not stored.in_pods and chosen.address != LATEST:
        return stored
    try:
        found = _workflow(chosen, cluster, stored.workflow if stored.in_pods and chosen.address != LATEST else chosen.address)
    except ClusterError:
        return stored
    return stored if _is_newer(stored, found) else found


def _of_cluster_alone(chosen: RunChoice, cluster: Cluster, error: LaminarError) -> WorkflowRun:
    """Return the workflow that words name; where there is none either, the error lists both places."""
    try:
        return _workflow(chosen, cluster, chosen.address)
    except ClusterError as problem:
        if isinstance(error, ExecutionError) and problem.exit_code == 1:
            raise ExecutionError(f"{error.what} Nor is it on a cluster: {problem.what}", fix=error.fix) from problem
        raise


def _workflow(chosen: RunChoice, cluster: Cluster, words: str) -> WorkflowRun:
    from laminar.compiler.cluster.run_address import find

    transport = cluster.connect(chosen.program)
    return WorkflowRun(transport, find(transport, words, flow=chosen.datastore.flow))


def _is_newer(stored: Run, found: WorkflowRun) -> bool:
    """Return whether a run of this machine began after a workflow was created."""
    if stored.in_pods or not stored.started:
        return False
    created = found.transport.get("Workflow", found.name)["metadata"].get("creationTimestamp")
    return not created or since_epoch(stored.started) > since_epoch(str(created))
