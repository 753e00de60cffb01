"""Name flows, layers and loops so that Argo and its expressions accept the names."""

from __future__ import annotations

from laminar.compiler import names
from laminar.compiler.ir import FlowPlan, Plan, Task

__all__ = ["MAIN", "name_tasks"]

MAIN = "main"
"""The template that runs the flows of a chain."""


def name_tasks(plan: Plan) -> Plan:
    """Rename tasks whose names Argo would reject or misread, and keep every other name.

    before: Train.load_rows   Train.nil            Train.Fit[at most 2]
    after:  Train.load-rows   Train.nil-5da3a4c7   Train.Fit in loop-Fit
    """
    links = {flow.link.name for flow in plan.flows if flow.link}
    flows = names.tasks((flow.flow + flow.suffix for flow in plan.flows), taken={MAIN, *links})
    taken = {MAIN, *links, *flows.values()}
    return plan.but(
        flows=tuple(flow.but(name=flows[flow.flow + flow.suffix], tasks=_name_layers(flow, taken)) for flow in plan.flows)
    )


def _name_layers(flow: FlowPlan, taken: set[str]) -> tuple[Task, ...]:
    """Name a flow's layers, whose names differ within the flow, and their loops: templates, whose names `taken` collects."""
    layers = names.tasks(task.layer for task in flow.tasks)
    gates = names.tasks((f"{layers[task.layer]}-gate" for task in flow.tasks if task.condition.pod), taken=set(layers.values()))
    bounded = [layers[task.layer] for task in flow.tasks if task.fan_out and task.fan_out.parallelism]
    loops = {name: _free(f"loop-{name}", f"loop-{flow.flow}{flow.suffix}-{name}", taken) for name in bounded}
    return tuple(
        task.but(
            name=layers[task.layer],
            loop=loops.get(layers[task.layer]),
            label=_label(task.layer),
            condition=task.condition.but(gate=gates.get(f"{layers[task.layer]}-gate")),
        )
        for task in flow.tasks
    )


def _free(wish: str, otherwise: str, taken: set[str]) -> str:
    found = wish if wish not in taken else names.tasks([otherwise], taken=taken)[otherwise]
    taken.add(found)
    return found


def _label(layer: str) -> str | None:
    label = names.label(layer)
    return None if label == layer else label
