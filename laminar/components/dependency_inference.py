"""Infer the dependencies of a flow's layers: annotations, hooks and ForEach make the graph's nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType
from typing import TYPE_CHECKING, Any

from laminar import graph
from laminar.components.binding import vars_of
from laminar.components.call_signature import check_call, check_hook, unwrap
from laminar.components.layer import Layer, is_same_layer
from laminar.components.registration import Registration
from laminar.configurations.hooks import Kind, hooks_of
from laminar.configurations.layers import Parameter, Unset
from laminar.exceptions import FlowError, LaminarError, raise_all, suggest
from laminar.graph import PARAMETERS, Axis, Node
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.components.flow import Flow

__all__ = ["applicable_hooks", "nodes_of", "parameters_of"]

Registry = Mapping[str, Registration]


def parameters_of(function: Callable[..., Any], registry: Registry, *, owner: str, flow: str) -> dict[str, str]:
    """Return, for each parameter of a layer's method except ``self``, the name of the layer it is annotated with.

    Raises FlowError naming layer, parameter and annotation for anything that is no registered layer.
    """
    function = unwrap(function)
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return {}
    if code.co_kwonlyargcount:
        raise FlowError(
            f"{owner}.{function.__name__} takes keyword-only parameters.",
            where=source_location.of_function(function),
            fix="drop the '*'.",
        )
    names = code.co_varnames[1 : code.co_argcount]
    return {name: _layer_of(function, name, registry, owner, flow) for name in names}


def _layer_of(function: Any, parameter: str, registry: Registry, owner: str, flow: str) -> str:
    shown = function.__annotations__.get(parameter)
    method = f"{owner}.{function.__name__}"
    where = source_location.of_function(function)
    if shown is None:
        raise FlowError(
            f"Parameter {parameter!r} of {method} has no annotation, so it is unknown which layer it is.",
            where=f"{where}, {method}({parameter})",
            fix=f"annotate it with a layer of flow {flow!r}: {parameter}: SomeLayer.",
        )
    text = shown if isinstance(shown, str) else getattr(shown, "__name__", repr(shown))
    value = _resolve(function, shown, registry)
    if isinstance(value, type) and issubclass(value, Layer):
        known = registry.get(value.__name__)
        if known is not None and is_same_layer(known.layer, value):
            return value.__name__
        raise FlowError(
            f"Layer {owner!r} reads layer {value.__name__!r}, which flow {flow!r} does not register.",
            where=f"{where}, {method}({parameter}: {text})",
            fix=f"put @{flow}.register on {value.__name__}, or drop the parameter.",
        )
    raise FlowError(
        f"Parameter {parameter!r} of {method} is annotated {text!r}, which is no layer of flow {flow!r}."
        + (suggest(text, list(registry)) if value is None else ""),
        where=f"{where}, {method}({parameter}: {text})",
        fix="annotate it with the class of a registered layer, or drop the parameter.",
    )


def _resolve(function: Any, annotation: Any, registry: Registry) -> Any:
    """Return the object that an annotation names: a layer of the flow of that name, else the one that Python resolves."""
    annotation = getattr(annotation, "__forward_arg__", annotation)
    if not isinstance(annotation, str):
        return annotation
    text = annotation.strip().strip("'\"")
    if text in registry:
        return registry[text].layer
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
    names = {name: cell.cell_contents for name, cell in cells.items() if _filled(cell)}
    try:
        return eval(text, function.__globals__, names)
    except Exception:  # for any error the caller's message names the annotation
        return None


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def applicable_hooks(flow: type[Flow], layer: type[Layer], registry: Registry) -> list[tuple[str, Callable[..., Any]]]:
    """Return the flow's hooks that apply to a layer: not those with dependencies that need the layer themselves.

    Raises FlowError as `parameters_of` does.
    """
    if layer.__name__ == PARAMETERS:
        return []
    return [(name, function) for name, function in hooks_of(flow) if layer.__name__ not in _excluded(flow, function, registry)]


def _excluded(flow: type[Flow], function: Callable[..., Any], registry: Registry) -> frozenset[str]:
    """Return the layers that a flow's hook does not apply to: its dependencies and their ancestors."""
    key = (flow, function)
    if _spared.get(key, (-1,))[0] != flow._changes:
        needs = parameters_of(function, registry, owner=flow.__name__, flow=flow.__name__).values()
        _spared[key] = (flow._changes, _with_ancestors(needs, registry, flow) if needs else frozenset())
    return _spared[key][1]


