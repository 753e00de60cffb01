"""Describe how a split ended: its Record, and the JSON document that is both archive and finished marker.

A document is one line of compact JSON, its keys sorted, the last of them a digest of all before it::

    {"artifacts":{"rows":{"json":3}},"attempt":1,...,"schema":1,...,"status":"finished","sum":"0123456789abcdef"}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring as encode_text
from sys import intern
from typing import Any

from laminar.configurations.datastores.documents.json_document import SCHEMA, add_checksum, malformed, parse
from laminar.configurations.datastores.values.artifact import Artifact, artifact_of, encode

__all__ = ["Record"]

STATUSES = ("finished", "skipped")

SHARED = ("flow", "execution", "layer", "status", "host", "program", "source")
"""Fields that are equal in all documents of a layer: a join of 100,000 splits keeps one string of each."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """State how one split of a layer ended, and its artifacts.

    ``status`` is "finished" or "skipped"; ``reason`` names the hook that denied the layer. Times are ISO 8601, UTC, to the
    millisecond. ``entries`` are the answers of hooks of layers below, where this one's pod evaluated them. ``caught`` is one line
    about the exception that the layer's Catch covered. An empty fan-out is one record, with ``index`` 0 and ``splits`` 0.

    ``key`` is the split's key in the cache, where its layer is registered with one. ``reused`` describes the split whose result was
    reused instead of running: its ``execution`` and ``index``, and when it ``started`` and ``finished``.
    """

    flow: str
    execution: str
    layer: str
    index: int = 0
    splits: int = 1
    attempt: int = 1
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    status: str = "finished"
    started: str = ""
    finished: str = ""
    host: str = ""
    program: str = ""
    source: str = ""
    caught: str | None = None
    caught_traceback: str | None = None
    reason: str = ""
    entries: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    reused: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the record's document: the same text for the same record, on any machine."""
        artifacts = ",".join(f"{encode(name)}:{self.artifacts[name].to_json()}" for name in sorted(self.artifacts))
        known, fields = vars(self), ""
        for name in WRITTEN:
            value = known[name] if name != "schema" else SCHEMA
            if not value and name in OPTIONAL:
                continue
            if type(value) is int:
                fields += f',"{name}":{value}'
            elif type(value) is str:
                fields += f',"{name}":{encode_text(value if value.isascii() else encodable(value))}'
            elif value is None:
                fields += f',"{name}":null'
            else:
                fields += f',"{name}":{encode(value)}'
        return add_checksum(f'{{"artifacts":{{{artifacts}}}{fields}}}')

    @classmethod
    def from_json(cls, text: str | bytes, *, key: str = "") -> Record:
        """Return the record of a document; ``key`` names the document in errors.

        Raises DatastoreError where it is damaged, no record, or of a schema that this laminar does not know.
        """
        found = parse(text, key)
        try:
            artifacts = {name: artifact_of(value, name) for name, value in shared_names(found["artifacts"]).items()}
            for name, default in OPTIONAL.items():
                found.setdefault(name, default)
            for name in SHARED:
                found[name] = intern(found[name])
            record = cls(artifacts=artifacts, **{name: found[name] for name in PLAIN})
            if type(record.index) is not int or type(record.splits) is not int or record.status not in STATUSES:
                raise ValueError("index, splits or status")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise malformed(key, f"it lacks or garbles {error}") from error
        return record


PLAIN = tuple(sorted(name for name in Record.__dataclass_fields__ if name != "artifacts"))
"""Fields that are JSON as they are."""

OPTIONAL: dict[str, Any] = {"entries": {}, "key": "", "reused": {}}
"""Fields that a document omits where they have these default values."""

WRITTEN = tuple(sorted((*PLAIN, "schema")))
"""Members of a document except the artifacts, in the order in which they are written."""


def shared_names(found: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping whose names are those of all other documents, not copies."""
    return {intern(name): value for name, value in found.items()}


def encodable(value: str) -> str:
    """Return a field without lone surrogates, which a traceback or a host name may hold and UTF-8 cannot encode."""
    return value.encode(errors="backslashreplace").decode()
