"""Return the parts of a workflow that belong to each layer: its task, its gate, its link's task, and the template of its pods."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.compiler import optimizer
from laminar.compiler.emit import emitter
from laminar.compiler.ir import FlowPlan, Plan, Task
from laminar.compiler.plan import planner
from laminar.compiler.plan.planner import Settings
from laminar.compiler.target import Target
from laminar.compiler.yaml import writer
from laminar.program.recording import Chain
from laminar.templates.block import Block
from laminar.templates.workflow import workflow_spec

__all__ = ["layer_documents"]


def layer_documents(chain: Chain, settings: Settings, target: Target) -> dict[tuple[str, str], str]:
    """Return YAML by the names of a flow (``Train``, ``Train-2``) and of a layer: the parts of the document that run the layer.

    Raises FlowError, with every problem at once, for a chain that cannot be compiled. Limits are not checked.
    """
    plan = optimizer.optimize(planner.plan(chain, settings), optimizer.passes_for(target))
    spec = workflow_spec(emitter.emit(plan, target.suited(plan))[0])
    templates = {template["name"]: template for template in spec["templates"]}
    texts: dict[str, str] = {}
    found = {}
    for flow, task in plan.tasks():
        parts = list(_parts(plan, flow, task, templates))
        for name, block in parts:
            if name not in texts:
                texts[name] = writer.dump((block,))
        text = "\n".join(f"# {name}\n{texts[name]}" for name, _ in parts)
        found.update({(flow.flow + flow.suffix, layer): text for layer in (task.fused or (task.layer,))})
    return found


def _parts(plan: Plan, flow: FlowPlan, task: Task, templates: dict[str, Block]) -> Iterator[tuple[str, Block]]:
    """Yield the blocks of a layer with a heading each: its tasks in DAGs, and the templates that these name."""
    graphs = [flow.name, *(part.name for part in flow.parts), *([task.loop] if task.loop else [])]
    named = {task.name, *([task.condition.gate] if task.condition.gate else [])}
    pods: dict[str, None] = {}
    for graph in graphs:
        for block in templates.get(graph, {}).get("dag", {}).get("tasks", ()):
            if block["name"] in named:
                yield f"task {block['name']} of {graph}", dict(block)
                pods[block["template"]] = None
    for pod in pods:
        if "dag" not in templates[pod]:
            yield f"template {pod}", dict(templates[pod])
