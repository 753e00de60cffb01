"""Define the plan, which the compiler's stages pass on, made of a recorded chain.

A plan holds Python names and numbers; only the emitter converts them to Argo's form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeVar

from laminar.configurations.layers import Container, Retry
from laminar.configurations.schedulers import Schedule
from laminar.worker.container_command import split_command

__all__ = [
    "Condition",
    "Documents",
    "Factor",
    "FanOut",
    "FlowPlan",
    "Link",
    "ParameterPlan",
    "Part",
    "Plan",
    "Pod",
    "Task",
    "from_json",
    "show",
    "to_json",
]

Documents = tuple[dict[str, Any], ...]
"""Emitted documents: nested dict, list, str, int and bool, and never None."""

SelfT = TypeVar("SelfT", bound="Value")


class Value:
    """A frozen value; ``but`` makes a changed copy."""

    __slots__ = ()
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - read by pydantic, by this name, when a saved plan is read

    def but(self: SelfT, **changes: Any) -> SelfT:
        """Return a copy with these fields changed."""
        return replace(self, **changes)  # type: ignore[type-var]  # every subclass is a dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Pod(Value):
    """Everything that distinguishes a pod: tasks with equal pods share one template.

    ``packaged`` is the program's path in the code package that replaces the program of the image. ``args`` are passed to the
    program after the arguments of the container's command. ``patched`` pods get a patch from their task, by submission hooks.
    ``attempts`` are patches (JSON) for the attempts from the first on, by retry hooks.
    """

    container: Container
    packaged: str | None = None
    args: tuple[str, ...] = ()
    retry: Retry = field(default_factory=Retry)
    patched: bool = False
    attempts: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """Return the words before the program's path (``python -u``); without a program, the whole command."""
        return _split(self.container.command)[0]

    @property
    def program(self) -> str | None:
        """Return the program's path where the command is ``python PROGRAM [ARGS]``, else None."""
        program = _split(self.container.command)[1]
        return program if program is None or self.packaged is None else self.packaged

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the words after the program's path."""
        _, program, words = _split(self.container.command)
        return words if program is None else (*words, *self.args)


_split = lru_cache(maxsize=1024)(split_command)


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor(Value):
    """One factor of a fan-out's count: how many elements ``attribute`` of ``layer`` has.

    ``layer`` is ``"Parameters"`` for a parameter of the flow. ``fan_out`` means that the layer is a fan-out itself, with ``batch``
    splits a pod; ``split`` is then the split whose elements are counted, or None for all splits. ``length`` is a length that is
    known already. A ``skippable`` layer may have been skipped although this one runs, and then has no elements.
    """

    layer: str
    attribute: str
    fan_out: bool = False
    split: int | None = None
    batch: int = 1
    length: int | None = None
    skippable: bool = False

    @property
    def shown(self) -> str:
        """Return the text for people: ``A.rows``, ``A[*].rows`` of all splits of a fan-out, ``A[2].rows`` of one."""
        split = "" if not self.fan_out else "[*]" if self.split is None else f"[{self.split}]"
        return f"{self.layer}{split}.{self.attribute}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FanOut(Value):
    """The grid of a layer's splits: the product of its factors, ``batch`` splits a pod, at most ``parallelism`` pods at once."""

    factors: tuple[Factor, ...]
    batch: int = 1
    parallelism: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition(Value):
    """The decision whether a layer runs, and in which pods.

    ``entry`` and ``patched`` mean that entry and submission hooks are evaluated: by the pod of the layer ``evaluator``, or, where
    that is None, by a gate, a task ``gate`` (named by the naming pass) that runs in ``pod``. The layer is skipped with any of the
    layers ``follows``.
    """

    entry: bool = False
    patched: bool = False
    evaluator: str | None = None
    follows: tuple[str, ...] = ()
    pod: Pod | None = None
    gate: str | None = None
    template: str = "layer"


