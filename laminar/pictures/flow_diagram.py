"""Describe flows as a diagram: facts of each layer's registration, hooks and source, by the names in the program."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from laminar import skip_rules
from laminar.components import declared_parameters
from laminar.graph import PARAMETERS, parameter_length, size
from laminar.history.secret_names import is_secret
from laminar.pictures.diagram import SECTIONS, Box, Diagram, Frame, clean, shorten
from laminar.program import source_location
from laminar.worker import hook_calls

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.components.registration import Registration
    from laminar.configurations.hooks import Kind
    from laminar.configurations.layers import Container
    from laminar.graph import Node
    from laminar.program.recording import Step

__all__ = ["box_of", "diagram_of", "frame_of", "quantity"]

KINDS: tuple[Kind, ...] = ("entry", "submission", "execution", "retry")
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
MASK = "***"
VALUE = 200
"""Characters of a parameter's value that a page shows."""

Rows = tuple[tuple[str, str], ...]


def diagram_of(steps: Sequence[Step], title: str = "") -> Diagram:
    """Return the diagram of a chain of executions.

    Raises FlowError where a flow is defined wrongly.
    """
    frames: list[Frame] = []
    seen: dict[str, int] = {}
    for place, step in enumerate(steps):
        count = seen[step.flow.name] = seen.get(step.flow.name, 0) + 1
        name = step.flow.name + (f"-{count}" if count > 1 else "")
        link = f"linker at {step.where}" if place and step.where else "linker" if place else ""
        frames.append(frame_of(step.flow, step.parameters if not place else None, name=name, link=link))
    return Diagram(title=title or steps[0].flow.name, frames=tuple(frames))


def frame_of(flow: Flow, parameters: Mapping[str, Any] | None, *, name: str = "", link: str = "") -> Frame:
    """Return a flow's frame. ``parameters`` are those that it is called with, None where they are not known."""
    nodes = flow.nodes
    parameters = None if parameters is None else declared_parameters.with_defaults(type(flow), parameters)
    may_skip, deciding = skip_rules.may_skip(nodes), skip_rules.evaluators(nodes)
    boxes = [] if not _reads_parameters(nodes, parameters) else [_parameters_box(flow, parameters, link)]
    for node in nodes.values():
        if node.name != PARAMETERS:
            decided = deciding.get(node.name) if node.name in deciding else node.name
            boxes.append(box_of(flow, node, parameters, decided_by=decided, may_skip=node.name in may_skip))
    cls = type(flow)
    return Frame(name=name or flow.name, boxes=tuple(boxes), about=_about(cls), where=source_location.of_class(cls), link=link)


def _reads_parameters(nodes: Mapping[str, Node], parameters: Mapping[str, Any] | None) -> bool:
    return bool(parameters) or any(PARAMETERS in node.needs for node in nodes.values())


def _parameters_box(flow: Flow, parameters: Mapping[str, Any] | None, link: str) -> Box:
    """Return the box of a flow's parameters: their values, and their declarations."""
    declared = declared_parameters.declarations(type(flow))
    if parameters is None:
        axes = [axis for node in flow.nodes.values() for axis in node.grid or () if axis.layer == PARAMETERS]
        names = {**dict.fromkeys(axis.attribute for axis in axes), **dict.fromkeys(declared)}
        origin = "made by the linker" if link else "passed by the call"
        rows = [("values", origin), *((name, _about_parameter(declared.get(name)) or "a list") for name in names)]
        return Box(name=PARAMETERS, kind="parameters", lines=(origin,), details=(("parameters", tuple(rows)),))
    values = {name: MASK if is_secret(name) else shorten(_shown(value), VALUE) for name, value in parameters.items()}
    lines = tuple(f"{name} = {shorten(text, 22)}" for name, text in [*values.items()][:4])
    rows = []
    for name, text in values.items():
        rows.append((name, text))
        rows += [("", about)] if (about := _about_parameter(declared.get(name))) else []
    more = (f"and {len(values) - 4} more",) if len(values) > 4 else ()
    return Box(name=PARAMETERS, kind="parameters", lines=(*lines, *more), details=(("parameters", tuple(rows)),))


