"""Share one template between tasks with equal pods."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.compiler import names
from laminar.compiler.ir import Plan, Pod, Task
from laminar.compiler.passes.name_tasks import MAIN

__all__ = ["share_templates"]

LAYER = "layer"


def share_templates(plan: Plan) -> Plan:
    """Name one template for all tasks with equal pods: ``layer`` for the first pod, others after their first layer.

    before: Load[cpu=1] uses layer, Fit[cpu=8] uses layer, Save[cpu=1] uses layer
    after:  Load[cpu=1] uses layer, Fit[cpu=8] uses layer-fit, Save[cpu=1] uses layer
    """
    taken = {MAIN, *(flow.name for flow in plan.flows), *(task.loop for _, task in plan.tasks() if task.loop)}
    templates: dict[Pod, str] = {}
    for name, pod in _users(plan):
        if pod not in templates:
            wish = f"{LAYER}-{names.kebab(name)}" if templates else LAYER
            templates[pod] = _free(wish, name, {*templates.values(), *taken})
    return plan.but(
        flows=tuple(
            flow.but(
                tasks=tuple(_shared(task, templates) for task in flow.tasks),
                link=flow.link and flow.link.but(template=templates[flow.link.pod]),
            )
            for flow in plan.flows
        )
    )


def _shared(task: Task, templates: dict[Pod, str]) -> Task:
    condition = task.condition
    if condition.pod is not None:
        condition = condition.but(template=templates[condition.pod])
    return task.but(template=templates[task.pod], condition=condition)


def _users(plan: Plan) -> Iterator[tuple[str, Pod]]:
    """Yield each task's name and pod, layers before gates and links: a template is named after a layer."""
    for _, task in plan.tasks():
        yield task.name, task.pod
    for _, task in plan.tasks():
        if task.condition.pod:
            yield task.condition.gate or task.name, task.condition.pod
    for flow in plan.flows:
        if flow.link:
            yield flow.link.name, flow.link.pod


def _free(wish: str, name: str, taken: set[str]) -> str:
    if wish not in taken:
        return wish
    marked = f"{wish}-{names.digest(name)}"
    return next(
        free for number in range(1, len(taken) + 2) if (free := marked if number == 1 else f"{marked}-{number}") not in taken
    )