@dataclass(frozen=True, kw_only=True, slots=True)
class Task(Value):
    """One layer of a flow.

    ``layer`` is the Python name, ``name`` its name in Argo (equal until the naming pass), ``needs`` the layers it waits for
    (Python names, in graph order, without Parameters), ``where`` the place of its class as ``file.py:31``. ``label`` appears in
    for the layer's name where that cannot be a label's value, ``loop`` names the separate template of a fan-out with bounded
    parallelism (both are the naming pass' work). ``fixed`` is the one split that is run, and of how many.
    ``fused`` are the layers that the task runs one after the other, where they are several; ``layer`` is then ``A+B+C``.
    """

    layer: str
    name: str
    needs: tuple[str, ...] = ()
    fan_out: FanOut | None = None
    pod: Pod
    template: str = "layer"
    label: str | None = None
    loop: str | None = None
    fused: tuple[str, ...] = ()
    condition: Condition = Condition()
    fixed: tuple[int, int] | None = None
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link(Value):
    """The linker before a flow: ``name`` (``link-2`` leads to the chain's second flow), run in ``pod``."""

    name: str
    pod: Pod
    template: str = "layer"
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part(Value):
    """Some layers of a flow that has too many for one DAG: ``name`` is that of their DAG's template and of its task."""

    name: str
    layers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowPlan(Value):
    """One flow of the chain.

    ``flow`` is the Python name, ``name`` its DAG template's, ``suffix`` the end of its execution id (``"-2"`` for the second
    occurrence of the same flow), ``link`` how its parameters are made (None for the first). ``parts`` holds all layers, a part
    after those that it waits for, where they are too many for one DAG (made by the nesting pass), else nothing.
    """

    flow: str
    name: str
    suffix: str = ""
    tasks: tuple[Task, ...]
    parts: tuple[Part, ...] = ()
    link: Link | None = None
    where: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterPlan(Value):
    """A parameter of the first flow: ``value`` is JSON text, as ``json.dumps`` with non-ASCII characters kept.

    ``description`` is the help of its declaration, ``choices`` the JSON texts of the values that its declared type lists.
    """

    name: str
    value: str
    description: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan(Value):
    """A whole chain: its flows in order, the first flow's parameters, the store that its pods share.

    ``execution`` is an id given in the program, else None (the workflow's uid is used); ``retry`` means that it is resumed.
    With ``cached``, layers that are registered with a cache may reuse earlier results. With ``logs``, the output of layers is kept.
    ``chain`` counts the program's chains from 1. ``title`` and ``description`` come from the first flow's name and docstring,
    ``schedule`` from its scheduler. ``code`` names the code package that pods run, None where their image holds the program.
    """

    flows: tuple[FlowPlan, ...]
    parameters: tuple[ParameterPlan, ...] = ()
    datastore: str
    execution: str | None = None
    retry: bool = False
    code: str | None = None
    cached: bool = True
    logs: bool = True
    chain: int = 1
    title: str = ""
    description: str = ""
    schedule: Schedule | None = None
    where: str = ""

    def tasks(self) -> Iterator[tuple[FlowPlan, Task]]:
        """Yield every task with its flow, in graph order."""
        for flow in self.flows:
            for task in flow.tasks:
                yield flow, task


def to_json(plan: Plan) -> str:
    """Return a plan as JSON, for `from_json`."""
    from pydantic import TypeAdapter

    return TypeAdapter(Plan).dump_json(plan).decode()


def from_json(text: str) -> Plan:
    """Return the plan that was saved as JSON.

    Raises ValueError (pydantic's ValidationError) for anything else.
    """
    from pydantic import TypeAdapter

    return TypeAdapter(Plan).validate_json(text)


def show(plan: Plan) -> str:
    """Return a plan as text, a task a line.

    Lines read ``Flow.Layer[A.rows x B.cols] <- A, B  template (file:line)``.
    """
    lines = [f"{parameter.name} = {parameter.value}" for parameter in plan.parameters]
    for flow in plan.flows:
        if flow.link:
            lines.append(f"{flow.link.name} -> {flow.flow}  {flow.link.template}")
        for task in flow.tasks:
            grid = "[" + " x ".join(factor.shown for factor in task.fan_out.factors) + "]" if task.fan_out else ""
            needs = f" <- {', '.join(task.needs)}" if task.needs else ""
            lines.append(f"{flow.flow}{flow.suffix}.{task.layer}{grid}{needs}  {task.template}")
    return "\n".join(lines)