def _about_parameter(declared: declared_parameters.Declaration | None) -> str:
    """Return a parameter's declaration and help in one line, empty where the flow declares none."""
    return "" if declared is None else shorten(declared.shown + (f", {declared.help}" if declared.help else ""), VALUE)


def _shown(value: Any) -> str:
    """Return a value as a picture shows it: a repr of the user's may fail, be large, or hold an address that differs each time."""
    import reprlib

    short = reprlib.Repr()
    short.maxstring = short.maxother = VALUE
    short.maxlist = short.maxtuple = short.maxdict = 12
    return ADDRESS.sub("", clean(short.repr(value)))


def box_of(
    flow: Flow, node: Node, parameters: Mapping[str, Any] | None, *, decided_by: str | None = "", may_skip: bool = False
) -> Box:
    """Return a layer's box. ``decided_by`` is the layer whose pod evaluates its hooks, None for a gate, its own name for none."""
    registration = flow.registrations[node.name]
    hooks = {kind: list(hook_calls.hooks_for(flow.layer(node.name), kind)) for kind in KINDS}
    fan_out, retry = _fan_out(node, registration, parameters), _retry(registration)
    container = registration.configuration.container
    named = {kind: ", ".join(hook.name for hook in found) for kind, found in hooks.items() if found}
    decision = "" if decided_by == node.name else "by a gate" if decided_by is None else f"in {decided_by}'s pod"
    lines = [fan_out[0] if fan_out else "", _pod_line(container), retry[0] if retry else ""]
    lines.append(", ".join(f"{kind} hook{f' {decision}' if kind == 'entry' else ''}" for kind in named))
    hook_rows = [*named.items(), *([("evaluated", decision)] if decision else [])]
    if may_skip and not node.entry:
        hook_rows.append(("skipped", "when a layer that it reads is skipped"))
    details: dict[str, Iterable[tuple[str, str]]] = {
        "fan-out": fan_out[1] if fan_out else (),
        "hooks": hook_rows,
        "retry": retry[1] if retry else (),
        "container": _container_rows(container),
        "reads": [(need, "") for need in node.needs],
    }
    source, first = source_of(registration.layer)
    return Box(
        name=node.name,
        lines=tuple(line for line in lines if line),
        needs=tuple(node.needs),
        splits=node.grid is not None,
        may_skip=may_skip,
        where=registration.where,
        about=_about(registration.layer),
        source=source,
        first_line=first,
        details=tuple((title, rows) for title in SECTIONS if (rows := tuple(details.get(title, ())))),
    )


def _about(cls: type) -> str:
    return clean(inspect.cleandoc(vars(cls).get("__doc__") or ""))


# facts


def _fan_out(node: Node, registration: Registration, parameters: Mapping[str, Any] | None) -> tuple[str, Rows] | None:
    """Return a fan-out in one line, and in rows."""
    foreach = registration.configuration.foreach
    if node.grid is None or foreach is None:
        return None
    shown = []
    for axis in node.grid:
        split = "" if not axis.fan_out else "[*]" if axis.index is None else f"[{axis.index}]"
        shown.append(f"{axis.layer}{split}.{axis.attribute}")
    known = [
        parameter_length(list(value) if isinstance(value, (tuple, range)) else value)
        for axis in node.grid
        if axis.layer == PARAMETERS and (value := (parameters or {}).get(axis.attribute)) is not None
    ]
    count = f"{size(known)} splits" if len(known) == len(node.grid) else ""
    short = " \N{MULTIPLICATION SIGN} ".join(text.removeprefix("Parameters.") for text in shown)
    bounds = [f"batch {foreach.batch}"] if foreach.batch > 1 else []
    bounds += [f"{foreach.parallelism} at once"] if foreach.parallelism is not None else []
    rows = [("iterates over", " \N{MULTIPLICATION SIGN} ".join(shown))]
    rows += [("splits", count.removesuffix(" splits"))] if count else []
    rows += [("batch", f"{foreach.batch} splits a pod")] if foreach.batch > 1 else []
    rows += [("parallelism", f"at most {foreach.parallelism} splits at once")] if foreach.parallelism is not None else []
    return ", ".join([f"each {short}", *([count] if count else []), *bounds]), tuple(rows)


