"""Start executions: parameters are stored, the right layers are chosen, and the scheduler runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.components.binding import RESERVED
from laminar.components.parameters import Parameters, normalize
from laminar.exceptions import ExecutionError, FlowError, LaminarError, LayerError, SchedulerError, located, raise_all, suggest
from laminar.graph import PARAMETERS
from laminar.ksuid import ksuid
from laminar.program import process_state, recording, source_location

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.configurations.datastores import Record
    from laminar.program.recording import Step

__all__ = [
    "act",
    "check_parameters",
    "check_schedule",
    "follow",
    "link",
    "parameters_record",
    "save_parameters",
    "schedule_problems",
    "start",
]


def check_parameters(step: Step) -> None:
    """Raise FlowError for a parameter whose name a layer cannot have."""
    for name in step.parameters:
        problem = "every layer uses itself" if name in RESERVED else "is private" if name.startswith("_") else ""
        if not name.isidentifier():
            problem = "is no Python identifier"
        if problem:
            raise FlowError(
                f"Flow {step.flow.name!r} is called with parameter {name!r}, a name that {problem}.",
                where=step.where,
                fix="give the parameter another name.",
            )


def start(step: Step) -> Execution:
    """Run a flow that was called, as the session asks where there is one.

    Raises ExecutionError for an id that has records already.
    """
    _refuse_in_worker(step)
    asked = process_state.current
    if asked is not None and asked.selects(step.flow.name) and asked.chosen is None:
        asked.chosen = step.execution
        step.parameters = {**step.parameters, **asked.parameters}
        if asked.execution is not None:
            step.execution.id = step.execution.origin = asked.execution
        if asked.resume:
            step.action = "resume"
            return act(step)
    elif asked is not None and asked.only:
        step.execution.idle = True
        return step.execution
    execution = step.execution
    _validate(step)
    if execution.id is not None:
        _refuse_used(execution)
    else:
        execution.id = execution.origin = ksuid()
    save_parameters(execution, step.parameters)
    return _schedule(execution, execution.flow.dependencies)


def follow(before: Execution, step: Step) -> Execution:
    """Run the next flow of a chain with the parameters that its linker makes; resume it where it was begun already."""
    _refuse_in_worker(step)
    execution = step.execution
    if before.idle:
        execution.idle = True
        return execution
    _validate(step)
    assert execution.id is not None
    if before.retry and _has_records(execution):
        execution.retry = True
        return _resume(execution)
    execution.retry = before.retry
    if not before.retry:
        _refuse_used(execution)
    save_parameters(execution, link(before, step))
    return _schedule(execution, execution.flow.dependencies)


def link(before: Execution, step: Step) -> dict[str, Any]:
    """Return the parameters that a linker makes of the execution before it.

    Raises FlowError where it returns anything but Parameters.
    """
    assert step.linker is not None
    made = step.linker(before)
    if not isinstance(made, Parameters):
        raise FlowError(
            f"Linker to flow {step.flow.name!r} returned {type(made).__name__}, not Parameters.",
            where=source_location.of_function(step.linker) or step.where,
            fix="return Parameters(name=value, ...).",
        )
    return {name: value for name, value in vars(made).items() if not name.startswith("_")}


def act(step: Step) -> Execution:
    """Do what was asked of an execution: resume, schedule or execute; note it where a program is recorded."""
    if active := recording.active():
        step.parameters = getattr(step.execution, "pending", {})
        active.start(step)
        return step.execution
    _refuse_in_worker(step)
    _validate(step)
    if step.action == "execute":
        return _execute(step)
    if step.action == "schedule":
        check_schedule(step)
        assert step.dependencies is not None
        return _schedule(step.execution, step.dependencies, anew=True)
    _require_records(step)
    if PARAMETERS not in _layers(step.execution):
        save_parameters(step.execution, step.parameters)
    step.execution.retry = True
    return _resume(step.execution)


def save_parameters(execution: Execution, artifacts: dict[str, Any]) -> None:
    """Store the Parameters' document of an execution, with the values it has already; a missing id is made.

    Raises DatastoreError naming the parameter for a value that cannot be stored.
    """
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    datastore = execution.flow.configuration.datastore
    known = datastore.load(execution.flow.name, execution.id, PARAMETERS, 0)
    datastore.save(parameters_record(execution, artifacts, known))


def parameters_record(execution: Execution, artifacts: dict[str, Any], known: Record | None = None) -> Record:
    """Return the Parameters' document of an execution, with the values that are known; large ones are stored.

    Raises DatastoreError naming the parameter for a value that cannot be stored.
    """
    from laminar.worker.split import Stamp

    assert execution.id is not None
    flow, stored = execution.flow, dict(known.artifacts) if known is not None else {}
    for name, value in artifacts.items():
        with located(f"parameter {name!r} of flow {flow.name!r}"):
            stored[name] = flow.configuration.datastore.write(normalize(value))
    stamp = Stamp(flow.registrations[PARAMETERS].layer)
    return stamp.record(flow.name, execution.id, PARAMETERS, index=0, splits=1, attempt=1, artifacts=stored)


def _schedule(execution: Execution, dependencies: Any, *, anew: bool = False) -> Execution:
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, {})
    execution.started = True
    execution.flow.configuration.scheduler.run(execution, dependencies, anew=anew)
    return execution


def _resume(execution: Execution) -> Execution:
    execution.started = True
    execution.flow.configuration.scheduler.run(execution, execution.flow.dependencies, anew=False)
    return execution


def _execute(step: Step) -> Execution:
    from laminar.worker import split

    execution = step.execution
    assert step.layer is not None
    if execution.id is None:
        execution.id = execution.origin = ksuid()
    if PARAMETERS not in _layers(execution):
        save_parameters(execution, step.parameters)
    layer = execution.layer(step.layer)
    if layer._binding.index is None:
        layer._binding.index = 0
    split.run(layer)
    return execution


def _validate(step: Step) -> None:
    """Raise FlowError for whatever is wrong with a flow's definition, fan-outs over its parameters included."""
    nodes = step.flow.nodes
    if step.linker is not None or step.action != "run":
        return
    for node in nodes.values():
        for axis in node.grid or ():
            if axis.layer == PARAMETERS and axis.attribute not in step.parameters:
                raise unknown_parameter(step, node.name, axis.attribute)


