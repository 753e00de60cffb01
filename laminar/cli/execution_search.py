"""Find the executions that a word of the command line names: an id, a workflow's name, the beginning of either, or latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laminar.cli.stored_execution import StoredExecution
from laminar.cli.workflow_name import executions_of
from laminar.history import address

if TYPE_CHECKING:
    from laminar.cli.datastore_choice import StoredFlow

__all__ = ["find"]


def find(flows: list[StoredFlow], wanted: str, *, program: str | None = None) -> list[StoredExecution]:
    """Return the executions of an id, which the flows of a chain share, of the beginning of an id, or the newest.

    ``program`` restricts ``latest`` to the executions of a file.

    Raises ExecutionError where there is none, or the beginning fits several.
    """
    found = address.search(flows, wanted, program=program, elsewhere=lambda: executions_of(flows, wanted))
    shelves = {(flow.name, id(flow.store)): flow for flow in flows}
    return [StoredExecution(shelves[run.flow, id(run.store)], run.id) for run in found]
