"""Start executions: parameters are stored, the right layers are chosen, and the scheduler runs them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from laminar.components import declared_parameters, registration, replaced_parameters, unread_parameters
from laminar.components.parameters import linked_parameters, unknown_parameter
from laminar.components.schedule_check import check_schedule
from laminar.exceptions import ExecutionError, LayerError
from laminar.graph import PARAMETERS
from laminar.ksuid import ksuid
from laminar.local import display, program_run, resumption
from laminar.local.earlier_results import EarlierResults
from laminar.program import main_module, process_state, source_location
from laminar.worker.parameters_document import save_parameters

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.program.recording import Step

__all__ = ["act", "bound", "follow", "refuse_in_worker", "refuse_used", "require_records", "start", "validate"]


def start(step: Step) -> Execution:
    """Run a flow that was called, as the session requires if there is one.

    Raises ExecutionError for an id that has records already.
    """
    refuse_in_worker(step)
    main_module.adopt()
    execution: Execution = step.execution
    asked = process_state.current
    if asked is not None and not program_run.apply(asked, step):
        execution.idle = True
        return execution
    if asked is not None and asked.chosen is execution:
        step.parameters = replaced_parameters.replaced(step, asked.parameters)
        if asked.execution is not None:
            execution.id = execution.origin = asked.execution
        if asked.resume:
            step.action, step.from_layer = "resume", asked.from_layer
            return act(step, changed={name: step.parameters[name] for name in asked.parameters if name in step.parameters})
    step.parameters = bound(step)
    validate(step)
    for note in unread_parameters.notes(step):
        display.current().note(note)
    if execution.id is not None:
        refuse_used(execution)
    else:
        execution.id = execution.origin = ksuid()
    save_parameters(execution, step.parameters)
    return _schedule(execution, execution.flow.dependencies)


def follow(before: Execution, step: Step) -> Execution:
    """Run the next flow of a chain with the parameters that its linker makes; resume it where it was begun already."""
    refuse_in_worker(step)
    execution: Execution = step.execution
    if process_state.current is not None:
        process_state.current.followed.append(step.flow)
    if before.idle:
        execution.idle = True
        return execution
    validate(step)
    assert execution.id is not None
    if before.retry and _has_records(execution) and not before.fresh:
        execution.retry = True
        return _resume(execution, _session_layer(execution))
    execution.retry = before.retry
    if not before.retry:
        refuse_used(execution)
    parameters = linked_parameters(before, step)
    if before.fresh and _has_records(execution):  # its parameters are computed from new results
        with _running_again(execution, execution.flow.nodes):
            save_parameters(execution, parameters)
            return _schedule(execution, execution.flow.dependencies)
    save_parameters(execution, parameters)
    return _schedule(execution, execution.flow.dependencies)


def act(step: Step, *, changed: Mapping[str, Any] | None = None) -> Execution:
    """Execute the action of a step: resume, schedule or execute.

    ``changed`` are parameters that the command line gives to an execution that is resumed.
    """
    refuse_in_worker(step)
    execution: Execution = step.execution
    validate(step)
    if step.action == "execute":
        return _execute(step)
    if step.action == "schedule":
        check_schedule(step)
        assert step.dependencies is not None
        return _schedule(execution, step.dependencies, anew=True)
    require_records(step)
    resumption.check_parameters(step, changed or {})
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, bound(step))
    execution.retry = True
    return _resume(execution, step.from_layer)


def _schedule(execution: Execution, dependencies: Any, *, anew: bool = False) -> Execution:
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, declared_parameters.bound(type(execution.flow), {}, source_location.caller()))
    execution.started = True
    execution.flow.configuration.scheduler.run(execution, dependencies, anew=anew)
    return execution


def _resume(execution: Execution, from_layer: str | None) -> Execution:
    """Run the unfinished splits; ``from_layer`` runs again with the layers below it, where the flow has it."""
    execution.started = True
    run = execution.flow.configuration.scheduler.run
    if from_layer is None or (from_layer not in execution.flow.nodes and _is_of_another_flow(from_layer)):
        run(execution, execution.flow.dependencies, anew=False)
        return execution
    with _running_again(execution, resumption.layers_from(execution.flow, from_layer)):
        run(execution, execution.flow.dependencies, anew=False)
    return execution


@contextlib.contextmanager
def _running_again(execution: Execution, layers: Iterable[str]) -> Iterator[None]:
    """Run layers again that may have finished: their results are set aside, and restored where these fail."""
    execution.fresh = frozenset(layers)
    earlier = EarlierResults.set_aside(execution, execution.fresh)
    try:
        yield
    finally:
        if lost := earlier.settle():
            shown = ", ".join(sorted(lost))
            display.current().note(f"the earlier results of {shown} are kept in {earlier.store.root}/{earlier.folder}")


def _session_layer(execution: Execution) -> str | None:
    """Return the layer that the command line names with --from, where a flow of a chain has it."""
    session = process_state.current
    return session.from_layer if session is not None and session.from_layer in execution.flow.nodes else None


def _is_of_another_flow(layer: str) -> bool:
    """Return whether a flow that the program defines has a layer, so that a flow further on in the chain may."""
    session = process_state.current
    return session is not None and any(layer in registration.merged(cls) for cls in session.classes)


def _execute(step: Step) -> Execution:
    from laminar.local import session

    execution: Execution = step.execution
    assert step.layer is not None
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, bound(step))
    layer = execution.layer(step.layer)
    if layer._binding.index is None:
        layer._binding.index = 0
    session.execute(layer)
    return execution


def bound(step: Step) -> dict[str, Any]:
    """Return the parameters of a call as the flow declares them."""
    return declared_parameters.bound(type(step.flow), step.parameters, step.where)


def validate(step: Step) -> None:
    """Raise FlowError for errors in a flow's definition, fan-outs over its parameters included."""
    nodes = step.flow.nodes
    if step.linker is not None or step.action != "run":
        return
    for node in nodes.values():
        for axis in node.grid or ():
            if axis.layer == PARAMETERS and axis.attribute not in step.parameters:
                raise unknown_parameter(step, node.name, axis.attribute)


def _layers(execution: Execution) -> tuple[str, ...]:
    assert execution.id is not None
    return execution.flow.configuration.datastore.layers(execution.flow.name, execution.id)


def _has_records(execution: Execution) -> bool:
    return bool(_layers(execution))


def refuse_used(execution: Execution) -> None:
    """Raise ExecutionError for an execution that has records already."""
    if _has_records(execution):
        raise ExecutionError(
            f"Execution {execution.id!r} of flow {execution.flow.name!r} has records already.",
            where=source_location.caller(),
            fix="use resume() to finish it, or another id.",
            execution=execution.id,
            flow=execution.flow.name,
        )


def require_records(step: Step) -> None:
    """Raise ExecutionError for an execution without records; words that name one become its id."""
    resumption.name_execution(step)


def refuse_in_worker(step: Step) -> None:
    """Raise LayerError for a flow that is started inside a layer."""
    if process_state.is_worker():
        raise LayerError(
            f"Flow {step.flow.name!r} is started inside a layer.",
            where=step.where,
            fix="chain flows with .next(flow=..., linker=...) instead.",
        )
