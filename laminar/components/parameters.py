"""Provide the layer that holds a flow's parameters."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, MappingView, Set
from typing import TYPE_CHECKING, Any

from laminar.components.binding import RESERVED
from laminar.components.layer import Layer
from laminar.exceptions import FlowError, suggest
from laminar.graph import PARAMETERS
from laminar.program import recording, source_location

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.graph import Node
    from laminar.program.recording import Step

__all__ = ["Parameters", "check_parameters", "fanned_out", "linked_parameters", "normalize", "travels", "unknown_parameter"]


DEPTH = 100
"""Nesting depth of lists and mappings up to which a value is sent as JSON: Python's json module recurses, once a level."""


class Parameters(Layer):
    """Hold the keywords that a flow was called with; a layer of every flow.

    >>> Parameters(foo="bar").foo
    'bar'
    """


def travels(value: object) -> bool:
    """Return whether a value equals its JSON round trip, with tuples as lists: then it can be sent as JSON.

    A value that contains itself, or is nested deeper than 100 levels, does not.

    >>> travels({"a": (1, 2.5, None)}), travels({1: 2}), travels(float("nan"))
    (True, False, False)
    >>> cycle = []
    >>> cycle.append(cycle)
    >>> travels(cycle)
    False
    """
    return _travels(value, ())


def _travels(value: object, above: tuple[int, ...]) -> bool:
    """Return whether a value inside of others (``above``, by identity) can be sent as JSON; one that contains itself cannot."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return True
    if kind is float:
        return math.isfinite(value)  # type: ignore[arg-type]
    if kind not in (list, tuple, dict) or id(value) in above or len(above) == DEPTH:
        return False
    inside = (*above, id(value))
    if kind is dict:
        return all(type(key) is str and _travels(item, inside) for key, item in value.items())  # type: ignore[attr-defined]
    return all(_travels(item, inside) for item in value)  # type: ignore[attr-defined]


def normalize(value: Any) -> Any:
    """Return a value after its JSON round trip, or the value itself where it cannot be sent as JSON.

    >>> normalize((1, 2))
    [1, 2]
    """
    return json.loads(json.dumps(value)) if travels(value) else value


def fanned_out(nodes: Mapping[str, Node], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with those that some ForEach iterates over as lists: ranges, tuples and arrays of one dimension.

    Raises FlowError for one that has no order, or no length.
    """
    found = dict(parameters)
    for node in nodes.values():
        for axis in node.grid or ():
            if axis.layer == PARAMETERS and axis.attribute in found:
                found[axis.attribute] = _elements(found[axis.attribute], axis.attribute, node.name)
    return found


def _elements(value: Any, name: str, layer: str) -> Any:
    if isinstance(value, (tuple, range)):
        return list(value)
    if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):  # of numpy, pandas, torch
        return value.tolist()
    if isinstance(value, (Set, MappingView, Iterator)):
        kind = type(value).__name__
        reason = "no length" if isinstance(value, Iterator) else "no order that is the same for each split"
        raise FlowError(
            f"ForEach of layer {layer!r} iterates over parameter {name!r}, a {kind}, which has {reason}.",
            where=source_location.caller(),
            fix=f"pass {name}=list(...), sorted where the order matters.",
        )
    return value


def check_parameters(step: Step) -> None:
    """Raise FlowError for a parameter whose name a layer cannot have."""
    for name in step.parameters:
        problem = "every layer uses itself" if name in RESERVED else "is private" if name.startswith("_") else ""
        if not name.isidentifier():
            problem = "is no Python identifier"
        if problem:
            raise FlowError(
                f"Flow {step.flow.name!r} is called with parameter {name!r}, a name that {problem}.",
                where=step.where,
                fix="give the parameter another name.",
            )


def linked_parameters(before: Execution, step: Step) -> dict[str, Any]:
    """Return the parameters that a linker makes of the execution before it.

    Raises FlowError where it returns anything but Parameters, and where these do not fit the declarations of the flow.
    """
    from laminar.components import declared_parameters

    assert step.linker is not None
    with recording.unnoticed():
        made = step.linker(before)
    if not isinstance(made, Parameters):
        raise FlowError(
            f"Linker to flow {step.flow.name!r} returned {type(made).__name__}, not Parameters.",
            where=source_location.of_function(step.linker) or step.where,
            fix="return Parameters(name=value, ...).",
        )
    values = {name: value for name, value in vars(made).items() if not name.startswith("_")}
    return declared_parameters.bound(type(step.flow), values, source_location.of_function(step.linker) or step.where)


def unknown_parameter(step: Step, layer: str, attribute: str) -> FlowError:
    """Return the error for a ForEach over a parameter that the flow is not called with."""
    given = ", ".join(step.parameters) or "none"
    return FlowError(
        f"ForEach of layer {layer!r} iterates over parameter {attribute!r}, which flow {step.flow.name!r} is not called with."
        + suggest(attribute, list(step.parameters)),
        where=step.flow.registrations[layer].where + (f", called at {step.where}" if step.where else ""),
        fix=f"call it with {attribute}=[...]; its parameters are: {given}.",
    )
