"""Compare a body with Argo's schema, as Hera carries it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def unknown_field(model: str, body: Any) -> str:
    """Return the path of the first field that Hera's model of Argo's schema does not know, "" where there is none."""
    from hera.workflows import models
    from pydantic import ValidationError

    try:
        read = getattr(models, model).model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        return ".".join(map(str, first["loc"])) + f" ({first['msg']})"
    return lost(body, json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)))


def lost(sent: Any, kept: Any, path: str = "") -> str:
    """Return the path of the first part that is missing."""
    if isinstance(sent, Mapping):
        if not isinstance(kept, Mapping):
            return path
        for key, value in sent.items():
            if key not in kept:
                return f"{path}.{key}".lstrip(".")
            if found := lost(value, kept[key], f"{path}.{key}"):
                return found.lstrip(".")
    if isinstance(sent, list):
        for place, value in enumerate(sent):
            if found := lost(value, kept[place], f"{path}[{place}]"):
                return found.lstrip(".")
    return ""
