"""Check that a flow can call a layer: the form of its ``__call__`` and of its hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS
from types import CodeType, FunctionType
from typing import Any

from laminar.components.binding import vars_of
from laminar.components.layer import Layer
from laminar.configurations.hooks import hooks_of
from laminar.exceptions import FlowError
from laminar.program import source_location

__all__ = ["check_call", "check_hook", "unwrap"]


def unwrap(function: Any) -> Any:
    """Return the function inside a decorator that used functools.wraps."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def check_call(layer: type[Layer]) -> None:
    """Raise FlowError for a ``__call__`` that would not do the layer's work, or whose dependencies cannot be inspected."""
    function, owner = vars_of(layer)["__call__"], layer.__name__
    if function is Layer.__call__:
        return _check_absent(layer)
    if not isinstance(function, FunctionType) and not isinstance(getattr(unwrap(function), "__code__", None), CodeType):
        raise _wrong(
            f"{owner}.__call__ is {_shown(function)}, whose parameters cannot be seen.",
            layer,
            None,
            "write def __call__(self, ...), or decorate it with a function that uses functools.wraps.",
        )
    if isinstance(function, (staticmethod, classmethod)):
        kind = type(function).__name__
        raise _wrong(f"{owner}.__call__ is a {kind}, which has no layer to set artifacts on.", layer, function, f"drop @{kind}.")
    flags = function.__code__.co_flags if isinstance(function, FunctionType) else 0
    if flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
        raise _wrong(
            f"{owner}.__call__ is declared async: calling it would only make a coroutine.",
            layer,
            function,
            "write def __call__, and run its async code by asyncio.run(...).",
        )
    if flags & CO_GENERATOR:
        raise _wrong(
            f"{owner}.__call__ yields: calling it would only make a generator.",
            layer,
            function,
            "set artifacts: self.rows = ..., or self.shard(rows=...) with a generator of elements.",
        )
    _check_parameters(layer, function)


def _check_parameters(layer: type[Layer], function: Callable[..., Any]) -> None:
    """Raise FlowError for parameters that accept no single layer."""
    inner, owner = unwrap(function), layer.__name__
    code: CodeType = inner.__code__
    if code.co_flags & (CO_VARARGS | CO_VARKEYWORDS):
        star = "*" if code.co_flags & CO_VARARGS else "**"
        name = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        if "<locals>" in inner.__qualname__ and inner.__name__ != "__call__":
            raise _wrong(
                f"{owner}.__call__ is decorated: {inner.__qualname__!r} hides its parameters and their annotations.",
                layer,
                inner,
                "put @functools.wraps(function) on the decorator's inner function.",
            )
        raise _wrong(
            f"{owner}.__call__ takes {star}{name}: it is unknown which layers these are.",
            layer,
            inner,
            "give it a parameter for each layer that it reads, annotated with the layer.",
        )
    if not code.co_argcount:
        raise _wrong(f"{owner}.__call__ has no parameter self.", layer, inner, "write def __call__(self, ...).")


def check_hook(owner: str, name: str, function: Callable[..., Any]) -> None:
    """Raise FlowError for a hook that would not run when it is called."""
    code = getattr(function, "__code__", None)
    if code is not None and code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
        raise FlowError(
            f"Hook {owner}.{name} is declared async: calling it would only make a coroutine.",
            where=source_location.of_function(function),
            fix="write def, and run its async code by asyncio.run(...).",
        )


def _check_absent(layer: type[Layer]) -> None:
    """Raise FlowError for a layer without ``__call__`` that has methods, which then nothing calls."""
    if any(hooks_of(layer)):
        return
    methods = list(dict.fromkeys(_methods(layer)))
    if methods:
        named = ", ".join(repr(name) for name in methods)
        raise _wrong(
            f"Layer {layer.__name__!r} has no __call__, so nothing calls its method{'s' if len(methods) > 1 else ''} {named}.",
            layer,
            vars_of(layer)[methods[0]],
            f"rename {methods[0]!r} to __call__, or call it from there.",
        )


def _methods(layer: type[Layer]) -> Iterator[str]:
    """Yield the names of a layer's own functions, except Python's special ones."""
    for base in layer.__mro__:
        if base is not Layer and issubclass(base, Layer):
            for name, value in vars(base).items():
                if isinstance(value, FunctionType) and not (name.startswith("__") and name.endswith("__")):
                    yield name


def _shown(value: object) -> str:
    return f"an object of type {type(value).__name__!r}"


def _wrong(what: str, layer: type[Layer], function: Any, fix: str) -> FlowError:
    place = source_location.of_function(unwrap(function)) if function is not None else ""
    return FlowError(what, where=place or source_location.of_class(layer), fix=fix)
