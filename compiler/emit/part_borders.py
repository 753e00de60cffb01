"""Resolve the values that tasks read of other tasks of their flow: directly, or across the border of a part."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from laminar.compiler import names
from laminar.compiler.ir import Factor, FlowPlan, Part, Task
from laminar.graph import PARAMETERS, published
from laminar.templates.block import Block
from laminar.templates.dag import output
from laminar.templates.expression import Length, counted, tag, term

__all__ = ["Crossings", "Read"]

LENGTHS = "lengths"
"""The input of a linked flow: the lengths of its parameters, which its link publishes."""


@dataclass(frozen=True)
class Read:
    """Value that a task reads of a layer: its ``status``, its ``entries`` (answers of hooks), or the length of a factor."""

    kind: str
    layer: str
    factor: Factor | None = None


@dataclass(frozen=True)
class Crossings:
    """One flow, with the values that its tasks' expressions can read.

    Inside a DAG an expression refers to tasks. A value of another part is an input of its own part, and an output of the
    other. Outputs are kept in the workflow's status, so they are small: one sum for a fan-out, not its lengths.
    """

    flow: FlowPlan

    @cached_property
    def tasks(self) -> Mapping[str, Task]:
        """Return tasks by their layers."""
        return {task.layer: task for task in self.flow.tasks}

    @cached_property
    def part_of(self) -> Mapping[str, str]:
        """Return the names of layers' parts; there is none in a flow that is one DAG."""
        return {layer: part.name for part in self.flow.parts for layer in part.layers}

    @cached_property
    def names(self) -> Mapping[Read, str]:
        """Return the values that cross a border, with their names on both sides."""
        wishes: dict[Read, str] = {}
        taken: set[str] = set()
        for task in self.flow.tasks:
            for read in self._reads(task):
                if self._crosses(task, read.layer) and read not in wishes:
                    wish = f"{self.tasks[read.layer].name}-{read.factor.attribute if read.factor else read.kind}"
                    wishes[read] = wish if wish not in taken else f"{wish}-{len(taken)}"
                    taken.add(wishes[read])
        called = names.tasks(wishes.values(), taken={LENGTHS})
        return {read: called[wish] for read, wish in wishes.items()}

    @cached_property
    def published(self) -> Collection[str]:
        """Return the layers whose lengths some fan-out of the flow reads."""
        return published(factor for task in self.flow.tasks for factor in counting(task)).keys()

    @cached_property
    def evaluators(self) -> frozenset[str]:
        """Return the layers whose pods evaluate hooks of layers below."""
        return frozenset(task.condition.evaluator for task in self.flow.tasks if task.condition.evaluator)

    # paths and lengths in expressions

    def status(self, task: Task, layer: str) -> tuple[str, ...]:
        """Return the path of a layer's status, for a task's expressions."""
        read = Read("status", layer)
        return self._input(read) if self._crosses(task, layer) else ("tasks", self.tasks[layer].name, "status")

    def entries(self, task: Task) -> tuple[str, ...]:
        """Return the path of the answers of a task's hooks: from the layer above, or from its gate, which is in the same part."""
        layer = task.condition.evaluator
        if layer is not None and self._crosses(task, layer):
            return self._input(Read("entries", layer))
        return _output(self.tasks[layer].name if layer else task.condition.gate or "", "entries")

    def length(self, task: Task, factor: Factor) -> int | Length:
        """Return one factor of a task's fan-out."""
        if factor.length is not None:
            return factor.length
        if factor.layer == PARAMETERS:
            return _of_parameters(self.flow, factor)
        if self._crosses(task, factor.layer):
            return Length.of_number(term(*self._input(_counting(task, factor))))
        return self._direct(factor)

    # inputs and outputs of parts

    def inputs(self, part: Part) -> Iterator[tuple[str, str]]:
        """Yield the inputs of a part, with their values in the flow's DAG."""
        mine = [self.tasks[layer] for layer in part.layers]
        if any(factor.layer == PARAMETERS for task in mine for factor in counting(task)) and self.flow.link is not None:
            yield LENGTHS, tag(f"inputs.parameters.{LENGTHS}")
        found = {read for task in mine for read in self._reads(task) if self._crosses(task, read.layer)}
        for read, name in self.names.items():
            if read in found:
                yield name, tag(f"tasks.{self.part_of[read.layer]}.outputs.parameters.{name}")

    def outputs(self, part: Part) -> Iterator[Block]:
        """Yield the outputs of a part that other parts read."""
        for read, name in self.names.items():
            if self.part_of[read.layer] == part.name:
                yield self._output(read, name)

    def waits(self, part: Part) -> tuple[str, ...]:
        """Return the parts that a part waits for, without those that these wait for themselves."""
        waits = self._waits[part.name]
        return tuple(name for name in waits if not any(name in self._above[other] for other in waits))

    @cached_property
    def _waits(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for part in self.flow.parts:
            needed = {self.part_of[need] for layer in part.layers for need in self.tasks[layer].needs}
            found[part.name] = [other for other in found if other in needed]
        return found

    @cached_property
    def _above(self) -> Mapping[str, frozenset[str]]:
        """Return for each part all parts that it waits for, directly or not."""
        found: dict[str, frozenset[str]] = {}
        for name, waits in self._waits.items():
            found[name] = frozenset(waits).union(*(found[other] for other in waits))
        return found

    def _crosses(self, task: Task, layer: str) -> bool:
        return bool(self.part_of) and self.part_of[task.layer] != self.part_of[layer]

    def _input(self, read: Read) -> tuple[str, ...]:
        return "inputs", "parameters", self.names[read]

    def _reads(self, task: Task) -> Iterator[Read]:
        """Yield the values that a task's expressions read of other layers."""
        condition = task.condition
        yield from (Read("status", layer) for layer in condition.follows)
        if condition.evaluator:
            yield Read("entries", condition.evaluator)
        yield from (_counting(task, factor) for factor in counting(task) if factor.layer != PARAMETERS)

    def _direct(self, factor: Factor) -> Length:
        source = term(*_output(self.tasks[factor.layer].name, LENGTHS))
        if not factor.fan_out:
            length = Length.of_pod(source, factor.attribute)
        elif factor.split is None:
            length = Length.of_all(source, factor.attribute)
        else:
            length = Length.of_split(source, factor.attribute, factor.split, factor.batch)
        return length.or_none() if factor.skippable else length

    def _output(self, read: Read, name: str) -> Block:
        task = self.tasks[read.layer].name
        if read.kind == "status":
            return output(name, expression=f"{term('tasks', task, 'status')} ?? 'none'", default="none")
        if read.factor is not None:
            # Argo uses the default for an expression that fails, too (seen on 4.1.2): a number would give a missing split elements.
            return output(name, expression=counted(self._direct(read.factor)), default="none")
        return output(name, parameter=tag(".".join(_output(task, "entries"))), default="{}")


def counting(task: Task) -> list[Factor]:
    """Return the factors of a task whose length is still unknown."""
    return [factor for factor in task.fan_out.factors if factor.length is None] if task.fan_out else []


def _counting(task: Task, factor: Factor) -> Read:
    """Return a factor as it is read across a border: counted by the other part, also where the layer was skipped."""
    skippable = factor.skippable or factor.layer in task.condition.follows
    return Read("length", factor.layer, factor.but(skippable=skippable))


def _of_parameters(flow: FlowPlan, factor: Factor) -> Length:
    if flow.link is None:
        return Length.of_parameter(term("workflow", "parameters", factor.attribute))
    return Length.of_pod(term("inputs", "parameters", LENGTHS), factor.attribute)


def _output(task: str, name: str) -> tuple[str, ...]:
    return "tasks", task, "outputs", "parameters", name
