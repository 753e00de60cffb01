"""Turn stored values into values that JSON has."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
from collections.abc import Iterable, Mapping, Set
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from laminar.exceptions import DatastoreError

__all__ = ["json_text", "json_value", "records"]

MISSING = ("NaTType", "NAType")
"""Types of pandas' values that stand for a missing one: NaT and NA."""


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """Return a value as JSON.

    Raises DatastoreError for a value that JSON does not have.
    """
    return json.dumps(json_value(value), indent=indent, ensure_ascii=False)


def json_value(value: Any, place: str = "") -> Any:
    """Return a value as JSON has it: tables as lists of records, arrays as lists, times as ISO 8601, not-a-number as null.

    A time span is its seconds; a decimal and a UUID are texts.

    Raises DatastoreError, naming the part, for anything that has no such form.

    >>> json_value({"a": (1, float("nan"))})
    {'a': [1, None]}
    """
    if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Enum):
        return json_value(value.value, place)
    if type(value).__name__ in MISSING:
        return None
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (PurePath, Decimal, UUID)):
        return str(value)
    if isinstance(value, Mapping):
        return {_key(key, place): json_value(item, f"{place}[{key!r}]") for key, item in value.items()}
    return _structure(value, place)


def _structure(value: Any, place: str) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: json_value(getattr(value, each.name), f"{place}.{each.name}") for each in dataclasses.fields(value)}
    if hasattr(value, "_asdict"):  # a named tuple
        return json_value(value._asdict(), place)
    if hasattr(value, "model_dump"):  # a model of pydantic
        return json_value(value.model_dump(), place)
    if hasattr(value, "to_dicts"):  # a table of polars
        return json_value(value.to_dicts(), place)
    if hasattr(value, "itertuples"):  # a table of pandas
        return json_value(records(value), place)
    if hasattr(value, "tolist"):  # of numpy: an array, or one number
        return json_value(value.tolist(), place)
    if hasattr(value, "to_list"):  # a column of pandas or polars
        return json_value(value.to_list(), place)
    if isinstance(value, (Iterable, Set)) and not isinstance(value, (bytes, bytearray, type)) and hasattr(value, "__len__"):
        return [json_value(item, f"{place}[{number}]") for number, item in enumerate(value)]
    what = f"{place.lstrip('.')} is" if place else "It is"
    raise DatastoreError(
        f"{what} an object of type {type(value).__name__!r}, which JSON does not have.",
        fix="pass -o FILE.pickle, or store plain data made of it.",
    )


def records(table: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a table of pandas, missing values as None. An index counts as columns, unless it only numbers the rows."""
    if type(table.index).__name__ != "RangeIndex" or table.index.name is not None:
        table = table.reset_index()
    rows = table.to_dict("records")
    return [{str(name): None if _is_missing(item) else item for name, item in row.items()} for row in rows]


def _is_missing(value: Any) -> bool:
    return type(value).__name__ in MISSING or (isinstance(value, float) and math.isnan(value))


def _key(key: Any, place: str) -> str:
    if isinstance(key, str):
        return key
    found = json_value(key, place)
    return found if isinstance(found, str) else json.dumps(found)