_spared: dict[tuple[type[Flow], Callable[..., Any]], tuple[int, frozenset[str]]] = {}
"""Results of `_excluded`, with the number of registrations at that time: it is evaluated for each layer and each split."""


def _with_ancestors(names: Iterable[str], registry: Registry, flow: type[Flow]) -> frozenset[str]:
    edges = {name: _own_needs(registration, registry, flow) for name, registration in registry.items()}
    return frozenset(names).union(*(graph.ancestors(name, edges) for name in names))


def _own_needs(registration: Registration, registry: Registry, flow: type[Flow]) -> list[str]:
    """Return a layer's dependencies by its call, its own hooks and its ForEach, in the order they are written."""
    layer, owner = registration.layer, registration.layer.__name__
    functions = [vars_of(layer)["__call__"], *(function for _, function in hooks_of(layer))]
    needs: dict[str, None] = {}
    for function in functions:
        if function is not Layer.__call__:
            needs.update(dict.fromkeys(parameters_of(function, registry, owner=owner, flow=flow.__name__).values()))
    foreach = registration.configuration.foreach
    for parameter in foreach.parameters if foreach else ():
        needs[_named(parameter, registration, registry, flow)] = None
    return list(needs)


def _named(parameter: Parameter, registration: Registration, registry: Registry, flow: type[Flow]) -> str:
    name = parameter.layer if isinstance(parameter.layer, str) else getattr(parameter.layer, "__name__", repr(parameter.layer))
    known = registry.get(name)
    if known is None or (not isinstance(parameter.layer, str) and not is_same_layer(known.layer, parameter.layer)):
        raise FlowError(
            f"ForEach of layer {registration.layer.__name__!r} iterates over layer {name!r}, "
            f"which flow {flow.__name__!r} does not register." + suggest(name, list(registry)),
            where=registration.where,
            fix=f"put @{flow.__name__}.register on {name}, or name another layer.",
        )
    return name


def nodes_of(flow: type[Flow], registry: Registry) -> dict[str, Node]:
    """Return the nodes of a flow's graph, each after its dependencies, and otherwise in the order of the program.

    Raises FlowError, with every problem at once, for wrong annotations, hooks and fan-outs, and for a cycle.
    """
    problems: list[LaminarError] = []
    nodes: dict[str, Node] = {}
    written = sorted(registry.items(), key=lambda item: (item[0] != PARAMETERS, source_location.position(item[1].layer)))
    for name, registration in written:
        try:
            nodes[name] = _node(flow, registration, registry)
        except LaminarError as error:
            if str(error) not in map(str, problems):
                problems.append(error)
    raise_all(problems)
    edges = {name: node.needs for name, node in nodes.items()}
    if cycle := graph.find_cycle(edges):
        circle = " -> ".join([*cycle, cycle[0]])
        raise FlowError(
            f"Layers of flow {flow.__name__!r} depend on each other in a cycle: {circle} (each reads the next).",
            where=", ".join(registry[name].where for name in cycle),
            fix="drop one of these parameters.",
        )
    return {name: nodes[name] for name in graph.order(edges)}


KINDS: tuple[Kind, ...] = ("entry", "submission")
"""Kinds of hooks that a node lists: they are called before the layer's own process starts."""


