"""Build blocks from their parts, without those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Block", "given", "named"]

Block = dict[str, Any]
"""A mapping of a document: nested dict, list, str, int and bool, never None."""


def given(**parts: Any) -> Block:
    """Return the parts that are neither None nor empty.

    >>> given(name="A", depends="", arguments=None, parallelism=2)
    {'name': 'A', 'parallelism': 2}
    """
    return {name: part for name, part in parts.items() if part is not None and part != "" and part != {} and part != []}


def named(values: Mapping[str, str | None] | Iterable[tuple[str, str | None]]) -> list[Block]:
    """Return Argo's list of names and values; a name with the value None stands alone.

    >>> named({"layer": None, "index": "0"})
    [{'name': 'layer'}, {'name': 'index', 'value': '0'}]
    """
    pairs = values.items() if isinstance(values, Mapping) else values
    return [{"name": name} if value is None else {"name": name, "value": value} for name, value in pairs]
