"""Turn a recorded chain into a plan; all errors of a program are found here, in the user's terms."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from laminar.compiler.ir import Factor, FanOut, FlowPlan, Link, ParameterPlan, Plan, Pod, Task
from laminar.compiler.plan import partial_execution
from laminar.compiler.plan.datastore_url import datastore_url
from laminar.compiler.plan.hook_conditions import Decisions, wrong_hooks
from laminar.compiler.plan.partial_execution import Remainder
from laminar.components import declared_parameters, replaced_parameters
from laminar.components.flow import Flow
from laminar.components.layer import Layer
from laminar.components.parameter_types import encoded
from laminar.components.parameters import fanned_out, travels, unknown_parameter
from laminar.configurations.hooks import Kind, hooks_of
from laminar.configurations.layers import Container, Retry
from laminar.configurations.schedulers import Argo, Schedule
from laminar.exceptions import FlowError, LaminarError, raise_all
from laminar.graph import PARAMETERS, Node
from laminar.program import source_location
from laminar.program.recording import Chain, Step
from laminar.worker.container_command import split_command

__all__ = ["Settings", "plan"]


@dataclass(frozen=True)
class Settings:
    """The settings of a plan that are not the program's own; the command line and the project's file make them.

    ``datastore`` is a URL that replaces the flows' own. ``parameters`` replace keywords of the program's call, ``schedule`` fields
    of the schedule of the first flow's scheduler. ``chain`` is the number of the program's chain, from 1; ``root`` is the folder
    of the project, relative to which places are shown. ``code`` names a code package, and ``program`` the program's path in it,
    which pods run in place of their image's. ``args`` follow those of the container's command in each pod.
    With ``cached``, pods may reuse earlier results. With ``logs``, they keep the output of layers.
    ``image``, and ``own_program``, the path of the compiled program in its project, are those of containers that name neither.
    ``remainder`` has the unfinished layers of a resumed execution; without one, its pods find them.
    """

    datastore: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schedule: Mapping[str, Any] = field(default_factory=dict)
    chain: int = 1
    root: str = ""
    code: str | None = None
    program: str | None = None
    args: tuple[str, ...] = ()
    image: str | None = None
    own_program: str | None = None
    remainder: Remainder | None = None
    cached: bool = True
    logs: bool = True


def plan(chain: Chain, settings: Settings | None = None) -> Plan:
    """Return the plan of a chain of executions.

    Raises FlowError, with every problem at once, for programs that a cluster could not run.
    """
    settings = settings or Settings()
    chain = _with_defaults(chain)
    decisions = [Decisions(step.flow) for step in chain.steps]
    raise_all(list(_wrong(chain, settings, decisions)))
    first = chain.first
    begin = settings.remainder.place - 1 if settings.remainder is not None else 0
    flows = tuple(_flow(chain, place, settings, decisions, begin) for place in range(begin, len(chain.steps)))
    return Plan(
        flows=flows,
        parameters=_parameters(first, settings),
        datastore=datastore_url(chain, settings.datastore),
        execution=first.execution.id,
        retry=first.action == "resume" or first.execution.retry,
        code=settings.code,
        cached=settings.cached,
        logs=settings.logs,
        chain=settings.chain,
        title=first.flow.name,
        description=inspect.cleandoc(vars(type(first.flow)).get("__doc__") or ""),
        schedule=_schedule(first.flow, settings, first.where),
        where=_relative(first.where, settings),
    )


def _with_defaults(chain: Chain) -> Chain:
    """Return a chain whose first call names the parameters too for which its flow declares defaults."""
    first = chain.first
    if first.action != "run":
        return chain
    try:
        values = declared_parameters.with_defaults(type(first.flow), first.parameters)
    except LaminarError:  # of a wrong declaration, which is reported with the other problems
        return chain
    return Chain([dataclasses.replace(first, parameters=values), *chain.steps[1:]])


# errors


def _wrong(chain: Chain, settings: Settings, decisions: Sequence[Decisions]) -> Iterator[LaminarError]:
    """Yield every problem of a chain."""
    sound = True
    for step, decided in zip(chain.steps, decisions, strict=True):
        try:
            nodes = step.flow.nodes
        except LaminarError as error:
            sound = False
            yield from error.problems or (error,)
            continue
        yield from partial_execution.wrong_action(step)
        yield from wrong_hooks(decided)
        yield from _unpackaged(step, nodes, settings)
        yield from _foreign_programs(step, nodes, settings)
    yield from _wrong_parameters(chain.first, settings)
    if sound:
        yield from _wrong_axes(chain.first, settings)
    try:
        datastore_url(chain, settings.datastore)
    except LaminarError as error:
        yield error


def _unpackaged(step: Step, nodes: Mapping[str, Node], settings: Settings) -> Iterator[LaminarError]:
    """Yield a problem for each layer that runs another command than the program, and so ignores its code package."""
    for name in nodes if settings.code is not None else ():
        registration = step.flow.registrations[name]
        command = registration.configuration.container.command
        if split_command(command)[1] is None:
            yield FlowError(
                f"Layer {name!r} runs {command!r}, which does not run the program from a code package.",
                where=registration.where,
                fix="let its container's command be python PROGRAM, or compile without --code.",
            )


def _foreign_programs(step: Step, nodes: Mapping[str, Node], settings: Settings) -> Iterator[LaminarError]:
    """Yield the layers whose command runs another file than the compiled program: their pods would not find their flow."""
    if settings.own_program is None or settings.program is not None:
        return
    for name in nodes:
        registration = step.flow.registrations[name]
        command = registration.configuration.container.command
        named = split_command(command)[1]
        if command == Container.command or named is None or os.path.basename(named) == os.path.basename(settings.own_program):
            continue
        yield FlowError(
            f"Layer {name!r} runs {command!r}, but the program that is compiled is {settings.own_program}.",
            where=registration.where,
            fix=f"leave command out, or write command='python {settings.own_program}'.",
        )


def _wrong_parameters(first: Step, settings: Settings) -> Iterator[LaminarError]:
    try:
        yield from replaced_parameters.problems(first, settings.parameters)
        values = fanned_out(first.flow.nodes, _carried(first, first.parameters))
    except LaminarError as error:  # of a fan-out over a set, or in a flow with other errors, which are reported elsewhere
        if "iterates over parameter" in error.what or "is declared" in error.what:
            yield from error.problems or (error,)
        values = {}
    for name, value in values.items():
        if name not in settings.parameters and not travels(value):
            yield FlowError(
                f"Parameter {name!r} of flow {first.flow.name!r} is {_kind(value)}, which JSON cannot carry to a cluster.",
                where=first.where,
                fix="pass numbers, text, booleans, None, lists and dicts with text keys; make other values in a layer.",
            )


def _kind(value: Any) -> str:
    kind = type(value)
    # numpy's bool is called bool, too: only its module shows that it is another type.
    name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__name__}"
    try:
        text = repr(value)
    except RecursionError:
        return f"a {name} nested too deeply"
    return text if isinstance(value, (float, int, dict, list, tuple)) and len(text) <= 60 else f"a {name}"


def _wrong_axes(first: Step, settings: Settings) -> Iterator[LaminarError]:
    for node in first.flow.nodes.values() if first.action == "run" else ():
        for axis in node.grid or ():
            if axis.layer == PARAMETERS and axis.attribute not in first.parameters:
                yield unknown_parameter(first, node.name, axis.attribute)


# the plan


def _parameters(first: Step, settings: Settings) -> tuple[ParameterPlan, ...]:
    merged = fanned_out(first.flow.nodes, _carried(first, replaced_parameters.replaced(first, settings.parameters)))
    known = declared_parameters.declarations(type(first.flow))
    return tuple(_parameter(name, value, known.get(name)) for name, value in merged.items())


def _parameter(name: str, value: Any, declared: declared_parameters.Declaration | None) -> ParameterPlan:
    text = json.dumps(value, ensure_ascii=False)
    if declared is None:
        return ParameterPlan(name=name, value=text)
    choices = tuple(json.dumps(choice, ensure_ascii=False) for choice in declared.choices)
    return ParameterPlan(name=name, value=text, description=" ".join(declared.help.partition("\n\n")[0].split()), choices=choices)


def _carried(first: Step, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with the declared ones as JSON values; a pod converts these back."""
    known = declared_parameters.declarations(type(first.flow))
    return {name: encoded(value) if name in known else value for name, value in values.items()}


