"""Rewrite a plan pass by pass, and verify it after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from laminar.compiler.ir import FlowPlan, Plan
from laminar.compiler.passes.fuse_chains import fuse_chains
from laminar.compiler.passes.name_tasks import name_tasks
from laminar.compiler.passes.share_templates import share_templates
from laminar.compiler.passes.split_wide_dag import split_wide_dag
from laminar.compiler.target import Target
from laminar.exceptions import InternalError
from laminar.graph import PARAMETERS

__all__ = ["PASSES", "Pass", "optimize", "passes_for", "verify"]

Pass = Callable[[Plan], Plan]

PASSES: tuple[Pass, ...] = (
    name_tasks,  # first: templates are named after tasks
    share_templates,
    split_wide_dag,  # last: the parts' names avoid all others
)


def passes_for(target: Target) -> tuple[Pass, ...]:
    """Return the passes for a target. Layers are fused first, as names and templates are those of the resulting tasks."""
    return (fuse_chains, *PASSES) if target.fuse else PASSES


def optimize(plan: Plan, passes: Sequence[Pass] = PASSES) -> Plan:
    """Apply passes in order, verifying the plan after each.

    Raises InternalError, naming the pass, for a plan that a pass made invalid.
    """
    plan = verify(plan, after="plan")
    for rewrite in passes:
        plan = verify(rewrite(plan), after=getattr(rewrite, "__name__", repr(rewrite)))
    return plan


def verify(plan: Plan, *, after: str) -> Plan:
    """Return a valid plan unchanged.

    Raises InternalError with all errors that would break later stages.
    """
    wrong = [*_wrong_chain(plan), *(problem for flow in plan.flows for problem in _wrong_flow(flow))]
    if wrong:
        raise InternalError(
            f"The plan is not valid after {after!r}: {'; '.join(wrong)}.", where=plan.where, fix="report it, with the program."
        )
    return plan


def _wrong_chain(plan: Plan) -> Iterator[str]:
    if not plan.flows:
        yield "it has no flow"
    names = [flow.name for flow in plan.flows]
    yield from (f"two flows are named {name!r}" for name in sorted(_twice(names)))
    for place, flow in enumerate(plan.flows):
        if (flow.link is None) != (place == 0):
            yield f"flow {flow.name!r} is number {place + 1} and has {'a' if flow.link else 'no'} link"


def _wrong_flow(flow: FlowPlan) -> Iterator[str]:
    if not flow.tasks:
        yield f"flow {flow.name!r} has no task"
    yield from (f"two layers of {flow.name!r} are called {name!r}" for name in sorted(_twice([task.layer for task in flow.tasks])))
    yield from (f"two tasks of {flow.name!r} are named {name!r}" for name in sorted(_twice([task.name for task in flow.tasks])))
    before: set[str] = set()
    for task in flow.tasks:
        for need in task.needs:
            if need not in before:
                yield f"{flow.name}.{task.layer} needs {need!r}, which does not come before it"
        for factor in task.fan_out.factors if task.fan_out else ():
            if factor.length is None and factor.layer not in (*task.needs, PARAMETERS):
                yield f"{flow.name}.{task.layer} iterates over {factor.layer!r}, which it does not need"
        before.add(task.layer)
    yield from _wrong_parts(flow)


def _wrong_parts(flow: FlowPlan) -> Iterator[str]:
    if not flow.parts:
        return
    part_of = {layer: place for place, part in enumerate(flow.parts) for layer in part.layers}
    if sorted(layer for part in flow.parts for layer in part.layers) != sorted(task.layer for task in flow.tasks):
        yield f"the parts of {flow.name!r} are not its layers"
        return
    for task in flow.tasks:
        for need in task.needs:
            if part_of[need] > part_of[task.layer]:
                yield f"{flow.name}.{task.layer} needs {need!r}, which is in a later part"


def _twice(names: Sequence[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}
