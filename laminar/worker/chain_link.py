"""Find a flow's step in the recorded chain, and run the linker between two flows of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from laminar.components.parameters import linked_parameters
from laminar.exceptions import FlowError
from laminar.graph import PARAMETERS
from laminar.worker import split
from laminar.worker.job import ExecutionScope
from laminar.worker.parameters_document import parameters_record

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.program.recording import Recording, Step
    from laminar.worker.arguments import Task

__all__ = ["link", "scheduled", "step_at"]


def step_at(recorded: Recording, place: int, task: Task) -> Step:
    """Return the step at a place (from 1) of the chain that a task is of.

    Raises FlowError where the program has no such step.
    """
    return _steps(recorded, place, task)[place - 1]


def scheduled(recorded: Recording, task: Task) -> Mapping[str, set[str]] | None:
    """Return the layers that run of a task's flow, with those that each runs after; None where all layers run."""
    if not 1 <= task.chain <= len(recorded.chains):
        return None
    step = _step_of(recorded.chains[task.chain - 1].steps, task.job.flow, task.job.execution)
    if step is None or step.action in ("run", "resume"):
        return None
    return (step.dependencies or {}) if step.action == "schedule" else {}


def _step_of(steps: list[Step], flow: str, execution: str) -> Step | None:
    """Return the step of a chain that made an execution: the k-th of one flow has ``-k`` appended to the chain's id."""
    found = [step for step in steps if step.flow.name == flow]
    if not found or found[0].execution.id == execution:
        return found[0] if found else None
    repeated = [step for number, step in enumerate(found, start=1) if number > 1 and execution.endswith(f"-{number}")]
    return repeated[-1] if repeated else found[0]


def link(recorded: Recording, execution: Execution, place: int, task: Task) -> split.Outputs:
    """Run the linker to a chain's flow at a place (from 1), and store that flow's parameters.

    Raises FlowError where the program has no such link.
    """
    if place < 2:
        raise _no_step(place, task)
    steps = _steps(recorded, place, task)
    step, names = steps[place - 1], [step.flow.name for step in steps]
    base = _base(task.job.execution, names[: place - 1])
    occurrence = names[:place].count(step.flow.name)
    step.execution.id = base if occurrence == 1 else f"{base}-{occurrence}"
    before = steps[place - 2].execution
    before.id, before.flow = execution.id, execution.flow
    scope = ExecutionScope.of_execution(step.execution)
    record = scope.document(PARAMETERS)
    if record is None:
        record = parameters_record(step.execution, linked_parameters(before, step))
        scope.store.save(record)
    return split.outputs(scope, record)


def _steps(recorded: Recording, place: int, task: Task) -> list[Step]:
    if not 1 <= task.chain <= len(recorded.chains) or not 1 <= place <= len(recorded.chains[task.chain - 1].steps):
        raise _no_step(place, task)
    return recorded.chains[task.chain - 1].steps


def _no_step(place: int, task: Task) -> FlowError:
    return FlowError(
        f"Program {task.program.shown!r} has no link {place} in its chain {task.chain}.",
        fix="compile the program again: it has changed.",
    )


def _base(execution: str, names: list[str]) -> str:
    """Return the chain's id from that of the flow before the link, which has its occurrence appended.

    >>> _base("one", ["A"]), _base("one-2", ["A", "A"])
    ('one', 'one')
    """
    occurrence = names.count(names[-1])
    return execution if occurrence == 1 else execution[: -len(f"-{occurrence}")]
