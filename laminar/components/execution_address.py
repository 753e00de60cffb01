"""Find the id of the execution that a program names, by the words that name one on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laminar.components import runtime
from laminar.program import main_module, process_state, recording

if TYPE_CHECKING:
    from laminar.components.flow import Flow

__all__ = ["named_execution"]


def named_execution(flow: Flow, words: str | None) -> str | None:
    """Return the id of the execution that words name, the words themselves where they may be the id of a new one.

    The datastore is searched first, then the cluster where the flow's calls are submitted: a run is there before it has documents.
    An id that a user chose is never completed: ``exp-1`` is a new execution, also where ``exp-10`` exists. Workers and
    recordings, which are given whole ids, look nothing up.

    Raises ExecutionError for ``latest`` where there is none, and for words that fit several executions.
    """
    if not isinstance(words, str) or not words or process_state.is_worker() or recording.active() is not None:
        return words
    from laminar.history import address, identifier

    if identifier.is_generated(words):
        return words
    shelf = address.FlowShelf(flow.name, flow.configuration.datastore)
    if words != address.LATEST and shelf.has(words):
        return words
    program = main_module.current() if main_module.is_of_program(type(flow)) else None
    found = None
    if shelf.has_any or (words == address.LATEST and not runtime.current().is_remote(flow)):
        found = address.completed(shelf, words, program=program.path if program is not None else None)
    return found or runtime.current().id_on_cluster(flow, words) or words
