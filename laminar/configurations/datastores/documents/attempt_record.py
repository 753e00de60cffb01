"""Describe attempts that left no document: how each ended, with the traceback; and the leases of those that may still run.

An attempt that finished, or was skipped, is in its split's document, which costs no further file. The others are written many at
a time by the process that supervises them, as documents that hold a list of attempts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.documents.json_document import malformed, parse, written
from laminar.exceptions import DatastoreError

__all__ = ["WAYS", "AttemptRecord", "load_attempts", "load_leases", "save_attempts", "save_lease"]

WAYS = ("finished", "skipped", "failed", "killed", "interrupted", "timed out", "out of memory", "lost", "running")
"""How an attempt ends. "lost" is one whose machine or process went without a word; "running" has not ended."""


@dataclass(frozen=True, kw_only=True)
class AttemptRecord:
    """State how one attempt at a split ended.

    ``message`` is the error as one line, ``traceback`` its text, ``where`` the user's line, ``fix`` the advice; ``again`` means
    another attempt follows. ``session`` is the id of the session, or the name of the pod. ``until`` is the end of a lease.
    """

    layer: str
    index: int = 0
    splits: int = 1
    attempt: int = 1
    how: str = "failed"
    started: str = ""
    ended: str = ""
    host: str = ""
    message: str = ""
    traceback: str = ""
    where: str = ""
    fix: str = ""
    again: bool = False
    session: str = ""
    until: str = ""


def save_attempts(storage: ByteStorage, flow: str, execution: str, name: str, records: Sequence[AttemptRecord]) -> None:
    """Write the records of attempts as one document."""
    storage.put(f"{key_layout.attempts_folder(flow, execution)}/{name}.json", (_written(records),))


def load_attempts(storage: ByteStorage, flow: str, execution: str) -> list[AttemptRecord]:
    """Return the records of all attempts of an execution that left no document, in the order in which they started.

    A damaged document is left out: the others still record the attempt.
    """
    return _load(storage, key_layout.attempts_folder(flow, execution))


def save_lease(storage: ByteStorage, flow: str, execution: str, name: str, record: AttemptRecord) -> None:
    """Write or renew the lease of an attempt that runs in a pod."""
    storage.put(f"{key_layout.leases_folder(flow, execution)}/{name}.json", (_written([record]),))


def load_leases(storage: ByteStorage, flow: str, execution: str) -> list[AttemptRecord]:
    """Return the leases of an execution's pods, ended ones as well."""
    return _load(storage, key_layout.leases_folder(flow, execution))


def _written(records: Sequence[AttemptRecord]) -> bytes:
    return written({"attempts": [asdict(record) for record in records]})


def _load(storage: ByteStorage, folder: str) -> list[AttemptRecord]:
    names = sorted(name for name in storage.names(folder) if name.endswith(".json"))
    keys = [f"{folder}/{name}" for name in names]
    found = zip(keys, storage.get_many(keys), strict=True)
    records = [record for key, data in found if data is not None for record in _read(bytes(data), key)]
    return sorted(records, key=lambda record: (record.started, record.ended))


def _read(data: bytes, key: str) -> Iterator[AttemptRecord]:
    try:
        yield from (_record(one, key) for one in parse(data, key).get("attempts", ()))
    except DatastoreError:
        return


def _record(found: Any, key: str) -> AttemptRecord:
    try:
        return AttemptRecord(**{one.name: found[one.name] for one in fields(AttemptRecord) if one.name in found})
    except (TypeError, AttributeError) as error:
        raise malformed(key, f"it lacks or garbles {error}") from error