def unknown_parameter(step: Step, layer: str, attribute: str) -> FlowError:
    """Return the error for a ForEach over a parameter that the flow is not called with."""
    given = ", ".join(step.parameters) or "none"
    return FlowError(
        f"ForEach of layer {layer!r} goes over parameter {attribute!r}, which flow {step.flow.name!r} is not called with."
        + suggest(attribute, list(step.parameters)),
        where=step.flow.registrations[layer].where + (f", called at {step.where}" if step.where else ""),
        fix=f"call it with {attribute}=[...]; its parameters are: {given}.",
    )


def check_schedule(step: Step) -> None:
    """Raise SchedulerError, with every problem at once, unless a mapping of layers can be scheduled."""
    problems = list(schedule_problems(step)) or list(_unfinished(step))
    raise_all(problems)


def schedule_problems(step: Step) -> Iterator[LaminarError]:
    """Give what is wrong with a mapping of layers to schedule, whatever has run: unknown names, else a cycle."""
    edges, known = step.dependencies or {}, step.flow.registrations
    if not edges:
        yield SchedulerError("There is no layer to schedule.", where=step.where, fix="map at least one layer: {'A': set()}.")
    names = {**dict.fromkeys(edges), **dict.fromkeys(need for needs in edges.values() for need in sorted(needs))}
    unknown = [name for name in names if name not in known]
    for name in unknown:
        yield SchedulerError(
            f"Flow {step.flow.name!r} registers no layer {name!r}.",
            where=step.where,
            fix=f"its layers are {', '.join(sorted(known))}.",
        )
    if not unknown and (cycle := graph.find_cycle(edges)):
        circle = " -> ".join([*cycle, cycle[0]])
        yield SchedulerError(f"The layers to schedule form a cycle: {circle}.", where=step.where, fix="drop an edge.")


def _unfinished(step: Step) -> Iterator[LaminarError]:
    """Give the dependencies, asked for or a layer's own, that are neither scheduled nor finished."""
    edges, execution = step.dependencies or {}, step.execution
    for name, needs in edges.items():
        own = set(execution.flow.nodes[name].needs)
        for need in sorted((needs | own) - set(edges) - {PARAMETERS}):
            if execution.status(need) == "unfinished":
                yield SchedulerError(
                    f"Layer {name!r} needs {need!r}, which is neither scheduled nor finished in execution {execution.id!r}.",
                    where=step.where,
                    fix=f"add {need!r} to the dependencies, or run it first.",
                )


def _layers(execution: Execution) -> tuple[str, ...]:
    assert execution.id is not None
    return execution.flow.configuration.datastore.layers(execution.flow.name, execution.id)


def _has_records(execution: Execution) -> bool:
    return bool(_layers(execution))


def _refuse_used(execution: Execution) -> None:
    if _has_records(execution):
        raise ExecutionError(
            f"Execution {execution.id!r} of flow {execution.flow.name!r} has records already.",
            where=source_location.caller(),
            fix="use resume() to finish it, or another id.",
            execution=execution.id,
            flow=execution.flow.name,
        )


def _require_records(step: Step) -> None:
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


def _refuse_in_worker(step: Step) -> None:
    if process_state.is_worker() or os.environ.get("LAMINAR_LAYER_NAME"):
        raise LayerError(
            f"Flow {step.flow.name!r} is started inside a layer.",
            where=step.where,
            fix="chain flows with .next(flow=..., linker=...) instead.",
        )