def _retry(registration: Registration) -> tuple[str, Rows] | None:
    """Return the settings of retries and Catch in one line, and in rows; None for the defaults."""
    retry, catch = registration.configuration.retry, registration.configuration.catch
    parts: list[str] = []
    rows: list[tuple[str, str]] = []
    if retry.attempts > 1:
        parts.append(f"{retry.attempts} attempts")
        rows.append(("attempts", str(retry.attempts)))
        rows.append(("delay", f"{retry.delay:g} s, then {retry.backoff:g} times as long"))
    if catch is not None:
        caught = ", ".join(exception.__name__ for exception in catch.exceptions)
        parts.append(f"catches {caught}")
        rows.append(("catches", caught))
    return (", ".join(parts), tuple(rows)) if parts else None


def quantity(megabytes: float) -> str:
    """Return megabytes (10^6 bytes) as people write them.

    >>> quantity(1500), quantity(500), quantity(16000)
    ('1.5 GB', '500 MB', '16 GB')
    """
    return f"{megabytes / 1000:g} GB" if megabytes >= 1000 else f"{megabytes:g} MB"


def _pod_line(container: Container) -> str:
    gpu = f", {container.gpu} GPU" if container.gpu else ""
    return f"{container.cpu:g} CPU, {quantity(container.memory)}{gpu}"


def _container_rows(container: Container) -> Iterator[tuple[str, str]]:
    """Yield the fields of a container that matter: those that most programs set, and any other that is set."""
    always = ("image", "command", "cpu", "memory")
    for each in fields(container):
        value = getattr(container, each.name)
        if each.name == "memory":
            yield each.name, quantity(value)
        elif each.name == "env":
            yield from ((f"env {name}", MASK if is_secret(name) else shorten(str(text), VALUE)) for name, text in value.items())
        elif each.name == "secrets":
            yield from ((f"secret {name}", f"key {one.key} of {one.name}") for name, one in value.items())
        elif each.name == "volumes":
            yield from ((f"volume {one.mount}", f"{one.source[0]} {one.source[1]}") for one in value)
        elif each.name in always or value not in (None, 0, (), {}, [], "", "/laminar"):
            yield each.name.replace("_", " "), shorten(f"{value:g}" if isinstance(value, float) else str(value), VALUE)


# source


def source_of(cls: type) -> tuple[str, int]:
    """Return the source of a class with its decorators, and the number of its first line; "" for a class without source."""
    path, line = vars(cls).get(source_location.NOTE, ("", 0))
    if not path:
        return "", 1
    lines = linecache.getlines(path)
    for node in _classes(path, lines):
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        if node.name == cls.__name__ and start <= line <= (node.end_lineno or node.lineno):
            text = "".join(lines[start - 1 : node.end_lineno])
            return clean(textwrap.dedent(text).rstrip("\n")), start
    return "", line or 1


_trees: dict[tuple[str, int], list[ast.ClassDef]] = {}
"""Class statements of the file that was read last: a program of 1,000 layers is parsed once."""


def _classes(path: str, lines: Sequence[str]) -> list[ast.ClassDef]:
    key = (os.path.abspath(path), hash(tuple(lines)))
    if key not in _trees:
        _trees.clear()
        try:
            tree = ast.parse("".join(lines))
        except SyntaxError:  # a cell of a notebook with magics
            return []
        _trees[key] = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return _trees[key]
