"""Merge the parameters of a call with those of the command line, which replace them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from laminar.components import declared_parameters
from laminar.components.parameter_text import ParameterText, value_of
from laminar.exceptions import FlowError, raise_all, suggest

if TYPE_CHECKING:
    from laminar.program.recording import Step

__all__ = ["problems", "replaced"]


def problems(step: Step, given: Mapping[str, Any]) -> Iterator[FlowError]:
    """Yield the errors in the parameters that replace those of a call: unknown names, values of another type.

    Where the flow declares its parameters, its declarations decide, and all values of the call are checked.
    """
    if declared_parameters.declarations(type(step.flow)):
        complete = step.action == "run"
        yield from declared_parameters.problems(type(step.flow), {**step.parameters, **given}, step.where, complete=complete)
        return
    for name, value in given.items():
        if name not in step.parameters:
            yield FlowError(
                f"Flow {step.flow.name!r} has no parameter {name!r}." + suggest(name, list(step.parameters)),
                where=step.where,
                fix=f"its parameters are: {', '.join(step.parameters) or 'none'}.",
            )
        elif isinstance(value, ParameterText):
            try:
                value_of(value, step.parameters[name])
            except ValueError as error:
                yield FlowError(
                    f"Parameter {name!r} of flow {step.flow.name!r} is called with {step.parameters[name]!r}, "
                    f"and {str(value)!r} cannot replace that: it must be {error}.",
                    where=step.where,
                    fix=f"pass -p {name}=VALUE with {error}.",
                )


def replaced(step: Step, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a call after the given ones replaced its own, and with the flow's defaults.

    Raises FlowError, with every problem at once, for unknown names and for values of another type.
    """
    raise_all(problems(step, given))
    if declared_parameters.declarations(type(step.flow)):
        complete = step.action == "run"
        return declared_parameters.bound(type(step.flow), {**step.parameters, **given}, step.where, complete=complete)
    known = step.parameters
    values = {name: value_of(one, known[name]) if isinstance(one, ParameterText) else one for name, one in given.items()}
    return {**known, **values}
