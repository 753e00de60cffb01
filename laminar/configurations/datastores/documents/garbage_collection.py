"""List the contents of a store, and remove old and unused ones, while flows are running.

Safety relies on times, as not all storages have locks. Artifacts are listed before documents are read, so every reference to a
listed artifact is seen. A writer that finds its content present renews that file's time, and files younger than ``grace`` are
kept. The artifacts of a removed execution are kept for another ``grace``, by a note in ``removed/``: a running layer may hold a
reference to them that is in no document yet.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import ByteStorage, Entry
from laminar.configurations.datastores.documents import json_document, repository
from laminar.configurations.datastores.documents.record import Record
from laminar.configurations.datastores.key_layout import REMOVED
from laminar.configurations.datastores.values.artifact import Artifact, encode
from laminar.exceptions import DatastoreError
from laminar.identifiers import is_name
from laminar.ksuid import ksuid

__all__ = ["DAY", "Cleared", "Plan", "Survey", "Usage", "clear", "plan", "survey"]

DAY = 86_400.0

READ_AT_ONCE = 1000
"""Documents that are read together."""

WORKERS = 16
"""Removals that are requested at the same time."""


@dataclass(frozen=True)
class Usage:
    """Describe the data of one execution of a flow: its documents, when the newest was written, and the artifacts they refer to.

    ``keys`` are those by which the cache finds its documents.
    """

    flow: str
    execution: str
    documents: int
    document_bytes: int
    newest: float
    addresses: frozenset[str]
    damaged: DatastoreError | None = None
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Survey:
    """All that a store holds. ``artifacts`` has sizes and times by address, ``notes`` the addresses that notes still keep.

    ``broken`` names the notes that cannot be read, ``cached`` are the files of the cache.
    """

    executions: tuple[Usage, ...]
    artifacts: dict[str, Entry]
    notes: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    broken: tuple[DatastoreError, ...] = ()
    cached: tuple[Entry, ...] = ()

    def size(self, addresses: Iterable[str]) -> int:
        """Return how many bytes these artifacts take."""
        return sum(self.artifacts[named].size for named in addresses if named in self.artifacts)

    @property
    def idle(self) -> frozenset[str]:
        """Addresses that no document refers to."""
        return frozenset(self.artifacts).difference(*(usage.addresses for usage in self.executions))


@dataclass(frozen=True)
class Plan:
    """List the data to remove: executions, artifacts, outdated notes, and keys of the ``cached`` results of those executions.

    ``later`` are artifacts that a later run removes.

    ``older`` and ``grace`` are times: data with a later write is kept.
    """

    survey: Survey
    executions: tuple[Usage, ...]
    artifacts: tuple[str, ...]
    later: tuple[str, ...]
    notes: tuple[str, ...]
    cached: tuple[str, ...]
    now: float
    older: float
    grace: float


@dataclass(frozen=True)
class Cleared:
    """Count the removed data."""

    executions: int
    artifacts: int
    bytes: int


def survey(storage: ByteStorage) -> Survey:
    """Return the contents of a store.

    Raises DatastoreError where it cannot be read; damaged documents and notes are kept in the Survey.
    """
    artifacts = {entry.name: entry for entry in storage.entries(key_layout.ARTIFACTS) if re.fullmatch("[0-9a-f]{64}", entry.name)}
    listed = {
        (flow, execution): files
        for flow in repository.folders(storage, "")
        for execution, files in by_execution(storage.walk(key_layout.executions_folder(flow))).items()
    }
    keys = {name: documents_of(*name, files) for name, files in listed.items()}
    addresses, cached, damaged = references(storage, keys)
    found = tuple(
        Usage(
            *name,
            documents=len(keys[name]),
            document_bytes=sum(entry.size for entry in files),
            newest=max(entry.modified for entry in files),
            addresses=frozenset(addresses[name]),
            damaged=damaged.get(name),
            keys=frozenset(cached[name]),
        )
        for name, files in sorted(listed.items())
    )
    kept, broken = notes(storage)
    return Survey(found, artifacts, kept, broken, tuple(storage.entries(key_layout.CACHE)))


def by_execution(files: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return, by execution, the documents, failure markers and history among a flow's files; names are paths below its folder.

    An execution without any has not written its first one yet, or is being removed.
    """
    found: dict[str, list[Entry]] = {}
    for entry in files:
        execution, _, name = entry.name.partition("/")
        layer, _, rest = name.partition("/")
        is_document = key_layout.index_of(rest) is not None or key_layout.is_marker(rest)
        if is_name(execution) and (key_layout.is_history(name) or (is_document and is_name(layer))):
            found.setdefault(execution, []).append(entry._replace(name=name))
    return found


def documents_of(flow: str, execution: str, files: Iterable[Entry]) -> list[str]:
    """Return the keys of the documents among an execution's files, those that were set aside included."""
    folder = key_layout.execution_folder(flow, execution)
    names = [entry.name for entry in files]
    own = [name for name in names if not key_layout.is_history(name) and key_layout.index_of(name.partition("/")[2]) is not None]
    return [f"{folder}/{name}" for name in (*own, *filter(key_layout.is_aside, names))]


Name = tuple[str, str]
"""A flow and an execution."""


def references(
    storage: ByteStorage, keys: dict[Name, list[str]]
) -> tuple[dict[Name, set[str]], dict[Name, set[str]], dict[Name, DatastoreError]]:
    """Return, of each execution, the addresses that its documents refer to, their keys in the cache, and the first damage."""
    addresses: dict[Name, set[str]] = {name: set() for name in keys}
    cached: dict[Name, set[str]] = {name: set() for name in keys}
    damaged: dict[Name, DatastoreError] = {}
    every = [(name, key) for name, found in keys.items() for key in found]
    for start in range(0, len(every), READ_AT_ONCE):
        some = every[start : start + READ_AT_ONCE]
        for (name, key), data in zip(some, storage.get_many([key for _, key in some]), strict=True):
            try:
                if data is not None:
                    record = Record.from_json(bytes(data), key=key)
                    addresses[name].update(referred(record.artifacts.values()))
                    cached[name].add(record.key)
            except DatastoreError as error:
                damaged.setdefault(name, error)
    return addresses, cached, damaged


