"""Explain the workflow of a plan: pods by layer, bytes by part, the share of each limit, pods that ``--fuse`` would save."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

from laminar.compiler.check import budget
from laminar.compiler.emit.emitter import emit
from laminar.compiler.ir import Factor, FanOut, FlowPlan, Plan, Task
from laminar.compiler.passes.fuse_chains import fuse_chains
from laminar.compiler.passes.part_costs import kept_back
from laminar.compiler.target import Target
from laminar.graph import PARAMETERS
from laminar.templates.block import Block
from laminar.templates.workflow import workflow_spec

__all__ = ["BATCH", "Explanation", "explain"]

BATCH = 25
"""The splits a pod for which savings are reported."""


@dataclass(frozen=True)
class Explanation:
    """Rows of tables: ``pods`` (flow, layer, task, template, pods, bytes), ``parts`` (part, bytes), ``limits``, ``savings``.

    ``kept_back`` has the flow, the part, how many of its layers a failure may keep from running although they do not need the
    failed one, and an example of them.
    """

    pods: tuple[tuple[str, ...], ...]
    parts: tuple[tuple[str, ...], ...]
    limits: tuple[tuple[str, ...], ...]
    savings: tuple[tuple[str, ...], ...]
    kept_back: tuple[tuple[str, ...], ...]


def explain(plan: Plan, target: Target) -> Explanation:
    """Return the explanation of an optimized plan, counted in the emitted documents; it need not be within the limits."""
    document = emit(plan, target)[0]
    spec = workflow_spec(document)
    return Explanation(
        pods=tuple(_pods(plan, spec)),
        parts=tuple(_parts(document, spec)),
        limits=tuple(_limits(plan, target, document, spec)),
        savings=tuple(_savings(plan)),
        kept_back=tuple(_kept_back(plan)),
    )


def _size(value: Any) -> int:
    return len(budget.minified(value).encode("utf-8", "surrogatepass"))


# pods


def _pods(plan: Plan, spec: Block) -> Iterator[tuple[str, ...]]:
    """Yield a row for each task that runs pods: of a layer, a link or a gate."""
    layers = _layers(plan)
    runs = {template["name"] for template in spec["templates"] if "dag" not in template}
    for template in spec["templates"]:
        for block in template.get("dag", {}).get("tasks", ()):
            if block["template"] not in runs:
                continue
            found = layers.get((template["name"], block["name"]))
            flow, layer = (found[0].flow + found[0].suffix, found[1].layer) if found else ("-", "-")
            count = _count(plan, found[0], found[1]) if found else "1"
            yield flow, layer, block["name"], block["template"], count, str(_size(block))


def _layers(plan: Plan) -> dict[tuple[str, str], tuple[FlowPlan, Task]]:
    """Return each layer by the DAGs that may hold its task, and the task's name."""
    found = {}
    for flow, task in plan.tasks():
        graphs = [flow.name, *(part.name for part in flow.parts), *([task.loop] if task.loop else [])]
        found.update({(graph, task.name): (flow, task) for graph in graphs})
    return found


def _count(plan: Plan, flow: FlowPlan, task: Task) -> str:
    """Return the number of pods of a layer, or its source in the program's terms."""
    if task.fan_out is None:
        return "1"
    words = " x ".join(factor.shown for factor in task.fan_out.factors)
    if task.fan_out.batch > 1:
        words = f"ceil({words} / {task.fan_out.batch})"
    known = _known(plan, flow, task.fan_out)
    return words if known is None else f"{_in_pods(known, task.fan_out.batch)} = {words}"


def _in_pods(splits: int, batch: int) -> int:
    return max(1, ceil(splits / batch))


def _known(plan: Plan, flow: FlowPlan, fan_out: FanOut) -> int | None:
    """Return how many splits there are, if that is known; the first flow's parameters may still be overridden."""
    lengths = [_length(plan, flow, factor) for factor in fan_out.factors]
    return None if None in lengths else prod(length for length in lengths if length is not None)


def _length(plan: Plan, flow: FlowPlan, factor: Factor) -> int | None:
    if factor.length is not None:
        return factor.length
    if factor.layer != PARAMETERS or flow.link is not None:
        return None
    values = [json.loads(parameter.value) for parameter in plan.parameters if parameter.name == factor.attribute]
    return next((len(value) if isinstance(value, list) else 1 for value in values), None)


