"""Decide which execution is resumed, refuse one that cannot be, and run finished layers again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.components.parameters import fanned_out, normalize
from laminar.exceptions import ExecutionError, FlowError, suggest
from laminar.graph import PARAMETERS
from laminar.history import address, identifier
from laminar.local import display
from laminar.program import main_module, process_state

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.history.stored_run import Run
    from laminar.program.recording import Step

__all__ = ["check_parameters", "layers_from", "name_execution"]


def name_execution(step: Step) -> None:
    """Set the id of an execution that is resumed to the one of its address; ``latest`` is the newest of this program.

    Raises ExecutionError where no execution, or several, fit, and where the command line names one of another program.
    """
    execution = step.execution
    flow, store = execution.flow.name, execution.flow.configuration.datastore
    program = main_module.current()
    path = program.path if program is not None and main_module.is_of_program(type(execution.flow)) else None
    if execution.id is None:
        raise ExecutionError(
            f"This execution of flow {flow!r} has no id, so there is nothing to resume.",
            where=step.where,
            fix="name one: flow.execution('latest').resume()",
            flow=flow,
        )
    try:
        run = address.find(flow, execution.id, store, program=path)
    except ExecutionError as error:
        error.where = error.where or step.where
        raise
    if path is not None and process_state.current is not None:
        _check_program(run, path)
    known = store.executions(flow)
    origin = identifier.origin(run.id)
    execution.id = execution.origin = origin if origin in known else run.id


def _check_program(run: Run, path: str) -> None:
    """Raise ExecutionError for an execution of another program that still exists: the command line resumes this program's."""
    record = run.record
    if record is None or address.is_of_program(record, path) or not os.path.exists(record.file):
        return
    other = os.path.relpath(record.file)
    raise ExecutionError(
        f"Execution {run.id!r} of flow {run.flow!r} is of {other}, not of {os.path.relpath(path)}.",
        fix=f"laminar run {other} --resume {run.id}, or pass --resume alone for the newest of {os.path.relpath(path)}.",
        execution=run.id,
        flow=run.flow,
    )


def check_parameters(step: Step, given: Mapping[str, Any]) -> None:
    """Raise ExecutionError for a parameter that differs from the one that a resumed execution was started with.

    Finished layers used the old value, and do not run again.
    """
    for name, old, new in _differences(step.execution, given):
        raise ExecutionError(
            f"Execution {step.execution.id!r} of flow {step.flow.name!r} was started with {name}={old}, and is to be resumed with "
            f"{name}={new}: finished layers used the first value.",
            where=step.where,
            fix="start a new execution with the new value; layers with cache=True reuse the results that stay the same.",
            execution=step.execution.id,
            flow=step.flow.name,
        )
    for name, old, new in _differences(step.execution, step.parameters):
        display.current().note(f"the execution keeps {name}={old}, with which it was started; the program now passes {name}={new}")


def _differences(execution: Execution, given: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the parameters that differ from those that an execution was started with: each name, the old value, the new one."""
    flow, store = execution.flow, execution.flow.configuration.datastore
    record = store.load(flow.name, execution.id or "", PARAMETERS, 0)
    known = {} if record is None else record.artifacts
    for name, value in fanned_out(flow.nodes, dict(given)).items():
        plain = normalize(value)
        if name in known and store.inline(plain) != known[name] and store.write(plain) != known[name]:
            yield name, _shown(store.read(known[name])), _shown(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def layers_from(flow: Flow, layer: str) -> frozenset[str]:
    """Return a layer and all that depend on it.

    Raises FlowError, with a suggestion, for a layer that the flow does not have.
    """
    if layer not in flow.nodes or layer == PARAMETERS:
        known = [name for name in flow.nodes if name != PARAMETERS]
        raise FlowError(
            f"Flow {flow.name!r} has no layer {layer!r} to run from." + suggest(layer, known),
            fix=f"its layers are {', '.join(known)}.",
        )
    edges = {name: node.needs for name, node in flow.nodes.items()}
    return frozenset(name for name in edges if name == layer or layer in graph.ancestors(name, edges))
