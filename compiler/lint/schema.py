"""Hold the schema of Argo's API and of Kubernetes' pods: the fields of each type, and their values.

``schema.json`` is made from the published models (hera, lightkube-models) by ``python -m tests.support.api_schema``. Reading it
takes milliseconds; importing hera takes a second.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Kind", "Type", "types"]

Kind = Any
"""Value of a field: a word (text, whole, number, truth, any, time, quantity, whole or text), ``@`` and a type's name, a
list with the kind of its items, or a mapping from an empty text to the kind of its values."""


@dataclass(frozen=True)
class Type:
    """A mapping with known fields; ``choices`` are the values that the published schema lists for a field."""

    fields: Mapping[str, Kind]
    required: Sequence[str] = ()
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


@functools.lru_cache(maxsize=1)
def types() -> Mapping[str, Type]:
    """Return all types by name; those of Kubernetes begin with ``k8s.``."""
    text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
    return {name: Type(**entry) for name, entry in json.loads(text).items()}
