"""Describe an execution for its record: the program that it is of, its arguments and parameters, its layers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.execution_record import (
    ExecutionRecord,
    LayerShape,
    Session,
    load_execution,
    save_execution,
)
from laminar.exceptions import DatastoreError
from laminar.graph import PARAMETERS
from laminar.history.history_setting import is_kept
from laminar.history.secret_names import is_secret
from laminar.program import main_module
from laminar.timestamps import now
from laminar.worker.document_stamp import program_digest

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import Artifact
    from laminar.program.main_module import Program

__all__ = ["facts", "resume_in_pods", "save_of_pods", "workflow_name"]

LONGEST = 200
"""Characters of a parameter that the record shows."""


def facts(
    execution: Execution, parameters: Mapping[str, Artifact], *, program: Program | None = None, workflow: str = ""
) -> ExecutionRecord:
    """Return the record of an execution before any session; its program is that of this process unless one is given."""
    assert execution.id is not None
    program = program or main_module.current()
    nodes = execution.flow.nodes
    return ExecutionRecord(
        flow=execution.flow.name,
        execution=execution.id,
        program=program_digest(),
        file=os.path.realpath(program.path) if program is not None else "",
        given=_given(program) if program is not None else "",
        folder=_folder(),
        arguments=program.args if program is not None else (),
        parameters={name: shown(name, artifact) for name, artifact in sorted(parameters.items())},
        layers=tuple(
            LayerShape(name, tuple(need for need in node.needs if need != PARAMETERS), node.entry, node.grid is not None)
            for name, node in nodes.items()
            if name != PARAMETERS
        ),
        workflow=workflow,
    )


def save_of_pods(execution: Execution, parameters: Mapping[str, Artifact], program: Program) -> None:
    """Write the record of an execution in pods, of which this is the first one, unless another process keeps its history.

    A datastore that cannot be written does not stop the pod: its next write reports it.
    """
    if not is_kept():
        return
    session = _session_of_pods()
    record = facts(execution, parameters, program=program, workflow=session.workflow).with_session(session)
    with suppress(DatastoreError):
        save_execution(execution.flow.configuration.datastore, record)


def resume_in_pods(execution: Execution, parameters: Mapping[str, Artifact], program: Program) -> None:
    """Add the session of this workflow to the record of an execution that it resumes, unless an earlier pod has added it.

    A datastore that cannot be written does not stop the pod, as in `save_of_pods`.
    """
    if not is_kept():
        return
    assert execution.id is not None
    store, session = execution.flow.configuration.datastore, _session_of_pods()
    with suppress(DatastoreError):
        before = load_execution(store, execution.flow.name, execution.id)
        if before is not None and any(one.id == session.id for one in before.sessions):
            return
        record = facts(execution, parameters, program=program, workflow=session.workflow)
        if before is not None:
            record = replace(record, sessions=before.sessions, workflow=session.workflow or before.workflow)
        save_execution(store, record.with_session(session))


def _session_of_pods() -> Session:
    """Return the session of this pod's workflow; without a workflow's name the pod is a separate session."""
    workflow, host = workflow_name(), os.uname().nodename
    return Session(id=workflow or host, action="pods", started=now(), host=host, workflow=workflow)


def workflow_name(environ: Mapping[str, str] = os.environ) -> str:
    """Return the name of the workflow that a pod is of, "" outside one.

    Argo sets ``ARGO_WORKFLOW_NAME`` in newer versions, and ``ARGO_NODE_ID``, which is the name and a digest of the node, in all:
    workflow/controller/workflowpod.go and pkg/apis/workflow/v1alpha1/workflow_types.go (NodeID).

    >>> workflow_name({"ARGO_NODE_ID": "train-x7k2f-3415929187"}), workflow_name({})
    ('train-x7k2f', '')
    """
    return environ.get("ARGO_WORKFLOW_NAME") or environ.get("ARGO_NODE_ID", "").rpartition("-")[0]


def _given(program: Program) -> str:
    """Return the name of a program on the command line."""
    if program.package is not None and not program.given:
        name = os.path.splitext(os.path.basename(program.path))[0]
        return "-m " + (program.package if name == "__main__" else f"{program.package}.{name}")
    return program.given or program.shown


def _folder() -> str:
    """Return the working folder, "" where it was deleted."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def shown(name: str, artifact: Artifact) -> str:
    """Return a parameter's value as a short text: JSON where it is some, "***" where the name is that of a secret."""
    if is_secret(name):
        return "***"
    if artifact.json is not None:
        return artifact.json if len(artifact.json) <= LONGEST else artifact.json[:LONGEST] + "..."
    return f"{artifact.length} elements" if artifact.sharded else f"{artifact.size} bytes"
