"""Turn a recorded chain into a plan; everything that can be wrong with a program is found here, in the user's terms."""

from __future__ import annotations

import dataclasses
import inspect
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from laminar.compiler.ir import Factor, FanOut, FlowPlan, Link, ParameterPlan, Plan, Pod, Task
from laminar.compiler.plan import hook_conditions, partial_execution
from laminar.components import parameter_text
from laminar.components.dependency_inference import Registration
from laminar.components.flow import Flow
from laminar.components.parameters import fanned_out, travels, unknown_parameter
from laminar.configurations.datastores import Local, open_store
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
    """What the command line, or the project's file, says about a plan: ``parameters`` replace the program's keywords.

    ``schedule`` replaces fields of the schedule that the first flow's scheduler has.
    ``code`` names a code package, and ``program`` the program's path in it: pods run that in place of their image's.
    ``args`` are passed to the program in each pod, after those of the container's command.
    """

    datastore: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schedule: Mapping[str, Any] = field(default_factory=dict)
    chain: int = 1
    root: str = ""
    code: str | None = None
    program: str | None = None
    args: tuple[str, ...] = ()


def plan(chain: Chain, settings: Settings | None = None) -> Plan:
    """Return the plan of a chain of executions.

    Raises FlowError, with every problem at once, for what a cluster could not run.
    """
    settings = settings or Settings()
    problems = list(_wrong(chain, settings))
    raise_all(problems)
    first = chain.first
    flows = tuple(_flow(chain, place, settings) for place in range(len(chain.steps)))
    return Plan(
        flows=flows,
        parameters=_parameters(first, settings),
        datastore=_url(chain, settings),
        execution=first.execution.id,
        retry=first.action == "resume" or first.execution.retry,
        code=settings.code,
        chain=settings.chain,
        title=first.flow.name,
        description=inspect.cleandoc(vars(type(first.flow)).get("__doc__") or ""),
        schedule=_schedule(first.flow, settings, first.where),
        where=_relative(first.where, settings),
    )


# what is wrong


def _wrong(chain: Chain, settings: Settings) -> Iterator[LaminarError]:
    """Give every problem of a chain."""
    sound = True
    for step in chain.steps:
        try:
            nodes = step.flow.nodes
        except LaminarError as error:
            sound = False
            yield from error.problems or (error,)
            continue
        yield from _unsupported(step, nodes)
        yield from _unpackaged(step, nodes, settings)
    yield from _wrong_parameters(chain.first, settings)
    if sound:
        yield from _wrong_axes(chain.first, settings)
    try:
        _url(chain, settings)
    except LaminarError as error:
        yield error


def _unsupported(step: Step, nodes: Mapping[str, Node]) -> Iterator[LaminarError]:
    yield from partial_execution.wrong_action(step)
    yield from hook_conditions.wrong_hooks(step.flow)


def _unpackaged(step: Step, nodes: Mapping[str, Node], settings: Settings) -> Iterator[LaminarError]:
    """Give the layers that run something else than the program, and so nothing of its code package."""
    for name in nodes if settings.code is not None else ():
        registration = step.flow.registrations[name]
        command = registration.configuration.container.command
        if split_command(command)[1] is None:
            yield FlowError(
                f"Layer {name!r} runs {command!r}, which does not run the program from a code package.",
                where=registration.where,
                fix="let its container's command be python PROGRAM, or compile without --code.",
            )


def _wrong_parameters(first: Step, settings: Settings) -> Iterator[LaminarError]:
    yield from parameter_text.problems(first, settings.parameters)
    try:
        values = fanned_out(first.flow.nodes, first.parameters)
    except LaminarError as error:  # of a fan-out over a set, or over a flow that is wrong anyway, which is reported elsewhere
        if "iterates over parameter" in error.what:
            yield error
        values = {}
    for name, value in values.items():
        if name not in settings.parameters and not travels(value):
            yield FlowError(
                f"Parameter {name!r} of flow {first.flow.name!r} is {_kind(value)}, which JSON cannot carry to a cluster.",
                where=first.where,
                fix="give numbers, text, booleans, None, lists and dicts with text keys; make other values in a layer.",
            )