def _schedule(flow: Flow, settings: Settings, where: str) -> Schedule | None:
    """Return when the flow is started: the settings of its scheduler, replaced by those of the command line."""
    scheduler = flow.configuration.scheduler
    given = dataclasses.asdict(scheduler.settings) if isinstance(scheduler, Argo) else {"schedules": ()}
    fields = {**given, **settings.schedule}
    if not fields["schedules"] and not settings.schedule:
        return None
    from pydantic import TypeAdapter, ValidationError  # imported only here: loading it takes as long as compiling a hundred layers

    try:
        return TypeAdapter(Schedule).validate_python(fields)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = {"schedules": "schedule"}.get(str(wrong["loc"][0]), wrong["loc"][0])
        raise FlowError(
            f"The scheduler of flow {flow.name!r} has {name}={wrong['input']!r}; {wrong['msg'].replace('Input', 'it', 1)}.",
            where=_relative(where, settings),
            fix='write Argo(schedule="0 4 * * *", ...), with whole seconds and counts.',
        ) from error


def _flow(chain: Chain, place: int, settings: Settings, decisions: Sequence[Decisions], begin: int) -> FlowPlan:
    """Return the plan of the chain's flow at a place, from 0; the flow at ``begin`` is the first to run."""
    step, decided = chain.steps[place], decisions[place]
    names = [step.flow.name for step in chain.steps]
    occurrence = names[: place + 1].count(step.flow.name)
    suffix = "" if occurrence == 1 else f"-{occurrence}"
    gate = _smallest(decided, settings)
    nodes = decided.nodes.values()
    tasks = tuple(_task(decided, node, gate, settings) for node in nodes if node.name != PARAMETERS)
    return FlowPlan(
        flow=step.flow.name,
        name=step.flow.name + suffix,
        suffix=suffix,
        tasks=partial_execution.partial_tasks(
            step,
            place + 1,
            tasks,
            gate,
            decided,
            where=_relative(step.where, settings),
            remainder=settings.remainder if place == begin else None,
        ),
        link=_link(chain, place, settings, decisions[place - 1]) if place > begin else None,
        where=_relative(source_location.of_class(type(step.flow)), settings),
    )


