"""Write down that a split ended: its Record, and the JSON document that is both archive and finished marker.

A document is one line of compact JSON, its keys sorted, the last of them a digest of all before it::

    {"artifacts":{"rows":{"json":3}},"attempt":1,...,"schema":1,...,"status":"finished","sum":"0123456789abcdef"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from laminar.configurations.datastores.values.artifact import Artifact, artifact_of, encode
from laminar.exceptions import DatastoreError
from laminar.graph import PARAMETERS

__all__ = ["Record", "sealed", "unsealed"]

SCHEMA = 1
STATUSES = ("finished", "skipped")
SEAL = ',"sum":"'


@dataclass(frozen=True, kw_only=True)
class Record:
    """Say how one split of a layer ended and what it left.

    ``status`` is "finished" or "skipped"; ``reason`` names the hook that said no. Times are ISO 8601, UTC, to the millisecond.
    ``entries`` is what the hooks of layers below said, where this one's pod asked them.
    ``caught`` is one line about the exception that the layer's Catch took. An empty fan-out is one record, with ``index`` 0
    and ``splits`` 0.
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

    def to_json(self) -> str:
        """Return the record's document: the same text for the same record, on any machine."""
        artifacts = ",".join(f"{encode(name)}:{self.artifacts[name].to_json()}" for name in sorted(self.artifacts))
        rest = {name: getattr(self, name) for name in PLAIN if name != "entries" or self.entries}
        rest["schema"] = SCHEMA
        fields = encode({name: escaped(rest[name]) for name in sorted(rest)})
        return sealed(f'{{"artifacts":{{{artifacts}}},{fields[1:]}')

    @classmethod
    def from_json(cls, text: str | bytes, *, key: str = "") -> Record:
        """Return the record of a document; ``key`` says in errors where the document stands.

        Raises DatastoreError where it is damaged, no record, or of a schema that this laminar doesn't know.
        """
        found = unsealed(text, key)
        try:
            artifacts = {name: artifact_of(value, name) for name, value in found["artifacts"].items()}
            found.setdefault("entries", {})
            record = cls(artifacts=artifacts, **{name: found[name] for name in PLAIN})
            if type(record.index) is not int or type(record.splits) is not int or record.status not in STATUSES:
                raise ValueError("index, splits or status are none")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise malformed(key, f"it lacks or garbles {error}") from error
        return record


PLAIN = tuple(sorted(name for name in Record.__dataclass_fields__ if name != "artifacts"))
"""Fields that are JSON as they are."""


def sealed(text: str) -> str:
    """Return the text of a JSON object with a digest of it as its last member.

    >>> sealed('{"schema":1}')
    '{"schema":1,"sum":"67d6291b301412df"}'
    """
    return f'{text[:-1]}{SEAL}{digest(text.encode())}"}}'


def unsealed(text: str | bytes, key: str) -> dict[str, Any]:
    """Return the object of a sealed JSON document of this schema.

    Raises DatastoreError, naming ``key``, for anything else.
    """
    try:
        data = text.encode() if isinstance(text, str) else text
        found: dict[str, Any] = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise malformed(key, str(error)) from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if type(schema) is not int:
        raise malformed(key, "it has no schema")
    if schema != SCHEMA:
        raise DatastoreError(
            f"Document {key or 'given'} has schema {schema}, which this laminar does not know.",
            fix="read it with the version of laminar that wrote it, or a newer one.",
        )
    body, _, rest = data.rpartition(SEAL.encode())
    if rest.rstrip(b"\n") != f'{digest(body + b"}")}"}}'.encode():
        raise malformed(key, "it is not what was written")
    return found


def digest(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()[:16]


def escaped(value: Any) -> Any:
    """Return a value without lone surrogates, which a traceback or a host name may hold and UTF-8 can't."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) and not value.isascii() else value


def malformed(key: str, what: str) -> DatastoreError:
    fix = "delete it and resume the execution, so that its split runs again."
    if key.split("/")[-2:-1] == [PARAMETERS]:  # they came from whoever called the flow: resuming does not make them again
        fix = "restore it from a copy, or start a new execution with these parameters."
    return DatastoreError(f"Document {key or 'given'} is damaged: {what}.", fix=fix)
