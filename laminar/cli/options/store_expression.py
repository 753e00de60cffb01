"""Evaluate the datastore that a program's source gives a flow, where it consists of literals."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from laminar.exceptions import LaminarError

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore
    from laminar.program.outline import Outline

__all__ = ["evaluate"]

PACKAGE = "laminar.configurations.datastores"
CONSTRUCTORS = ("AWS.S3", "Local", "Memory", "Remote", "open_store")


def evaluate(read: Outline, expression: ast.expr | None) -> DataStore | None:
    """Return the datastore of an expression: a URL or a datastore made of literals, by way of names that are assigned once.

    Without an expression it is the folder's. None where only executing the program would show it.
    """
    from laminar.configurations import datastores

    if expression is None or (isinstance(expression, ast.Constant) and expression.value is None):
        return datastores.Local(".laminar")
    try:
        value = _value(read, expression, depth=0)
        return datastores.open_store(value) if isinstance(value, str) else value
    except (ValueError, TypeError, RecursionError, LaminarError):
        return None


def _value(read: Outline, expression: ast.expr, *, depth: int) -> Any:
    """Return the value of a literal, of a name assigned once, or of a datastore's constructor called with such.

    Raises ValueError for anything else.
    """
    if depth > 10:
        raise ValueError("names that are defined by each other")
    if isinstance(expression, ast.Name) and expression.id in read.constants:
        return _value(read, read.constants[expression.id], depth=depth + 1)
    if isinstance(expression, ast.Call):
        constructor = _constructor(read.dotted(expression.func))
        given = [_value(read, argument, depth=depth + 1) for argument in expression.args]
        if any(keyword.arg is None for keyword in expression.keywords):
            raise ValueError("keywords that are computed")
        return constructor(*given, **{str(one.arg): _value(read, one.value, depth=depth + 1) for one in expression.keywords})
    return ast.literal_eval(expression)


def _constructor(name: str) -> Any:
    from laminar.configurations import datastores

    short = name.removeprefix(f"{PACKAGE}.")
    if short == name or short not in CONSTRUCTORS:
        raise ValueError(f"{name} is no datastore")
    found: Any = datastores
    for part in short.split("."):
        found = getattr(found, part)
    return found