def _kind(value: Any) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return f"a {type(value).__name__} nested too deeply"
    return text if isinstance(value, (float, int, dict, list, tuple)) and len(text) <= 60 else f"a {type(value).__name__}"


def _wrong_axes(first: Step, settings: Settings) -> Iterator[LaminarError]:
    for node in first.flow.nodes.values() if first.action == "run" else ():
        for axis in node.grid or ():
            if axis.layer == PARAMETERS and axis.attribute not in first.parameters:
                yield unknown_parameter(first, node.name, axis.attribute)


# the datastore


def _url(chain: Chain, settings: Settings) -> str:
    """Return the URL of the store that the chain's pods share.

    Raises FlowError for one that pods cannot reach.
    """
    if settings.datastore is not None:
        _check_url(settings.datastore, chain)
        return settings.datastore
    stores = {step.flow.configuration.datastore.url: step for step in chain.steps}
    if len(stores) > 1:
        raise FlowError(
            f"The flows of the chain keep their data in different places: {', '.join(sorted(stores))}.",
            where=chain.first.where,
            fix="give all of them one datastore, or say --datastore URL.",
        )
    step = chain.first
    store = step.flow.configuration.datastore
    if not store.shared:
        raise FlowError(
            f"Flow {step.flow.name!r} keeps its data in the memory of one process, which pods cannot share.",
            where=step.where,
            fix="say --datastore URL, set datastore in [tool.laminar] of pyproject.toml, or give the flow another datastore.",
        )
    if isinstance(store, Local):
        if store.relative:
            raise FlowError(
                f"Flow {step.flow.name!r} keeps its data in a folder given as a relative path, which pods cannot share.",
                where=step.where,
                fix="say --datastore URL, set datastore in [tool.laminar] of pyproject.toml, or give the flow another datastore.",
            )
        _check_mounted(store.root, chain)
    url: str = store.url
    return url


def _check_url(url: str, chain: Chain) -> None:
    if "://" not in url and not url.startswith("/"):
        raise FlowError(
            f"Datastore {url!r} is a relative path, which means nothing in a pod.",
            where=chain.first.where,
            fix="give a URL such as s3://bucket/prefix, or the absolute path of a mounted volume.",
        )
    store = open_store(url)
    if not store.shared:
        raise FlowError(f"Datastore {url!r} lives in one process, which pods cannot share.", fix="give another URL.")
    if isinstance(store, Local):
        _check_mounted(store.root, chain)


def _check_mounted(root: str, chain: Chain) -> None:
    """Raise FlowError for layers in whose container no shared volume is mounted at a local store's folder."""
    missing: dict[str, str] = {}
    for step in chain.steps:
        for name, registration in step.flow.registrations.items():
            volumes = registration.configuration.container.volumes
            shared = [volume for volume in volumes if volume.claim or volume.host_path]
            if name != PARAMETERS and not any(_below(root, volume.mount) for volume in shared):
                missing.setdefault(name, registration.where)
    if missing:
        names = ", ".join(missing)
        raise FlowError(
            f"The datastore is the folder {root!r}, and no shared volume is mounted there in the container of: {names}.",
            where=next(iter(missing.values())),
            fix=f'add Container(volumes=[Volume(mount={root!r}, claim="...")]) to each, or use an object store.',
        )


def _below(path: str, folder: str) -> bool:
    return (path.rstrip("/") + "/").startswith(folder.rstrip("/") + "/")


# the plan


def _parameters(first: Step, settings: Settings) -> tuple[ParameterPlan, ...]:
    merged = fanned_out(first.flow.nodes, parameter_text.replaced(first, settings.parameters))
    return tuple(ParameterPlan(name=name, value=json.dumps(value, ensure_ascii=False)) for name, value in merged.items())


def _schedule(flow: Flow, settings: Settings, where: str) -> Schedule | None:
    """Return when the flow is started: what its scheduler says, and the command line over it."""
    scheduler = flow.configuration.scheduler
    given = dataclasses.asdict(scheduler.settings) if isinstance(scheduler, Argo) else {"schedules": ()}
    fields = {**given, **settings.schedule}
    if not fields["schedules"] and not settings.schedule:
        return None
    from pydantic import TypeAdapter, ValidationError  # only here: loading it takes as long as compiling a hundred layers

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


