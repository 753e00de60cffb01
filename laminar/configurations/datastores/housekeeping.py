"""Say what a store holds, and remove what is old and what nothing refers to, while flows are running.

What is safe rests on times, as there is no lock that all stores have. Artifacts are listed before documents are read, so what a
document refers to is seen; a writer that finds its content present renews that file's time, and what is younger than ``grace``
is spared. The artifacts of a removed execution are kept for another ``grace``, by a note in ``removed/``: somebody may hold a
reference to them that is in no document yet.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from laminar.configurations.datastores import address, documents
from laminar.configurations.datastores.artifact import Artifact, encode
from laminar.configurations.datastores.records import Record, sealed, unsealed
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid

if TYPE_CHECKING:
    from laminar.configurations.datastores.base import DataStore, Entry

__all__ = ["DAY", "Cleared", "Plan", "Survey", "Usage", "clear", "plan", "survey"]

DAY = 86_400.0

REMOVED = "removed"
"""Folder of notes about removed executions, whose artifacts are still kept."""

AT_ONCE = 1000
"""Documents that are read together."""

WORKERS = 16
"""Requests for removals that are under way together."""


@dataclass(frozen=True)
class Usage:
    """What one execution of a flow keeps: its documents, when the newest was written, and the artifacts they refer to."""

    flow: str
    execution: str
    documents: int
    document_bytes: int
    newest: float
    addresses: frozenset[str]
    damaged: DatastoreError | None = None


@dataclass(frozen=True)
class Survey:
    """All that a store holds. ``artifacts`` has sizes and times by address, ``notes`` the addresses that notes still keep."""

    executions: tuple[Usage, ...]
    artifacts: dict[str, Entry]
    notes: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)

    def size(self, addresses: Iterable[str]) -> int:
        """Return how many bytes these artifacts take."""
        return sum(self.artifacts[named].size for named in addresses if named in self.artifacts)

    @property
    def idle(self) -> frozenset[str]:
        """Addresses that no document refers to."""
        return frozenset(self.artifacts).difference(*(usage.addresses for usage in self.executions))


@dataclass(frozen=True)
class Plan:
    """What is to be removed: executions, artifacts, notes that have served; ``later`` are artifacts that a later run removes.

    ``older`` and ``grace`` are times since when nothing may have been written to what is removed.
    """

    survey: Survey
    executions: tuple[Usage, ...]
    artifacts: tuple[str, ...]
    later: tuple[str, ...]
    notes: tuple[str, ...]
    now: float
    older: float
    grace: float


@dataclass(frozen=True)
class Cleared:
    """What was removed."""

    executions: int
    artifacts: int
    bytes: int


def survey(store: DataStore) -> Survey:
    """Return what a store holds.

    Raises DatastoreError where it cannot be read; a damaged document is noted in its execution's Usage.
    """
    artifacts = {entry.name: entry for entry in store.entries("artifacts") if re.fullmatch("[0-9a-f]{64}", entry.name)}
    flows = documents.folders(store, "")
    found = ((flow, execution) for flow in flows for execution in documents.folders(store, address.executions_folder(flow)))
    executions = (usage(store, flow, execution) for flow, execution in found)
    # One without a file is about to get its first, or is being removed.
    return Survey(tuple(usage for usage in executions if usage.newest), artifacts, dict(notes(store)))


def usage(store: DataStore, flow: str, execution: str) -> Usage:
    """Return what one execution keeps."""
    keys: list[str] = []
    entries: list[Entry] = []
    for layer in store.layers(flow, execution):
        folder = address.layer_folder(flow, execution, layer)
        listed = [entry for entry in store.entries(folder) if address.index_of(entry.name) is not None]
        keys += [f"{folder}/{entry.name}" for entry in listed]
        entries += [*listed, *store.entries(address.failures_folder(flow, execution, layer))]
    named: set[str] = set()
    damaged: DatastoreError | None = None
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        for key, data in zip(some, store.get_many(some), strict=True):
            try:
                named.update(referred(Record.from_json(bytes(data), key=key).artifacts.values()) if data is not None else ())
            except DatastoreError as error:
                damaged = damaged or error
    newest = max((entry.modified for entry in entries), default=0.0)
    size = sum(entry.size for entry in entries)
    return Usage(flow, execution, len(keys), size, newest, frozenset(named), damaged)


def referred(artifacts: Iterable[Artifact]) -> Iterator[str]:
    """Give the addresses that artifacts refer to."""
    for artifact in artifacts:
        for part in (artifact,) if artifact.parts is None else artifact.parts:
            if part.address is not None:
                yield part.address


def notes(store: DataStore) -> Iterator[tuple[str, tuple[float, frozenset[str]]]]:
    """Give the notes about removed executions: when each was left, and the addresses that it keeps."""
    for entry in store.entries(REMOVED):
        key = f"{REMOVED}/{entry.name}"
        found = unsealed(bytes(store.get(key)), key)
        yield key, (float(found["time"]), frozenset(found["addresses"]))


def plan(found: Survey, *, older: float, grace: float, flow: str | None = None, now: float | None = None) -> Plan:
    """Return what is to be removed: executions (of a flow) without activity for ``older`` seconds, and what nothing needs.

    Raises DatastoreError for a damaged document of an execution that stays: nobody knows what that refers to.
    """
    now = time.time() if now is None else now
    leaving = [usage for usage in found.executions if usage.newest < now - older and flow in (None, usage.flow)]
    staying = [usage for usage in found.executions if usage not in leaving]
    for usage in staying:
        if usage.damaged:
            raise DatastoreError(
                "Nothing is removed, as nobody knows all that "
                f"execution {usage.execution!r} of flow {usage.flow!r} refers to. {usage.damaged.what}",
                fix=usage.damaged.fix,
            )
    served = [key for key, (left, _) in found.notes.items() if left < now - grace]
    kept = frozenset[str]().union(*(usage.addresses for usage in staying))
    noted = frozenset[str]().union(*(addresses for key, (_, addresses) in found.notes.items() if key not in served))
    old = {named for named, entry in found.artifacts.items() if entry.modified < now - grace}
    leaving_with = frozenset[str]().union(*(usage.addresses for usage in leaving))
    later = (leaving_with if grace > 0 else frozenset[str]()) | noted
    gone = old - kept - later
    waiting = (later & frozenset(found.artifacts)) - kept
    return Plan(
        found, tuple(leaving), tuple(sorted(gone)), tuple(sorted(waiting)), tuple(sorted(served)), now, now - older, now - grace
    )


def clear(store: DataStore, plan: Plan) -> Cleared:
    """Remove what a plan says, sparing what was written or renewed since.

    Raises DatastoreError where something cannot be removed.
    """
    addresses = frozenset[str]().union(*(usage.addresses for usage in plan.executions))
    if addresses and plan.later:
        note = sealed(encode({"addresses": sorted(addresses), "schema": 1, "time": plan.now}))
        store.put(f"{REMOVED}/{ksuid()}.json", (note.encode(),))
    executions = sum(remove(store, usage, plan.older) for usage in plan.executions)
    removed = expire(store, plan.artifacts, plan.grace)
    for key in plan.notes:
        store.delete(key)
    return Cleared(executions, len(removed), plan.survey.size(removed))


def remove(store: DataStore, usage: Usage, before: float) -> bool:
    """Remove an execution unless somebody has resumed it meanwhile."""
    layers = store.layers(usage.flow, usage.execution)
    folders = [address.layer_folder(usage.flow, usage.execution, layer) for layer in layers]
    folders += [address.failures_folder(usage.flow, usage.execution, layer) for layer in layers]
    if any(entry.modified >= before for folder in folders for entry in store.entries(folder)):
        return False
    for layer in layers:
        store.remove(usage.flow, usage.execution, layer)
    store.delete(address.execution_folder(usage.flow, usage.execution))
    return True


def expire(store: DataStore, addresses: Sequence[str], before: float) -> list[str]:
    """Remove artifacts that are older than a time still, and return which were."""
    keys = [address.artifact_key(named) for named in addresses]
    if not keys or not store.ahead:
        done = [store.expire(key, before) for key in keys]
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(WORKERS, len(keys))) as pool:
            done = list(pool.map(lambda key: store.expire(key, before), keys))
    return [named for named, is_gone in zip(addresses, done, strict=True) if is_gone]