def referred(artifacts: Iterable[Artifact]) -> Iterator[str]:
    """Return the addresses that artifacts refer to."""
    for artifact in artifacts:
        for part in (artifact,) if artifact.parts is None else artifact.parts:
            if part.address is not None:
                yield part.address


def notes(storage: ByteStorage) -> tuple[dict[str, tuple[float, frozenset[str]]], tuple[DatastoreError, ...]]:
    """Return the notes about removed executions, with times and the addresses that they keep; and the errors of damaged notes."""
    found: dict[str, tuple[float, frozenset[str]]] = {}
    broken: list[DatastoreError] = []
    keys = [f"{REMOVED}/{entry.name}" for entry in storage.entries(REMOVED)]
    for key, data in zip(keys, storage.get_many(keys), strict=True):
        try:
            if data is not None:
                note = json_document.parse(bytes(data), key)
                found[key] = float(note["time"]), frozenset(note["addresses"])
        except DatastoreError as error:
            fix = f"delete {key}: it only keeps artifacts of removed executions for a while longer."
            broken.append(DatastoreError(error.what, fix=fix))
    return found, tuple(broken)


def plan(found: Survey, *, older: float, grace: float, flow: str | None = None, now: float | None = None) -> Plan:
    """Return the data to remove: executions (of a flow) without activity for ``older`` seconds, and unused data.

    Raises DatastoreError for a damaged document of an execution that stays: its references are unknown.
    """
    now = time.time() if now is None else now
    leaving = [usage for usage in found.executions if usage.newest < now - older and flow in (None, usage.flow)]
    staying = [usage for usage in found.executions if usage not in leaving]
    refuse(found.broken, staying)
    served = [key for key, (left, _) in found.notes.items() if left < now - grace]
    kept = frozenset[str]().union(*(usage.addresses for usage in staying))
    noted = frozenset[str]().union(*(addresses for key, (_, addresses) in found.notes.items() if key not in served))
    old = {named for named, entry in found.artifacts.items() if entry.modified < now - grace}
    leaving_with = frozenset[str]().union(*(usage.addresses for usage in leaving))
    later = (leaving_with if grace > 0 else frozenset[str]()) | noted
    gone = old - kept - later
    waiting = (later & frozenset(found.artifacts)) - kept
    known = frozenset[str]().union(*(usage.keys for usage in staying))
    lost = (entry.name for entry in found.cached if entry.name.removesuffix(".json") not in known and entry.modified < now - grace)
    return Plan(
        found,
        tuple(leaving),
        tuple(sorted(gone)),
        tuple(sorted(waiting)),
        tuple(sorted(served)),
        tuple(sorted(lost)),
        now,
        now - older,
        now - grace,
    )


def refuse(broken: Iterable[DatastoreError], staying: Iterable[Usage]) -> None:
    """Raise DatastoreError for a damaged note, or document of an execution that stays: its references are unknown."""
    for error in broken:
        raise DatastoreError(f"Nothing is removed, as it is unknown which data is still needed. {error.what}", fix=error.fix)
    for usage in staying:
        if usage.damaged:
            raise DatastoreError(
                "Nothing is removed, as it is unknown which data "
                f"execution {usage.execution!r} of flow {usage.flow!r} refers to. {usage.damaged.what}",
                fix=usage.damaged.fix,
            )


def clear(storage: ByteStorage, plan: Plan) -> Cleared:
    """Remove the data that a plan lists, except files that were written or renewed since.

    Raises DatastoreError where something cannot be removed.
    """
    addresses = frozenset[str]().union(*(usage.addresses for usage in plan.executions))
    if addresses and plan.later:
        note = json_document.add_checksum(encode({"addresses": sorted(addresses), "schema": 1, "time": plan.now}))
        storage.put(f"{REMOVED}/{ksuid()}.json", (note.encode(),))
    executions = sum(remove(storage, usage, plan.older) for usage in plan.executions)
    removed = expire(storage, plan.artifacts, plan.grace)
    for key in plan.notes:
        storage.delete(key)
    for name in plan.cached:
        storage.expire(f"{key_layout.CACHE}/{name}", plan.grace)
    return Cleared(executions, len(removed), plan.survey.size(removed))


def remove(storage: ByteStorage, usage: Usage, before: float) -> bool:
    """Remove an execution unless it was resumed meanwhile."""
    folder = key_layout.execution_folder(usage.flow, usage.execution)
    files = list(storage.walk(folder))
    if any(entry.modified >= before for entry in files if "/offsets/" not in entry.name):
        return False
    for layer in {entry.name.partition("/")[0] for entry in files if "/offsets/" in entry.name}:
        storage.delete(f"{folder}/{layer}/offsets")  # first: for other documents they would be wrong
    storage.delete(folder)
    return True


def expire(storage: ByteStorage, addresses: Sequence[str], before: float) -> list[str]:
    """Remove artifacts that are still older than a time, and return which were removed."""
    keys = [key_layout.artifact_key(named) for named in addresses]
    if not keys or not storage.overlaps_reads:
        done = [storage.expire(key, before) for key in keys]
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(WORKERS, len(keys))) as pool:
            done = list(pool.map(lambda key: storage.expire(key, before), keys))
    return [named for named, is_gone in zip(addresses, done, strict=True) if is_gone]
