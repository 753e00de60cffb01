"""Start executions: parameters are stored, the right layers are chosen, and the scheduler runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laminar.components import declared_parameters, replaced_parameters
from laminar.components.parameters import linked_parameters, unknown_parameter
from laminar.components.schedule_check import check_schedule
from laminar.exceptions import ExecutionError, LayerError
from laminar.graph import PARAMETERS
from laminar.ksuid import ksuid
from laminar.local import program_run
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
        if not asked.resume:
            step.parameters = replaced_parameters.replaced(step, asked.parameters)
        if asked.execution is not None:
            execution.id = execution.origin = asked.execution
        if asked.resume:
            step.action = "resume"
            return act(step)
    step.parameters = bound(step)
    validate(step)
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
    if before.retry and _has_records(execution):
        execution.retry = True
        return _resume(execution)
    execution.retry = before.retry
    if not before.retry:
        refuse_used(execution)
    save_parameters(execution, linked_parameters(before, step))
    return _schedule(execution, execution.flow.dependencies)


def act(step: Step) -> Execution:
    """Do what a step requires of an execution: resume, schedule or execute."""
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
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, bound(step))
    execution.retry = True
    return _resume(execution)


def _schedule(execution: Execution, dependencies: Any, *, anew: bool = False) -> Execution:
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, declared_parameters.bound(type(execution.flow), {}, source_location.caller()))
    execution.started = True
    execution.flow.configuration.scheduler.run(execution, dependencies, anew=anew)
    return execution


def _resume(execution: Execution) -> Execution:
    execution.started = True
    execution.flow.configuration.scheduler.run(execution, execution.flow.dependencies, anew=False)
    return execution


def _execute(step: Step) -> Execution:
    from laminar.worker import split

    execution: Execution = step.execution
    assert step.layer is not None
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, bound(step))
    layer = execution.layer(step.layer)
    if layer._binding.index is None:
        layer._binding.index = 0
    split.run(layer)
    return execution


def bound(step: Step) -> dict[str, Any]:
    """Return the parameters of a call as the flow declares them."""
    return declared_parameters.bound(type(step.flow), step.parameters, step.where)


def validate(step: Step) -> None:
    """Raise FlowError for whatever is wrong with a flow's definition, fan-outs over its parameters included."""
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
    """Raise ExecutionError for an execution without records; `latest` becomes the id of the newest."""
    execution, flow = step.execution, step.flow.name
    known = execution.flow.configuration.datastore.executions(flow)
    if execution.id == "latest" and known and "latest" not in known:
        execution.id = execution.origin = known[-1]
    if execution.id is None or execution.id not in known:
        shown = "none yet" if not known else ", ".join(known[-3:][::-1])
        raise ExecutionError(
            f"There is no execution {execution.id!r} of flow {flow!r} to resume.",
            where=step.where,
            fix=f"give the id of one; the newest are: {shown}.",
            execution=execution.id,
            flow=flow,
        )


def refuse_in_worker(step: Step) -> None:
    """Raise LayerError for a flow that is started inside a layer."""
    if process_state.is_worker():
        raise LayerError(
            f"Flow {step.flow.name!r} is started inside a layer.",
            where=step.where,
            fix="chain flows with .next(flow=..., linker=...) instead.",
        )
