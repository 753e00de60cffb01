"""Convert values and texts to the declared types of parameters, and values to JSON."""

from __future__ import annotations

import datetime
import json
import operator
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from laminar.components.parameter_text import value_of

__all__ = ["choices", "converted", "encoded", "from_text", "shown"]

NoneType = type(None)
UNIONS = (Union, types.UnionType)
LISTS = (list, tuple, Sequence)
MAPPINGS = (dict, Mapping)


def shown(kind: Any) -> str:
    """Return a type as a user writes it.

    >>> shown(float), shown(list[int]), shown(int | None), shown(Literal["a", "b"])
    ('float', 'list[int]', 'int | None', "'a' or 'b'")
    """
    if kind in (None, NoneType):
        return "None"
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) in UNIONS:
        return " | ".join(map(shown, get_args(kind)))
    if get_origin(kind) is Annotated:
        return shown(get_args(kind)[0])
    if get_origin(kind) is not None:
        return repr(kind).replace("typing.", "").replace("collections.abc.", "")
    return getattr(kind, "__name__", repr(kind))


def choices(kind: Any) -> list[Any]:
    """Return the values that a type lists: of a Literal, an Enum, or a union of these and None; an empty list for other types.

    >>> choices(Literal["sgd", "adam"] | None), choices(int)
    (['sgd', 'adam', None], [])
    """
    origin = get_origin(kind)
    if origin is Annotated:
        return choices(get_args(kind)[0])
    if origin is Literal:
        return list(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)
    if origin in UNIONS:
        found = [[None] if part is NoneType else choices(part) for part in get_args(kind)]
        return [value for values in found for value in values] if all(found) and len(found) > found.count([None]) else []
    return []


