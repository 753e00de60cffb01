"""Find the executions that a word of the command line names: an id, a workflow's name, the beginning of either, or latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laminar.cli.stored_execution import StoredExecution
from laminar.cli.workflow_name import executions_of
from laminar.exceptions import ExecutionError

if TYPE_CHECKING:
    from laminar.cli.datastore_choice import StoredFlow

__all__ = ["find"]


def find(flows: list[StoredFlow], wanted: str) -> list[StoredExecution]:
    """Return the executions of an id, which the flows of a chain share, of the beginning of an id, or the newest.

    Raises ExecutionError where there is none, or the beginning fits several.
    """
    known = {(flow.name, id): flow for flow in flows for id in flow.store.executions(flow.name)}
    ids = list(dict.fromkeys(id for _, id in known))
    if wanted == "latest" and "latest" not in ids and ids:
        first = [id for name, id in known if name == flows[0].name] or ids
        wanted = first[-1]
    fitting = [wanted] if wanted in ids else [id for id in ids if id.startswith(wanted)]
    fitting = fitting or executions_of(flows, wanted)
    if len(fitting) != 1:
        places = ", ".join(dict.fromkeys(flow.store.url for flow in flows))
        what = f"Several executions begin with {wanted!r}." if fitting else f"There is no execution {wanted!r} in {places}."
        shown = ", ".join((fitting or ids)[-5:][::-1]) or "none yet"
        raise ExecutionError(what, fix=f"the newest are: {shown}.")
    return [StoredExecution(flow, id) for (_, id), flow in known.items() if id == fitting[0]]