def _flow(chain: Chain, place: int, settings: Settings) -> FlowPlan:
    step = chain.steps[place]
    names = [step.flow.name for step in chain.steps]
    occurrence = names[: place + 1].count(step.flow.name)
    suffix = "" if occurrence == 1 else f"-{occurrence}"
    gate = _smallest(step.flow, settings)
    decided = hook_conditions.Decisions(step.flow.nodes)
    nodes = step.flow.nodes.values()
    tasks = tuple(_task(step.flow, node, gate, settings, decided) for node in nodes if node.name != PARAMETERS)
    return FlowPlan(
        flow=step.flow.name,
        name=step.flow.name + suffix,
        suffix=suffix,
        tasks=partial_execution.partial_tasks(step, place + 1, tasks, gate, decided, where=_relative(step.where, settings)),
        link=_link(chain, place, settings) if place else None,
        where=_relative(source_location.of_class(type(step.flow)), settings),
    )


def _link(chain: Chain, place: int, settings: Settings) -> Link:
    """Return the link before a flow: it runs in the smallest container of the flow before it, whose artifacts it reads."""
    return Link(
        name=f"link-{place + 1}",
        pod=_smallest(chain.steps[place - 1].flow, settings),
        where=_relative(chain.steps[place].where, settings),
    )


def _smallest(flow: Flow, settings: Settings) -> Pod:
    """Return the pod of links and gates, which compute little: the smallest in which the flow's program runs.

    Pods that no hook changes come first, as a template can be shared with them.
    """
    own = [name for name in flow.nodes if name != PARAMETERS]
    running = [name for name in own if split_command(flow.registrations[name].configuration.container.command)[1] is not None]
    if not running:
        return _pod(Container(), Retry(), settings)
    same = [name for name in running if not any(flow.layer(name).hooks[kind] for kind in ("submission", "retry"))]
    smallest = min(same or running, key=lambda name: _weight(flow.registrations[name].configuration.container))
    return _pod(hook_conditions.constant(flow, smallest), flow.registrations[smallest].configuration.retry, settings)


def _weight(container: Container) -> tuple[float, ...]:
    return container.gpu, container.memory, container.cpu


def _task(flow: Flow, node: Node, gate: Pod, settings: Settings, decided: hook_conditions.Decisions) -> Task:
    registration = flow.registrations[node.name]
    container = hook_conditions.constant(flow, node.name)
    if container.timeout is not None and node.batch > 1:
        container = dataclasses.replace(container, timeout=container.timeout * node.batch)
    pod = _pod(container, registration.configuration.retry, settings)
    return Task(
        layer=node.name,
        name=node.name,
        needs=decided.in_order(name for name in set(node.needs) if name != PARAMETERS),
        fan_out=_fan_out(flow, node, registration, decided),
        pod=pod.but(patched=node.submission, attempts=hook_conditions.by_attempt(flow, node.name)),
        condition=decided.condition(node, gate),
        where=_relative(registration.where, settings),
    )


def _fan_out(flow: Flow, node: Node, registration: Registration, decided: hook_conditions.Decisions) -> FanOut | None:
    foreach = registration.configuration.foreach
    if node.grid is None or foreach is None:
        return None
    factors = tuple(
        Factor(
            layer=axis.layer,
            attribute=axis.attribute,
            fan_out=axis.fan_out,
            split=axis.index,
            batch=flow.nodes[axis.layer].batch,
            skippable=node.entry and axis.layer in decided.skippable,
        )
        for axis in node.grid
    )
    return FanOut(factors=factors, batch=foreach.batch, parallelism=foreach.parallelism)


def _pod(container: Container, retry: Retry, settings: Settings) -> Pod:
    """Return the pod of a container; Argo's retries have no jitter, so that a different jitter makes no different pod."""
    return Pod(container=container, packaged=settings.program, args=settings.args, retry=dataclasses.replace(retry, jitter=0))


def _relative(where: str, settings: Settings) -> str:
    """Return a place relative to the project's root, so that no document depends on where the project lies."""
    path, _, line = where.rpartition(":")
    if not path or not settings.root:
        return ""
    inside = os.path.relpath(os.path.abspath(path), settings.root)
    return f"{os.path.basename(path) if inside.startswith(os.pardir) else inside}:{line}"