def _link(chain: Chain, place: int, settings: Settings, before: Decisions) -> Link:
    """Return the link before a flow: it runs in the smallest container of the flow before it, whose artifacts it reads."""
    return Link(name=f"link-{place + 1}", pod=_smallest(before, settings), where=_relative(chain.steps[place].where, settings))


def _smallest(decided: Decisions, settings: Settings) -> Pod:
    """Return the pod of links and gates, which compute little: the smallest in which the flow's program runs.

    Pods that no hook changes come first: links and gates can share their templates.
    """
    flow = decided.flow
    configurations = {name: flow.registrations[name].configuration for name in decided.nodes if name != PARAMETERS}
    running = [name for name, given in configurations.items() if split_command(given.container.command)[1] is not None]
    if not running:
        return _pod(Container(), Retry(), settings)
    same = [name for name in running if not _changes_pods(flow.registrations[name].layer)]
    smallest = min(same or running, key=lambda name: _weight(configurations[name].container))
    return _pod(decided.configured(smallest).container, configurations[smallest].retry, settings)


def _changes_pods(layer: type[Layer]) -> bool:
    """Return whether a layer has its own hooks that change its pods."""
    return any(any(hooks_of(layer, kind)) for kind in KINDS)


KINDS: tuple[Kind, ...] = ("submission", "retry")
"""The kinds of hooks that change pods."""


def _weight(container: Container) -> tuple[float, ...]:
    return container.gpu, container.memory, container.cpu


def _task(decided: Decisions, node: Node, gate: Pod, settings: Settings) -> Task:
    registration = decided.flow.registrations[node.name]
    configured = decided.configured(node.name)
    container = configured.container
    if container.timeout is not None and node.batch > 1:
        container = dataclasses.replace(container, timeout=container.timeout * node.batch)
    pod = _pod(container, registration.configuration.retry, settings)
    return Task(
        layer=node.name,
        name=node.name,
        needs=decided.in_order(name for name in set(node.needs) if name != PARAMETERS),
        fan_out=_fan_out(decided, node),
        pod=pod.but(patched=node.submission, attempts=configured.attempts),
        condition=decided.condition(node, gate),
        where=_relative(registration.where, settings),
    )


def _fan_out(decided: Decisions, node: Node) -> FanOut | None:
    foreach = decided.flow.registrations[node.name].configuration.foreach
    if node.grid is None or foreach is None:
        return None
    factors = tuple(
        Factor(
            layer=axis.layer,
            attribute=axis.attribute,
            fan_out=axis.fan_out,
            split=axis.index,
            batch=decided.nodes[axis.layer].batch,
            skippable=node.entry and axis.layer in decided.skippable,
        )
        for axis in node.grid
    )
    return FanOut(factors=factors, batch=foreach.batch, parallelism=foreach.parallelism)


def _pod(container: Container, retry: Retry, settings: Settings) -> Pod:
    """Return the pod of a container; Argo's retries have no jitter, so that a different jitter makes no different pod."""
    return _common_pod(container, retry, settings.image, settings.own_program, settings.program, settings.args)


@functools.lru_cache(maxsize=64)
def _common_pod(
    container: Container, retry: Retry, image: str | None, own_program: str | None, program: str | None, args: tuple[str, ...]
) -> Pod:
    """Return a pod, made once for all layers with equal containers."""
    if image is not None and container.image == Container.image:
        container = dataclasses.replace(container, image=image)
    if own_program is not None and container.command == Container.command:
        container = dataclasses.replace(container, command=shlex.join(["python", own_program]))
    return Pod(container=container, packaged=program, args=args, retry=dataclasses.replace(retry, jitter=0))


def _relative(where: str, settings: Settings) -> str:
    """Return a place relative to the project's root, so that no document depends on the project's location."""
    path, _, line = where.rpartition(":")
    if not path or not settings.root:
        return ""
    inside = os.path.relpath(os.path.abspath(path), settings.root)
    return f"{os.path.basename(path) if inside.startswith(os.pardir) else inside}:{line}"
