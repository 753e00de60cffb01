"""Plan an execution that does not run its whole flow: a schedule of some layers, one split, a resumed flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from laminar import graph
from laminar.compiler.ir import Condition, Factor, FanOut, Pod, Task
from laminar.compiler.plan.hook_conditions import Decisions
from laminar.exceptions import FlowError, LaminarError
from laminar.program.recording import Step

__all__ = ["Remainder", "partial_tasks", "wrong_action"]


@dataclass(frozen=True)
class Remainder:
    """The layers that are left to run of a resumed execution, by its documents.

    ``place`` (from 1) is the first flow of the chain to run, ``layers`` are those of it that have not finished, and ``lengths``
    the numbers of elements that their fan-outs read of layers that have, by `graph.length_key`.
    """

    place: int
    layers: frozenset[str]
    lengths: Mapping[str, int] = field(default_factory=dict)


def partial_tasks(
    step: Step,
    place: int,
    tasks: tuple[Task, ...],
    pod: Pod,
    decisions: Decisions,
    *,
    where: str,
    remainder: Remainder | None = None,
) -> tuple[Task, ...]:
    """Return the tasks of a flow that its step, number ``place`` of the chain, runs; with a ``remainder``, the unfinished ones.

    A schedule begins with a planner, a task ``plan-K`` in ``pod``. It removes the documents of the scheduled layers, and publishes
    the values that they read of other layers: lengths, such as ``A.rows``, and for each layer whether one above was skipped.
    ``where`` is the step's place relative to the project.
    """
    if step.action == "execute":
        return (_executed(step, tasks),)
    if remainder is not None:
        return tuple(_left(task, remainder, pod) for task in tasks if task.layer in remainder.layers)
    planner = Task(layer=f"plan-{place}", name=f"plan-{place}", pod=pod, where=where)
    if step.action == "resume" and any(_over_parameters(task) for task in tasks):
        return (planner, *(_resumed(task, planner) if _over_parameters(task) else task for task in tasks))
    if step.action != "schedule" or step.dependencies is None:
        return tasks
    inside = {task.layer for task in tasks if task.layer in step.dependencies}
    edges = {name: set(needs) for name, needs in step.dependencies.items()}
    chosen = [_scheduled(decisions, task, inside, edges[task.layer], planner) for task in tasks if task.layer in inside]
    scheduled = {task.layer: task for task in chosen}
    return (planner, *(scheduled[layer] for layer in graph.order({task.layer: task.needs for task in chosen})))


def wrong_action(step: Step) -> Iterator[LaminarError]:
    """Yield the problems of an action that a cluster cannot run."""
    from laminar.components.schedule_check import schedule_problems

    if step.from_layer is not None:
        yield FlowError(
            f"resume(from_={step.from_layer!r}) runs on this machine only.",
            where=step.where,
            fix="use schedule(dependencies=...), which runs layers again in pods.",
        )
    if step.action == "resume" and step.execution.id is None:
        yield FlowError(
            f"An execution of flow {step.flow.name!r} without an id cannot be resumed.",
            where=step.where,
            fix="name it: flow.execution(ID).resume().",
        )
    if step.action == "schedule":
        yield from schedule_problems(step)
    if step.action == "execute" and step.layer is not None:
        try:
            step.flow.registered(step.layer)
        except LaminarError as error:
            yield error


def _executed(step: Step, tasks: tuple[Task, ...]) -> Task:
    assert step.layer is not None
    binding = step.layer._binding
    task = next(task for task in tasks if step.layer is not None and task.layer == step.layer.name)
    return task.but(needs=(), fan_out=None, condition=Condition(), fixed=(binding.index or 0, binding.splits or 1))


def _left(task: Task, remainder: Remainder, pod: Pod) -> Task:
    """Return a task without its references to finished layers: edges, lengths, and a pod that evaluates its hooks."""
    fan_out, condition, layers = task.fan_out, task.condition, remainder.layers
    if fan_out is not None:
        fan_out = fan_out.but(factors=tuple(_counted(factor, remainder) for factor in fan_out.factors))
    condition = condition.but(follows=tuple(name for name in condition.follows if name in layers))
    if condition.evaluator is not None and condition.evaluator not in layers:
        condition = condition.but(evaluator=None, pod=pod)
    return task.but(needs=tuple(need for need in task.needs if need in layers), fan_out=fan_out, condition=condition)


def _counted(factor: Factor, remainder: Remainder) -> Factor:
    """Return a factor whose length is known, where its layer has finished."""
    if factor.layer in remainder.layers:
        return factor
    return factor.but(length=remainder.lengths[graph.length_key(factor.layer, factor.attribute, factor.split)])


def _over_parameters(task: Task) -> bool:
    return task.fan_out is not None and any(factor.layer == graph.PARAMETERS for factor in task.fan_out.factors)


def _resumed(task: Task, planner: Task) -> Task:
    """Return a fan-out over parameters; their lengths, when the execution was started, are the planner's output."""
    assert task.fan_out is not None
    known = tuple(_known(factor, planner) if factor.layer == graph.PARAMETERS else factor for factor in task.fan_out.factors)
    fan_out = FanOut(factors=known, batch=task.fan_out.batch, parallelism=task.fan_out.parallelism)
    return task.but(needs=(planner.layer, *task.needs), fan_out=fan_out)


def _scheduled(decisions: Decisions, task: Task, inside: set[str], edges: set[str], planner: Task) -> Task:
    """Return a task with the edges of the schedule; the planner publishes the values of layers outside the schedule."""
    factors = task.fan_out.factors if task.fan_out else ()
    sources = {factor.layer for factor in factors if factor.layer in inside}
    needs = decisions.in_order((edges & inside) | sources)
    node = decisions.nodes[task.layer]
    outside = [need for need in node.needs if need not in inside and need in decisions.skippable]
    condition = task.condition
    if not node.entry:
        condition = condition.but(
            follows=tuple(name for name in condition.follows if name in inside),
            entry=bool(outside),
            evaluator=planner.layer if outside and not node.submission else condition.evaluator,
        )
    if condition.evaluator not in (None, planner.layer) and condition.evaluator not in needs:
        condition = condition.but(evaluator=None, pod=planner.pod)
    known = tuple(factor if factor.layer in inside else _known(factor, planner) for factor in factors)
    reads = condition.evaluator == planner.layer or any(factor.layer == planner.layer for factor in known)
    return task.but(
        needs=(*([planner.layer] if reads or not needs else []), *needs),
        fan_out=task.fan_out and FanOut(factors=known, batch=task.fan_out.batch, parallelism=task.fan_out.parallelism),
        condition=condition,
    )


def _known(factor: Factor, planner: Task) -> Factor:
    return Factor(layer=planner.layer, attribute=graph.length_key(factor.layer, factor.attribute, factor.split))
