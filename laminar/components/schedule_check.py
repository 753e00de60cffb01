"""Check a mapping of layers to schedule: unknown names, cycles, and dependencies that have not finished."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from laminar import graph
from laminar.exceptions import LaminarError, SchedulerError, raise_all
from laminar.graph import PARAMETERS

if TYPE_CHECKING:
    from laminar.program.recording import Step

__all__ = ["check_schedule", "schedule_problems"]


def check_schedule(step: Step) -> None:
    """Raise SchedulerError, with every problem at once, unless a mapping of layers can be scheduled."""
    problems = list(schedule_problems(step)) or list(_unfinished(step))
    raise_all(problems)


def schedule_problems(step: Step) -> Iterator[LaminarError]:
    """Yield the errors in a mapping of layers to schedule that do not depend on earlier runs: unknown names, else a cycle."""
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
    """Yield the dependencies, given or a layer's own, that are neither scheduled nor finished."""
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
