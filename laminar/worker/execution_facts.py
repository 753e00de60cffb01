"""Describe an execution for its record: the program that it is of, its arguments and parameters, its layers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, LayerShape
from laminar.graph import PARAMETERS
from laminar.history.secret_names import is_secret
from laminar.program import main_module
from laminar.worker.document_stamp import program_digest

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import Artifact
    from laminar.program.main_module import Program

__all__ = ["facts"]

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


def _given(program: Program) -> str:
    """Return how the command line names a program."""
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
