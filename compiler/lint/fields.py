"""Compare a document with the schema of Argo's API: unknown or misspelt fields, values of a wrong type, what is missing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from laminar.compiler.argo.documents import Document
from laminar.compiler.argo.parts import Finding, Part

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["wrong_fields"]

REPLACED = {"schedule": "schedules", "mutex": "mutexes", "semaphore": "semaphores"}
"""Fields that Argo 4.0 removed, with what takes their place: lists."""

QUANTITIES = ("limits", "requests", "sizeLimit", "capacity", "divisor")
"""Where Kubernetes takes a number as well as text."""


def wrong_fields(document: Document) -> Iterator[Finding]:
    """Give what the API's schema does not know, or knows otherwise."""
    from hera.workflows import models
    from pydantic import ValidationError

    model: type[BaseModel] = getattr(models, document.kind)
    yield from _keys(document.part)
    try:
        model.model_validate(document.part.value)
    except ValidationError as error:
        yield from _misfits(document.part, error.errors())
    yield from _unknown(model, document.part)


def _keys(part: Part) -> Iterator[Finding]:
    for place, what, fix in part.source.problems:
        found = Part(part.source, place)
        yield Finding(found, f"{_named(found)} {what}.", fix)


def _misfits(part: Part, errors: Any) -> Iterator[Finding]:
    seen: set[Any] = set()
    for error in errors:
        at = _place(part, error["loc"])
        if at.place in seen or (isinstance(at.value, int | float) and any(name in QUANTITIES for name in at.place)):
            continue
        seen.add(at.place)
        if error["type"] == "missing":
            yield Finding(at, f"{_named(at)} has no {error['loc'][-1]!r}.", f"add {error['loc'][-1]}.")
        else:
            said = error["msg"].replace("Input should be", "should be").rstrip(".")
            fix = "put it in quotes." if isinstance(at.value, bool | int | float) and "string" in said else ""
            yield Finding(at, f"{_named(at)} is {_shown(at.value)} and {said}.", fix)


def _place(part: Part, location: tuple[str | int, ...]) -> Part:
    """Return the part that a location of pydantic's means: it names members of unions too, which are no keys."""
    for key in location:
        value = part.value
        if (isinstance(value, dict) and key in value) or (isinstance(value, list) and isinstance(key, int) and key < len(value)):
            part = part.at(key)
    return part


def _unknown(kind: Any, part: Part) -> Iterator[Finding]:
    """Give the keys below a part that its model does not have."""
    value = part.value
    model = _model(kind, value)
    if model is not None and isinstance(value, dict):
        known = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
        for key in value:
            if key in known:
                yield from _unknown(known[key], part.at(key))
            else:
                yield _misspelt(part.at(key), key, list(known), model.__name__)
        return
    for inner, child in _children(kind, part):
        yield from _unknown(inner, child)


def _misspelt(part: Part, key: str, known: list[str], model: str) -> Finding:
    if REPLACED.get(key) in known:
        return Finding(part, f"{key!r} was removed in Argo 4.0.", f"write the list {REPLACED[key]}.")
    close = difflib.get_close_matches(key, known, n=1)
    meant = f" Did you mean {close[0]!r}?" if close else ""
    return Finding(part, f"{model} has no field {key!r}; Argo drops it silently.{meant}", "mend the name, or drop it.")


def _model(kind: Any, value: Any) -> type[BaseModel] | None:
    """Return the model among a field's types that a mapping is read as."""
    from typing import get_args

    from pydantic import BaseModel

    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind if "root" not in kind.model_fields and kind.model_fields else None
    found = (_model(each, value) for each in get_args(kind) if _origin(each) not in (list, dict))
    return next((model for model in found if model is not None), None)


def _children(kind: Any, part: Part) -> Iterator[tuple[Any, Part]]:
    """Give the items of a list, or the values of a free mapping, with their types."""
    from typing import get_args

    value = part.value
    for each in (kind, *get_args(kind)):
        if _origin(each) is list and isinstance(value, list):
            yield from ((get_args(each)[0], part.at(index)) for index in range(len(value)))
        elif _origin(each) is dict and isinstance(value, dict):
            yield from ((get_args(each)[1], part.at(key)) for key in value)


def _origin(kind: Any) -> Any:
    from typing import get_origin

    return get_origin(kind)


def _named(part: Part) -> str:
    return f"{part.place[-1]!r}" if part.place and isinstance(part.place[-1], str) else "An item" if part.place else "The document"


def _shown(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", type(None): "nothing"}
    return kinds.get(type(value)) or (str(value).lower() if isinstance(value, bool) else repr(value))
