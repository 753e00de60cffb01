"""Fuse layers in a row into one task, which runs them in one pod."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from laminar import graph
from laminar.compiler.ir import Condition, FlowPlan, Plan, Task

__all__ = ["TOGETHER", "fuse_chains"]

TOGETHER = "+"
"""Separator of the names of layers that run in one pod, one after the other: no Python name holds it."""


def fuse_chains(plan: Plan) -> Plan:
    """Make one task of layers in a row, each the only dependent of its only dependency: the row starts one pod.

    Each layer keeps its own document. Fused layers have equal pods, which run the runner. Fan-outs, layers that may be skipped,
    layers with a timeout, and layers with entry, submission or retry hooks keep separate pods.

    before: A -> B -> C, and D and E below C
    after:  A+B+C, and D and E below it
    """
    return plan.but(flows=tuple(_fused(flow) for flow in plan.flows))


def _fused(flow: FlowPlan) -> FlowPlan:
    runs = [run for run in _runs(flow) if len(run) > 1]
    called = {task.layer: TOGETHER.join(each.layer for each in run) for run in runs for task in run}
    # A row is in the place of its last layer: after the needs of its first, before the layers that need its last.
    made = {run[-1].layer: _together(run) for run in runs}
    kept = (made.get(task.layer, task) for task in flow.tasks if task.layer in made or task.layer not in called)
    return flow.but(tasks=tuple(_renamed(task, called) for task in kept))


def _runs(flow: FlowPlan) -> list[list[Task]]:
    """Return the flow's layers in rows, most of one layer."""
    tasks = {task.layer: task for task in flow.tasks}
    below = graph.dependents({task.layer: task.needs for task in flow.tasks})
    run_of: dict[str, list[Task]] = {}
    for task in flow.tasks:
        above = tasks[task.needs[0]] if len(task.needs) == 1 else None
        together = above is not None and len(below[above.layer]) == 1 and _may_share(task, above)
        run = run_of[above.layer] if above is not None and together else []
        run.append(task)
        run_of[task.layer] = run
    return list({id(run): run for run in run_of.values()}.values())


def _may_share(task: Task, above: Task) -> bool:
    return task.pod == above.pod and _is_plain(task) and _is_plain(above)


def _is_plain(task: Task) -> bool:
    """Return whether a layer's dependencies alone decide when, how often and in which pod it runs."""
    pod = task.pod
    patched = pod.patched or pod.attempts
    apart = task.fan_out or task.fixed or task.fused or patched or pod.container.timeout or pod.program is None
    return not apart and task.condition == Condition()


def _together(run: list[Task]) -> Task:
    """Return the task of a row; its pod is retried as often as those of all its layers together."""
    first, retry = run[0], run[0].pod.retry
    name = TOGETHER.join(task.layer for task in run)
    retry = replace(retry, attempts=(retry.attempts - 1) * len(run) + 1)
    return first.but(layer=name, name=name, fused=tuple(task.layer for task in run), pod=first.pod.but(retry=retry))


def _renamed(task: Task, called: Mapping[str, str]) -> Task:
    """Return a task that refers to rows by their names; of a row, others only ever refer to the last layer."""
    needs = tuple(called.get(need, need) for need in task.needs)
    condition = task.condition
    if condition.evaluator is not None and condition.evaluator in called:
        condition = condition.but(evaluator=called[condition.evaluator])
    fan_out = task.fan_out
    if fan_out:
        factors = (factor.but(layer=called.get(factor.layer, factor.layer)) for factor in fan_out.factors)
        fan_out = fan_out.but(factors=tuple(factors))
    return task.but(needs=needs, condition=condition, fan_out=fan_out)
