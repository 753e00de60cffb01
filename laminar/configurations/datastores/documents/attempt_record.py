"""Describe attempts without a document: how each ended, with the traceback; and the leases of those that may still run.

An attempt that finished, or was skipped, is in its split's document, which costs no further file. The others are written many at
a time by the process that supervises them, as documents that hold a list of attempts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.documents.json_document import malformed, parse, written
from laminar.exceptions import DatastoreError
from laminar.timestamps import seconds_since

__all__ = ["BAD", "Attempt", "load_attempts", "load_leases", "read_attempts", "save_attempts", "save_lease", "written_attempts"]

BAD = ("failed", "killed", "timed out", "out of memory", "lost")
"""How an attempt ends that fails its split. One that was interrupted has not failed: its run was stopped."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt at a split.

    ``how`` is finished, skipped, failed, killed, interrupted, timed out, out of memory, lost (its machine stopped reporting) or
    running. Times are ISO 8601, UTC; ``ended`` is "" while it runs. ``message`` is the error as one line, or the hook that denied
    the layer; ``traceback`` is its text, ``where`` the user's line, ``fix`` the advice. ``again`` means that the run began another
    attempt after it, or that Argo may. ``session`` is the id of the session, or the name of the pod. A lease ends at ``until``.
    """

    layer: str
    index: int = 0
    splits: int = 1
    number: int = 1
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

    @property
    def seconds(self) -> float:
        """How long it took, 0 where it has not ended."""
        return seconds_since(self.started, self.ended)

    @property
    def is_bad(self) -> bool:
        """Whether it failed its split."""
        return self.how in BAD


KEYS = {one.name: "attempt" if one.name == "number" else one.name for one in fields(Attempt)}
"""Fields of an attempt, with their names in a stored document."""


def save_attempts(storage: ByteStorage, flow: str, execution: str, name: str, records: Sequence[Attempt]) -> None:
    """Write the records of attempts as one document."""
    storage.put(f"{key_layout.attempts_folder(flow, execution)}/{name}.json", (written_attempts(records),))


def load_attempts(storage: ByteStorage, flow: str, execution: str) -> list[Attempt]:
    """Return the records of all attempts of an execution without a document, in the order in which they started.

    A damaged document is left out: the others still record the attempt.
    """
    return _load(storage, key_layout.attempts_folder(flow, execution))


def save_lease(storage: ByteStorage, flow: str, execution: str, name: str, record: Attempt) -> None:
    """Write or renew the lease of an attempt that runs in a pod."""
    storage.put(f"{key_layout.leases_folder(flow, execution)}/{name}.json", (written_attempts([record]),))


def load_leases(storage: ByteStorage, flow: str, execution: str) -> list[Attempt]:
    """Return the leases of an execution's pods, ended ones as well."""
    return _load(storage, key_layout.leases_folder(flow, execution))


def written_attempts(records: Sequence[Attempt]) -> bytes:
    """Return the document of some attempts, on one line."""
    return written({"attempts": [{key: getattr(record, name) for name, key in KEYS.items()} for record in records]})


def _load(storage: ByteStorage, folder: str) -> list[Attempt]:
    names = sorted(name for name in storage.names(folder) if name.endswith(".json"))
    keys = [f"{folder}/{name}" for name in names]
    found = zip(keys, storage.get_many(keys), strict=True)
    records = [record for key, data in found if data is not None for record in read_attempts(bytes(data), key)]
    return sorted(records, key=lambda record: (record.started, record.ended))


def read_attempts(data: bytes, key: str) -> Iterator[Attempt]:
    """Yield the attempts of a document, none of a damaged one."""
    try:
        yield from (_record(one, key) for one in parse(data, key).get("attempts", ()))
    except DatastoreError:
        return


def _record(found: Any, key: str) -> Attempt:
    try:
        return Attempt(**{name: found[key] for name, key in KEYS.items() if key in found})
    except (TypeError, AttributeError) as error:
        raise malformed(key, f"it lacks or garbles {error}") from error
