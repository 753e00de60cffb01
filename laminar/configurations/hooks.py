"""Mark methods of a layer, or of a flow, as hooks.

Hooks run in the order in which they are written, those of base classes first; an override keeps the place (and the
kind) of the hook that it replaces. A flow's hooks apply to each of its layers, outside the layer's own, ``self`` being the layer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeVar

from laminar.configurations import option_values
from laminar.exceptions import OptionError
from laminar.program import source_location

__all__ = ["entry", "execution", "retry", "submission"]

Kind = Literal["entry", "execution", "retry", "submission"]
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

MARK = "__laminar_hook__"


def entry(function: FunctionT) -> FunctionT:
    """Decide whether the layer may run: it is skipped unless all its entry hooks return something true."""
    return _mark(function, "entry")


def execution(function: FunctionT) -> FunctionT:
    """Run around ``__call__``: a generator wraps it and sees its exceptions, a plain function runs before it."""
    return _mark(function, "execution")


def retry(function: FunctionT) -> FunctionT:
    """Change ``self.configuration`` for the next attempt; applied n-1 times before attempt n."""
    return _mark(function, "retry")


def submission(function: FunctionT) -> FunctionT:
    """Change ``self.configuration.container`` for one split before it is submitted."""
    return _mark(function, "submission")


def _mark(function: FunctionT, kind: Kind) -> FunctionT:
    if callable(function) and not isinstance(function, type):
        with contextlib.suppress(AttributeError, TypeError):  # functions of C have no attributes
            setattr(function, MARK, kind)
            return function
    raise OptionError(
        f"@{kind} decorates a method, not {option_values.shown(function)}.",
        where=source_location.caller(),
        fix=f"write @{kind} above a def in the body of a layer or a flow.",
    )


def hooks_of(cls: type, kind: Kind | None = None) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the names and functions of a class's hooks of a kind (or of all kinds), in the order in which they run."""
    found: dict[str, tuple[str, Callable[..., Any]]] = {}
    for base in reversed(cls.__mro__):
        if base is object or base.__module__.startswith("laminar.components."):
            continue  # Layer and Flow themselves have no hooks, and many attributes; this runs many times per layer
        for name, value in vars(base).items():
            mark = getattr(value, MARK, None) if callable(value) else None
            if name in found and value is None:
                del found[name]
            elif name in found and callable(value):
                found[name] = (mark or found[name][0], value)
            elif mark:
                found[name] = (mark, value)
    for name, (mark, function) in found.items():
        if kind is None or mark == kind:
            yield name, function
