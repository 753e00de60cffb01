"""Build blocks from their parts, without those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Block", "declared", "given", "named"]

Block = dict[str, Any]
"""A mapping of a document: nested dict, list, str, int and bool, never None."""


def given(**parts: Any) -> Block:
    """Return the parts that are neither None nor empty.

    >>> given(name="A", depends="", arguments=None, parallelism=2)
    {'name': 'A', 'parallelism': 2}
    """
    return {name: part for name, part in parts.items() if part is not None and part != "" and part != {} and part != []}


def named(values: Mapping[str, str | None] | Iterable[tuple[str, str | None]]) -> list[Block]:
    """Return Argo's list of names and values; a name with the value None has no value.

    >>> named({"layer": None, "index": "0"})
    [{'name': 'layer'}, {'name': 'index', 'value': '0'}]
    """
    pairs = values.items() if isinstance(values, Mapping) else values
    return [{"name": name} if value is None else {"name": name, "value": value} for name, value in pairs]


def declared(name: str, value: str, description: str = "", choices: Iterable[str] = ()) -> Block:
    """Return a workflow's parameter with its texts for user interfaces.

    >>> declared("rate", "0.1", "Step size.", ["0.1", "0.2"])
    {'name': 'rate', 'value': '0.1', 'enum': ['0.1', '0.2'], 'description': 'Step size.'}
    """
    return {"name": name, "value": value, **given(enum=list(choices), description=description)}
