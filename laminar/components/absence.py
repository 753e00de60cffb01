"""Explain why an attribute of a layer cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from laminar.components.binding import KEPT
from laminar.exceptions import ArtifactError, nearest, suggest
from laminar.graph import PARAMETERS
from laminar.program import source_location

if TYPE_CHECKING:
    from laminar.components.binding import Binding
    from laminar.components.execution import Execution
    from laminar.components.layer import Layer

__all__ = ["explained"]


def explained(binding: Binding, layer: Layer, name: str) -> ArtifactError:
    """Return the error with the reason why an attribute cannot be read."""
    execution = binding.execution
    if execution is not None and execution.idle:
        return ArtifactError(
            f"Flow {layer.flow.name!r} was left out of this run by --flow, so {layer.name}.{name} has no value.",
            where=source_location.caller(),
            fix="read results of the flow that --flow names, or run without --flow.",
        )
    if execution is None or binding.own or execution.id is None:
        return _never_set(binding, layer, name)
    status = execution.status(layer.name)
    of = f"flow {execution.flow.name!r}, execution {execution.id!r}"
    if status == "skipped":
        return ArtifactError(
            f"Layer {layer.name!r} was skipped, so it has no {name!r} ({of}).",
            where=source_location.caller(),
            fix=f"check layer.state.finished first, or give {layer.name} a default: a class value {name} = ...",
        )
    if status == "unfinished":
        return ArtifactError(
            f"Layer {layer.name!r} has not finished, so {name!r} cannot be read ({of}).",
            where=source_location.caller(),
            fix="resume the execution, or depend on the layer by an annotation.",
        )
    if layer.name == PARAMETERS:
        return _no_parameter(binding, layer, name, execution)
    return _left_out(binding, layer, name, of)


def _never_set(binding: Binding, layer: Layer, name: str) -> ArtifactError:
    """Return the error for an attribute of a layer that runs, or that no execution has."""
    place = "it has not set it yet" if binding.own else "it was never set, and the layer belongs to no execution"
    return ArtifactError(
        f"Layer {layer.name!r} has no attribute {name!r}: {place}.",
        where=source_location.caller(),
        fix=f"set it first: self.{name} = ...{_of_init(layer)}"
        if binding.own
        else f"pass it, as {layer.name}({name}=...), or read it from an execution's layer.",
    )


def _no_parameter(binding: Binding, layer: Layer, name: str, execution: Execution) -> ArtifactError:
    """Return the error for a parameter that an execution was started without."""
    given = binding.names(layer)
    return ArtifactError(
        f"Flow {layer.flow.name!r} was started without parameter {name!r}.{suggest(name, given)}"
        f" Its parameters are: {', '.join(given) or 'none'} (execution {execution.id!r}).",
        where=source_location.caller(),
        fix=f"{_instead(name, given)}start the flow again with {name}=..., or declare it with a default; {KEPT}",
    )


def _left_out(binding: Binding, layer: Layer, name: str, of: str) -> ArtifactError:
    """Return the error for an attribute that a finished layer did not set."""
    record = binding.record(layer, binding.index or 0)
    if record is None and binding.index is not None and binding.index >= layer.splits:
        return ArtifactError(
            f"Layer {layer.name!r} has no split {binding.index} ({of}).",
            where=source_location.caller(),
            fix=f"read a split from 0 to {layer.splits - 1}.",
        )
    caught = f": it caught {record.caught} first" if record is not None and record.caught else ""
    names = binding.names(layer)
    return ArtifactError(
        f"Layer {layer.name!r} finished without setting {name!r}{caught} ({of}; it has {', '.join(names) or 'nothing'})."
        + suggest(name, names),
        where=source_location.caller(),
        fix=f"{_instead(name, names)}set self.{name} in {layer.name}.__call__, or give it a class value as a default.",
    )


def _instead(name: str, known: Iterable[str]) -> str:
    """Return the beginning of the advice for a name that is probably misspelled."""
    near = nearest(name, known)
    return f"read .{near} instead, or " if near else ""


def _of_init(layer: Layer) -> str:
    """Return the advice for a layer that sets attributes in its own constructor."""
    from laminar.components.layer import Layer as Base

    if type(layer).__init__ is Base.__init__:
        return ""
    return f" in __call__, or give it a class value: a flow does not call {layer.name}.__init__"