def _node(flow: type[Flow], registration: Registration, registry: Registry) -> Node:
    layer, name = registration.layer, registration.layer.__name__
    check_call(layer)
    of_layer = list(hooks_of(layer))
    for hook, function in of_layer:
        check_hook(name, hook, function)
    needs = dict.fromkeys(_own_needs(registration, registry, flow))
    inherited = applicable_hooks(flow, layer, registry)
    for hook, function in inherited:
        check_hook(flow.__name__, hook, function)
        needs.update(dict.fromkeys(parameters_of(function, registry, owner=flow.__name__, flow=flow.__name__).values()))
    own: set[Kind] = set()
    if of_layer:
        own |= {kind for kind in KINDS if any(hooks_of(layer, kind))}
    if inherited:
        own |= {kind for kind in KINDS for each in hooks_of(flow, kind) if each in inherited}
    foreach = registration.configuration.foreach
    grid = tuple(_axis(parameter, registration, registry, flow) for parameter in foreach.parameters) if foreach else None
    evaluated = "submission" in own and (grid is not None or _reads(flow, layer, inherited, registry))
    return Node(name, tuple(needs), grid, "entry" in own, evaluated, foreach.batch if foreach else 1)


def _reads(flow: type[Flow], layer: type[Layer], inherited: list[tuple[str, Callable[..., Any]]], registry: Registry) -> bool:
    """Return whether a layer's submission hooks read other layers; otherwise their result is known before the flow runs."""
    flows = [(flow.__name__, function) for name, function in hooks_of(flow, "submission") if (name, function) in inherited]
    own = [(layer.__name__, function) for _, function in hooks_of(layer, "submission")]
    return any(parameters_of(function, registry, owner=owner, flow=flow.__name__) for owner, function in flows + own)


def _axis(parameter: Parameter, registration: Registration, registry: Registry, flow: type[Flow]) -> Axis:
    owner, name = registration.layer.__name__, _named(parameter, registration, registry, flow)
    source = registry[name]
    fan_out = source.configuration.foreach is not None
    of = f"ForEach of layer {owner!r}"
    if name != PARAMETERS and not _may_have(source.layer, parameter.attribute):
        raise FlowError(
            f"{of} iterates over {name}.{parameter.attribute}, which {name} never sets."
            + suggest(parameter.attribute, list(_known(source.layer))),
            where=registration.where,
            fix=f"set or shard self.{parameter.attribute} in {name}.__call__, or annotate it in the class.",
        )
    if fan_out and isinstance(parameter.index, Unset):
        raise FlowError(
            f"{of} iterates over {name}.{parameter.attribute}, and {name} is a fan-out itself: it is unknown which of its splits.",
            where=registration.where,
            fix="add index=None for all splits in order, or index=k for its split k.",
        )
    if not fan_out and not isinstance(parameter.index, Unset) and parameter.index not in (None, 0):
        raise FlowError(
            f"{of} iterates over split {parameter.index} of {name}, which is no fan-out.",
            where=registration.where,
            fix="drop index, or give the layer a ForEach.",
        )
    index = None if isinstance(parameter.index, Unset) or not fan_out else parameter.index
    if index is not None and index < 0:
        raise FlowError(f"{of} iterates over split {index} of {name}.", where=registration.where, fix="count splits from 0.")
    return Axis(name, parameter.attribute, index, fan_out)


def _known(layer: type[Layer]) -> set[str]:
    """Return the attribute names in the source of a layer's class: annotated, with a value, or set by a method."""
    names: set[str] = set()
    for base in layer.__mro__:
        if base in (Layer, object):
            continue
        names.update(vars(base).get("__annotations__", ()))
        for name, value in vars(base).items():
            names.add(name)
            code = getattr(unwrap(value), "__code__", None)
            if isinstance(code, CodeType):
                names.update(_mentioned(code))
    return {name for name in names if not name.startswith("_")}


def _may_have(layer: type[Layer], attribute: str) -> bool:
    names = _known(layer)
    return attribute in names or "setattr" in names or "__dict__" in names


def _mentioned(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _mentioned(constant)
        elif isinstance(constant, str) and constant.isidentifier():
            yield constant
        elif isinstance(constant, tuple):
            yield from (item for item in constant if isinstance(item, str))
