"""Convert the text of ``-p NAME=VALUE`` to the type of the parameter that it replaces."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from laminar.exceptions import FlowError, raise_all, suggest

if TYPE_CHECKING:
    from laminar.program.recording import Step

__all__ = ["ParameterText", "problems", "replaced", "value_of"]


class ParameterText(str):
    """A parameter's value as text, whose type is that of the value it replaces."""

    __slots__ = ()


WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def value_of(text: str, known: Any) -> Any:
    """Return the value that a text stands for where it replaces a known one.

    Raises ValueError, with what is expected, for a text of another type.

    >>> value_of("False", True), value_of("5", "text"), value_of("1e-3", 1.0), value_of("data.csv", None)
    (False, '5', 0.001, 'data.csv')
    """
    if isinstance(known, bool):
        if text.lower() not in WORDS:
            raise ValueError("true or false")
        return WORDS[text.lower()]
    if isinstance(known, str):
        found = _json(text) if text[:1] == '"' else text
        return found if isinstance(found, str) else text
    found = _json(text)
    if isinstance(known, int | float):
        return _number(text, found)
    kind = next((kind for kind in KINDS if isinstance(known, kind)), None)
    if kind is not None and not isinstance(found, kind):
        raise ValueError(KINDS[kind])
    if found is INVALID and text[:1] in ("[", "{", '"'):
        raise ValueError("valid JSON")
    return text if found is INVALID else found


KINDS: dict[Any, str] = {(list, tuple): "a JSON list such as [1, 2]", dict: 'a JSON object such as {"a": 1}'}
INVALID = object()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return INVALID


def _number(text: str, found: Any) -> Any:
    """Return a finite number, also one that Python writes and JSON does not, such as ``.5``."""
    if found is INVALID:
        try:
            found = float(text)
        except ValueError:
            found = None
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise ValueError("a number")
    return found


def problems(step: Step, given: Mapping[str, Any]) -> Iterator[FlowError]:
    """Yield what is wrong with the parameters that replace those of a call: unknown names, and texts of another type."""
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
    """Return the parameters of a call with those replaced that are given.

    Raises FlowError, with every problem at once, for unknown names and for texts of another type.
    """
    raise_all(problems(step, given))
    known = step.parameters
    values = {name: value_of(one, known[name]) if isinstance(one, ParameterText) else one for name, one in given.items()}
    return {**known, **values}
