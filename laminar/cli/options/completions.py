"""Complete flows, executions, layers, artifacts and parameters in a shell, without executing a program.

A shell calls these functions while a user types. They print nothing and return no completions after an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from laminar.graph import PARAMETERS
from laminar.history.identifier import short

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from laminar.cli.datastore_choice import StoredFlow
    from laminar.cli.stored_execution import StoredExecution

__all__ = ["artifacts", "executions", "flow_names", "layers", "parameters", "program_layers", "programs_and_flows", "states"]

MOST = 50
"""Executions that are offered, the newest first."""

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def _completing(values: Callable[[click.Context], Iterable[str]]) -> Complete:
    """Return a completion function of those values that begin with the typed text."""

    def complete(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
        """Return the values that begin with the typed text."""
        from click.shell_completion import CompletionItem

        with suppress(Exception):
            return [CompletionItem(value) for value in dict.fromkeys(values(context)) if value.startswith(typed)]
        return []

    return complete


def _flows(context: click.Context) -> list[StoredFlow]:
    """Return the flows that the words so far name."""
    from laminar.cli.datastore_choice import DatastoreChoice, is_flow_name

    given: dict[str, Any] = context.params
    program, flow = given.get("program") or given.get("files"), given.get("flow")
    if program is not None and is_flow_name(program):
        program, flow = None, program
    return DatastoreChoice(program, flow, given.get("datastore")).flows()


def _program_layers(context: click.Context) -> Iterator[str]:
    """Yield the layers of the program, as its source has them."""
    from laminar.program import outline

    for flow in outline.read(context.params["files"]).flows.values():
        yield from (name for name in flow.layers if name != PARAMETERS)


def _states(context: click.Context) -> Iterator[str]:
    from laminar.history.state import STATES

    yield from STATES


def _flow_names(context: click.Context) -> Iterator[str]:
    if context.params.get("files"):
        from laminar.program import outline

        yield from (flow.name for flow in outline.read(context.params["files"]).flows.values())
    else:
        yield from (flow.name for flow in _flows(context))


def _execution_ids(context: click.Context) -> Iterator[str]:
    for flow in _flows(context):
        yield from flow.store.executions(flow.name)[::-1][:MOST]


def _shown_ids(context: click.Context) -> Iterator[str]:
    yield "latest"
    yield from map(short, _execution_ids(context))


def _executions(context: click.Context) -> list[StoredExecution]:
    from laminar.cli.execution_search import find

    return find(_flows(context), context.params["execution"])


def _layers(context: click.Context) -> Iterator[str]:
    for execution in _executions(context):
        yield from execution.layers()


def _artifacts(context: click.Context) -> Iterator[str]:
    for execution in _executions(context):
        if context.params["layer"] in execution.layers():
            yield from execution.names(context.params["layer"])


def _parameters(context: click.Context) -> Iterator[str]:
    """Yield the parameters that the program's flows declare or are called with, each with the = that a value follows."""
    from laminar.program import call_sites, outline

    found = outline.read(context.params["files"])
    for flow in found.flows.values():
        yield from (f"{name}=" for name in flow.parameters)
    for call in call_sites.calls(found):
        yield from (f"{keyword.arg}=" for keyword in call.keywords if keyword.arg not in (None, "execution"))


def _programs_and_flows(context: click.Context) -> Iterator[str]:
    with suppress(Exception):
        yield from (flow.name for flow in _flows(context))


def programs_and_flows(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the flows in the datastore, or let the shell complete files where it has none that fit."""
    from click.shell_completion import CompletionItem

    found = _completing(_programs_and_flows)(context, parameter, typed)
    files = [CompletionItem(name) for name in sorted(os.listdir(".")) if name.endswith(".py") and name.startswith(typed)]
    return [*found, *files] if os.sep not in typed else [CompletionItem(typed, type="file")]


def executions(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the executions by their short ids; whole ids where the typed text begins only those."""
    return _completing(_shown_ids)(context, parameter, typed) or _completing(_execution_ids)(context, parameter, typed)


flow_names = _completing(_flow_names)
program_layers = _completing(_program_layers)
states = _completing(_states)
layers = _completing(_layers)
artifacts = _completing(_artifacts)
parameters = _completing(_parameters)
