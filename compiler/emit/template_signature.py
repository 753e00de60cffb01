"""Decide which values are inputs of a layer template and which are constant in it, from the tasks that use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from laminar.compiler import names
from laminar.compiler.emit.part_borders import Crossings
from laminar.compiler.ir import FlowPlan, Plan, Pod, Task
from laminar.graph import PARAMETERS
from laminar.templates import gate
from laminar.templates.expression import pods, splits, tag
from laminar.templates.fan_out import INDEX

__all__ = ["Signature", "Use", "Uses", "over_parameters", "signatures", "uses"]

DEFAULTS = {"suffix": "", "index": "0", "splits": "1", "batch": "1"}
"""The values that a task may omit; ``layer``, ``flow`` and ``label`` have no default."""

OUTPUTS = ("lengths", "entries")


@dataclass(frozen=True)
class Use:
    """The values that one task passes to its template, its number of pods, and which of its outputs are read.

    ``when`` is its condition, ``gate`` the use of the task that evaluates its hooks, where there is one.
    """

    template: str
    pod: Pod
    values: Mapping[str, str]
    count: str | None = None
    publishes: tuple[str, ...] = ()
    when: str = ""
    gate: Use | None = None


@dataclass(frozen=True)
class Signature:
    """The inputs of a template, with their defaults (None where each task has a value), and its constants."""

    inputs: Mapping[str, str | None]
    constants: Mapping[str, str]

    def value(self, name: str) -> str:
        """Return how a value is written inside the template."""
        return tag(f"inputs.parameters.{name}") if name in self.inputs else self.constants[name]

    def arguments(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return those of a task's values that differ from the defaults."""
        return {name: values[name] for name, default in self.inputs.items() if values[name] != default}


Uses = tuple[tuple[Use | None, tuple[Use, ...]], ...]
"""For each flow the use of its link, if it has one, and of its tasks."""


def uses(plan: Plan) -> Uses:
    """Return for each flow the use of its link, if it has one, and of its tasks."""
    found = []
    for place, flow in enumerate(plan.flows):
        seen = Crossings(flow)
        found.append((_link_use(plan, place), tuple(_task_use(seen, task) for task in flow.tasks)))
    return tuple(found)


def signatures(used: Uses) -> dict[str, tuple[Pod, Signature, tuple[str, ...]]]:
    """Return for each layer template its pod, its signature, and the outputs that it publishes, from all uses of templates."""
    found: dict[str, list[Use]] = {}
    others = []
    for link, tasks in used:
        others += [use.gate for use in tasks if use.gate]
        others += [link] if link else []
        for use in tasks:
            found.setdefault(use.template, []).append(use)
    for use in others:
        found.setdefault(use.template, []).append(use)
    return {
        name: (
            group[0].pod,
            _signature(group),
            tuple(output for output in OUTPUTS if any(output in use.publishes for use in group)),
        )
        for name, group in found.items()
    }


def _signature(group: Sequence[Use]) -> Signature:
    inputs: dict[str, str | None] = {"layer": None}
    constants: dict[str, str] = {}
    labelled = any(use.values["label"] != use.values["layer"] for use in group)
    for name in ("flow", "suffix", "label", "index", "splits", "batch", *(["patch"] if group[0].pod.patched else [])):
        values = [use.values[name] for use in group]
        if name == "label" and not labelled:
            constants[name] = tag("inputs.parameters.layer")
        elif len(set(values)) == 1 and "{{" not in values[0]:
            constants[name] = values[0]
        elif name in ("label", "patch"):
            inputs[name] = None
        else:
            default = DEFAULTS.get(name, values[0])
            inputs[name] = default if default in values else None
    return Signature(inputs, constants)


# the values of tasks and links


def _task_use(seen: Crossings, task: Task) -> Use:
    flow, condition = seen.flow, task.condition
    lengths = [seen.length(task, factor) for factor in task.fan_out.factors] if task.fan_out else []
    values = _values(flow, task.layer, task.label)
    follows = [seen.status(task, layer) for layer in condition.follows]
    answers = [gate.answer(seen.entries(task), task.layer)] if condition.entry else []
    runs = " && ".join([*answers, *([gate.ran(follows)] if follows else [])])
    count, when = None, ""
    if task.fixed:
        values |= {"index": str(task.fixed[0]), "splits": str(task.fixed[1])}
    if task.fan_out:
        values |= {"index": INDEX, "splits": splits(lengths, runs), "batch": str(task.fan_out.batch)}
        count = pods(lengths, task.fan_out.batch, runs)
    if runs and (not task.fan_out or task.loop):
        when = gate.when(runs) if answers else gate.when_ran(follows)
    if condition.patched:
        values["patches"] = gate.patches(seen.entries(task), task.layer)
        source = gate.INPUT if task.loop else values["patches"]
        values["patch"] = gate.patch(source, fan_out=task.fan_out is not None)
    read = {"lengths": task.layer in seen.published, "entries": task.layer in seen.evaluators}
    publishes = tuple(name for name in OUTPUTS if read[name])
    return Use(task.template, task.pod, values, count, publishes, when, _gate_use(flow, task))


def _gate_use(flow: FlowPlan, task: Task) -> Use | None:
    """Return the use of the gate that evaluates a layer's hooks, if it has one."""
    condition, layer = task.condition, f"{task.layer}-gate"
    if condition.pod is None:
        return None
    values = _values(flow, layer, condition.gate if names.label(layer) != layer else None)
    return Use(condition.template, condition.pod, values, publishes=("entries",))


def _link_use(plan: Plan, place: int) -> Use | None:
    """Return the use of the link before a flow; it runs as a layer of the flow before, whose execution it reads."""
    link = plan.flows[place].link
    if link is None:
        return None
    values = _values(plan.flows[place - 1], link.name, None)
    return Use(link.template, link.pod, values, publishes=("lengths",) if over_parameters(plan.flows[place]) else ())


def _values(flow: FlowPlan, layer: str, label: str | None) -> dict[str, str]:
    return {**DEFAULTS, "layer": layer, "flow": flow.flow, "suffix": flow.suffix, "label": label or layer}


def over_parameters(flow: FlowPlan) -> bool:
    """Return whether a linked flow iterates over parameters, whose lengths its link has to publish."""
    return flow.link is not None and PARAMETERS in Crossings(flow).published