def converted(kind: Any, value: Any) -> Any:
    """Return a value, of Python or of JSON, as a value of a declared type.

    An int becomes a float where a float is declared, and the text of a date a date. Types without a JSON form are only checked.

    Raises ValueError, with the expected kind of value, for a value of another type.

    >>> converted(float, 1), converted(list[int], (1, 2)), converted(datetime.date, "2026-01-31")
    (1.0, [1, 2], datetime.date(2026, 1, 31))
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return converted(parts[0], value)
    if kind is Any or isinstance(kind, TypeVar):
        return value
    if kind in (None, NoneType):
        return _known(value, value is None, "None")
    if origin in UNIONS:
        return _of_union(kind, value)
    if origin is Literal:
        return _listed(kind, [option for option in parts if option == value and type(option) is type(value)])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _listed(kind, [member for member in kind if value is member or _same(member.value, value)])
    if kind in SCALARS:
        return SCALARS[kind](value)
    if (origin or kind) in LISTS:
        return _of_list(origin or kind, parts, value)
    if (origin or kind) in MAPPINGS:
        return _of_mapping(parts, value)
    return _known(value, _is_instance(value, origin or kind), f"a {shown(origin or kind)}")


def _known(value: Any, fits: bool, expected: str) -> Any:
    if not fits:
        raise ValueError(expected)
    return value


def _listed(kind: Any, found: list[Any]) -> Any:
    if not found:
        options = [option.value if isinstance(option, Enum) else option for option in choices(kind)]
        raise ValueError(f"one of {', '.join(map(repr, options))}")
    return found[0]


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _is_instance(value: Any, kind: Any) -> bool:
    try:
        return isinstance(value, kind)
    except TypeError:  # the type is no class: the declaration is only documentation
        return True


def _of_union(kind: Any, value: Any) -> Any:
    """Return a value as the first type of a union that accepts it; a type that it has already comes first."""
    parts = sorted(get_args(kind), key=lambda part: part is not type(value))
    return _first(parts, lambda part: converted(part, value))


def _first(kinds: Sequence[Any], convert: Callable[[Any], Any]) -> Any:
    expected = []
    for kind in kinds:
        try:
            return convert(kind)
        except ValueError as error:
            expected.append(str(error))
    raise ValueError(" or ".join(dict.fromkeys(expected)))


def _of_list(kind: Any, parts: tuple[Any, ...], value: Any) -> Any:
    from laminar.configurations.datastores import Accessor

    if isinstance(value, Accessor):  # a linker passes it on: its elements are not loaded
        return value
    if getattr(value, "ndim", None) == 1 and hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, (list, tuple, range)):
        raise ValueError("a list")
    if kind is tuple and parts and parts[-1:] != (...,):
        _known(value, len(value) == len(parts), f"a list of {len(parts)} values")
        return [converted(part, item) for part, item in zip(parts, value, strict=True)]
    return [_inside(f"item {place}", parts[0] if parts else Any, item) for place, item in enumerate(value)]


def _of_mapping(parts: tuple[Any, ...], value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError("a dict")
    key, item = parts or (Any, Any)
    return {converted(key, name): _inside(f"item {name!r}", item, one) for name, one in value.items()}


def _inside(where: str, kind: Any, value: Any) -> Any:
    try:
        return converted(kind, value)
    except ValueError as error:
        raise ValueError(f"{error} in {where}") from None


def _bool(value: Any) -> bool:
    if type(value).__name__ in ("bool", "bool_"):  # also numpy's
        return bool(value)
    raise ValueError("True or False")


def _int(value: Any) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise ValueError("a whole number")
    return operator.index(value)


def _float(value: Any) -> float:
    if isinstance(value, (bool, str)) or not hasattr(value, "__float__"):
        raise ValueError("a number")
    return float(value)


def _str(value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, Enum):
        raise ValueError("a text")
    return str(value)


def _date(value: Any) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    try:
        found = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a date such as 2026-01-31") from None
    return _known(found, found.isoformat() == value, "a date such as 2026-01-31")  # type: ignore[no-any-return]


def _datetime(value: Any) -> datetime.datetime:
    if isinstance(value, datetime.datetime):
        return value
    try:
        # Python 3.10 does not read the Z of RFC 3339.
        return datetime.datetime.fromisoformat(f"{value[:-1]}+00:00" if value[-1:] in ("Z", "z") else value)
    except (TypeError, ValueError):
        raise ValueError("a time such as 2026-01-31T04:00:00Z") from None


SCALARS: dict[Any, Callable[[Any], Any]] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    datetime.date: _date,
    datetime.datetime: _datetime,
}
"""Types with one JSON value, and the functions that convert to them."""


def from_text(kind: Any, text: str) -> Any:
    """Return the value of a declared type that a text of the command line stands for.

    Raises ValueError, with the expected kind of value, for a text of another type.

    >>> from_text(float, ".5"), from_text(int | None, "null"), from_text(Literal["a", 1], "1"), from_text(list[int], "[1]")
    (0.5, None, 1, [1])
    """
    origin = get_origin(kind)
    if origin is Annotated:
        return from_text(get_args(kind)[0], text)
    if origin in UNIONS:
        return _first(sorted(get_args(kind), key=_generality), lambda part: from_text(part, text))
    if kind is NoneType:
        return _known(None, text.lower() in ("null", "none"), "null")
    if options := choices(kind):
        return _listed(kind, [option for option in options if text in _texts(option)])
    if kind is bool:
        return value_of(text, True)
    if kind is float:
        return float(value_of(text, 0.0))
    if kind is str:
        return value_of(text, "")
    if kind is int:
        return converted(int, _number(text))
    if kind in (datetime.date, datetime.datetime):
        return converted(kind, text)
    if kind is Any or kind is object:
        return value_of(text, None)
    if (origin or kind) not in (*LISTS, *MAPPINGS):
        raise ValueError(f"a {shown(kind)}, which no text can name")
    return converted(kind, value_of(text, {} if (origin or kind) in MAPPINGS else []))


def _number(text: str) -> Any:
    try:
        return value_of(text, 0)
    except ValueError:
        return None


def _generality(kind: Any) -> int:
    """Return the rank of a type where a text may be of several: any text is a str."""
    return 2 if kind is str else 1 if kind is Any else 0


def _texts(option: Any) -> Iterator[str]:
    """Yield the texts that name one of several values: as it is printed, its JSON, the name of an Enum's member."""
    if isinstance(option, Enum):
        yield option.name
        option = option.value
    yield str(option)
    yield json.dumps(option, default=str)


def encoded(value: Any) -> Any:
    """Return a value with dates as their ISO 8601 text and members of an Enum as their values, so that JSON can carry it.

    >>> encoded([datetime.date(2026, 1, 31)])
    ['2026-01-31']
    """
    if isinstance(value, Enum):
        return encoded(value.value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if type(value) in (list, tuple):
        return [encoded(item) for item in value]
    if type(value) is dict:
        return {name: encoded(item) for name, item in value.items()}
    return value