# bytes


def _parts(document: Block, spec: Block) -> Iterator[tuple[str, ...]]:
    """Yield the bytes of the document's parts as minified JSON; the limit also counts the characters that Go escapes."""
    yield "metadata and settings", str(_size({**document, "spec": {}}) + _size(_without(spec)))
    if "arguments" in spec:
        yield "parameters", str(_size(spec["arguments"]))
    for template in spec["templates"]:
        kind = "tasks of" if "dag" in template else "pod"
        yield f"{kind} {template['name']}", str(_size(template))


def _without(spec: Block) -> Block:
    return {name: part for name, part in spec.items() if name not in ("arguments", "templates")}


# limits


def _limits(plan: Plan, target: Target, document: Block, spec: Block) -> Iterator[tuple[str, ...]]:
    limits = target.limits
    graphs = {template["name"]: len(template["dag"]["tasks"]) for template in spec["templates"] if "dag" in template}
    widest = max(graphs, key=lambda name: graphs[name])
    parameters = spec.get("arguments", {}).get("parameters", [])
    texts = [text for template in spec["templates"] for text in _texts(template.get("container", {}))]
    known = [_known(plan, flow, task.fan_out) for flow, task in plan.tasks() if task.fan_out]
    batches = [task.fan_out.batch for _, task in plan.tasks() if task.fan_out]
    single = len(list(_pods(plan, spec))) - len(known)
    pods = single + sum(1 if splits is None else _in_pods(splits, batch) for splits, batch in zip(known, batches, strict=True))
    yield _row("templates", len(spec["templates"]), limits.templates)
    yield _row(f"tasks of {widest}", graphs[widest], limits.tasks)
    yield _row("parameters", len(parameters), limits.parameters)
    yield _row("bytes of parameters", sum(map(_parameter_bytes, parameters)), limits.parameter_bytes)
    yield _row("bytes of one argument or variable", max((len(text.encode()) for text in texts), default=0), limits.text_bytes)
    yield _row("bytes of the document", budget.size(document), limits.document_bytes)
    yield _row("pods, at least" if None in known else "pods", pods, limits.pods)


def _parameter_bytes(parameter: Block) -> int:
    """Return the bytes of a parameter's texts, which all reach a pod; see the checker."""
    texts = (parameter["name"], parameter["value"], parameter.get("description", ""), *parameter.get("enum", ()))
    return sum(len(text.encode()) for text in texts)


def _texts(container: Block) -> Iterator[str]:
    yield from container.get("command", ())
    yield from container.get("args", ())
    yield from (variable.get("value", "") for variable in container.get("env", ()))


def _row(what: str, used: int, limit: int) -> tuple[str, ...]:
    return what, str(used), str(limit), f"{used / limit:.1%}"


# failures


def _kept_back(plan: Plan) -> Iterator[tuple[str, ...]]:
    """Yield a row for each part that waits for layers which some of its layers do not need."""
    for flow in plan.flows:
        found = kept_back([part.layers for part in flow.parts], {task.layer: task.needs for task in flow.tasks})
        for part in flow.parts:
            if layers := [layer for layer in part.layers if layer in found]:
                yield f"{flow.flow}{flow.suffix}", part.name, str(len(layers)), layers[0]


# savings


def _savings(plan: Plan) -> Iterator[tuple[str, ...]]:
    """Yield the pods that batches would save, for each fan-out without batches, and those that fused layers would save."""
    for flow, task in plan.tasks():
        if task.fan_out is None or task.fan_out.batch > 1 or task.pod.program is None:
            continue
        known = _known(plan, flow, task.fan_out)
        words = " x ".join(factor.shown for factor in task.fan_out.factors)
        before = words if known is None else str(_in_pods(known, 1))
        after = f"ceil({words} / {BATCH})" if known is None else str(_in_pods(known, BATCH))
        if before != after:
            yield f"{flow.flow}{flow.suffix}", task.layer, f"batch={BATCH}", before, after
    known_rows = {task.layer for _, task in plan.tasks() if task.fused}
    for flow, task in fuse_chains(plan.but(flows=tuple(flow.but(parts=()) for flow in plan.flows))).tasks():
        if task.fused and task.layer not in known_rows:
            yield f"{flow.flow}{flow.suffix}", task.layer, "--fuse", str(len(task.fused)), "1"
