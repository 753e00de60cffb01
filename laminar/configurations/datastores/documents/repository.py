"""Keep what an execution leaves besides values: documents of its splits, markers of failures, and what there is at all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.documents.record import Record, malformed, sealed
from laminar.configurations.datastores.values.artifact import encode
from laminar.identifiers import is_name
from laminar.ksuid import seconds_of
from laminar.timestamps import from_seconds, now

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from laminar.configurations.datastores.base import DataStore

__all__ = [
    "clear_failures",
    "executions",
    "failures",
    "folders",
    "load",
    "record_failure",
    "records",
    "remove",
    "remove_offsets",
    "save",
]

FIRST = "Parameters"
"""Layer that every execution writes first."""

DAY = 86_400


def save(store: DataStore, record: Record) -> None:
    """Write a split's document: from now on it is finished."""
    key = key_layout.document_key(record.flow, record.execution, record.layer, record.index)
    store.put(key, (record.to_json().encode(),))


def load(store: DataStore, flow: str, execution: str, layer: str, index: int) -> Record | None:
    """Return the record of a split, None where it has not ended."""
    key = key_layout.document_key(flow, execution, layer, index)
    try:
        data = store.get(key)
    except FileNotFoundError:
        return None
    return bound(Record.from_json(bytes(data), key=key), flow, execution, layer, index)


def bound(record: Record, flow: str, execution: str, layer: str, index: int) -> Record:
    """Return a record that is of the split that was asked for.

    Raises DatastoreError for the document of another one, which was put in its place.
    """
    if (record.flow, record.execution, record.layer, record.index) != (flow, execution, layer, index):
        whose = f"split {record.index} of layer {record.layer!r} of flow {record.flow!r}, execution {record.execution!r}"
        raise malformed(key_layout.document_key(flow, execution, layer, index), f"it is that of {whose}")
    return record


def records(store: DataStore, flow: str, execution: str, layer: str) -> dict[int, Record]:
    """Return the records of all splits of a layer that have ended, by split, in order."""
    folder = key_layout.layer_folder(flow, execution, layer)
    indexes = sorted(index for name in store.names(folder) if (index := key_layout.index_of(name)) is not None)
    keys = [f"{folder}/{index}.json" for index in indexes]
    found = zip(indexes, keys, store.get_many(keys), strict=True)
    return {
        index: bound(Record.from_json(bytes(data), key=key), flow, execution, layer, index)
        for index, key, data in found
        if data is not None
    }


def remove(store: DataStore, flow: str, execution: str, layer: str) -> None:
    """Remove all that a layer left in an execution but its artifacts."""
    remove_offsets(store, flow, execution, layer)  # first: they would be wrong beside other documents
    store.delete(key_layout.layer_folder(flow, execution, layer))


def remove_offsets(store: DataStore, flow: str, execution: str, layer: str) -> None:
    """Forget where elements of a fan-out are: a split that runs again may leave another number of them."""
    store.delete(f"{key_layout.layer_folder(flow, execution, layer)}/offsets")


def record_failure(store: DataStore, flow: str, execution: str, layer: str, index: int, attempt: int, message: str) -> None:
    """Write down that an attempt at a split failed by itself."""
    marker = {"attempt": attempt, "index": index, "message": message, "schema": 1, "time": now()}
    text = sealed(encode(marker)).encode(errors="backslashreplace")
    store.put(f"{key_layout.failures_folder(flow, execution, layer)}/{index:d}.{attempt:d}.json", (text,))


def failures(store: DataStore, flow: str, execution: str, layer: str, index: int) -> tuple[int, ...]:
    """Return which attempts at a split failed by themselves, in order."""
    attempts = []
    for name in store.names(key_layout.failures_folder(flow, execution, layer)):
        split, _, rest = name.partition(".")
        if split == str(index) and (attempt := key_layout.index_of(rest)) is not None:
            attempts.append(attempt)
    return tuple(sorted(attempts))


def clear_failures(store: DataStore, flow: str, execution: str, layer: str, index: int) -> None:
    """Forget the failures of a split."""
    folder = key_layout.failures_folder(flow, execution, layer)
    for attempt in failures(store, flow, execution, layer, index):
        store.delete(f"{folder}/{index}.{attempt}.json")


def folders(store: DataStore, folder: str) -> list[str]:
    """Return the names of the folders in a folder, sorted, but those that nothing of laminar could have."""
    names = (name[:-1] for name in store.names(folder) if name.endswith("/"))
    return sorted(name for name in names if is_name(name))


def executions(store: DataStore, flow: str) -> tuple[str, ...]:
    """Return the ids of a flow's executions, oldest first.

    A KSUID tells its second. Where that is not enough, and for an id of the user's own, the first document tells.
    """
    ids = folders(store, key_layout.executions_folder(flow))
    seconds = {execution: made_at(execution) for execution in ids}
    unclear = doubtful(seconds)
    started = first_times(store, flow, [execution for execution in ids if execution in unclear])
    for execution, first in started.items():
        seconds[execution] = seconds[execution] or first[:19]
    clashing = doubtful(seconds) - unclear  # a user's own id in the second of a KSUID that was alone in it
    started.update(first_times(store, flow, sorted(clashing)))
    return tuple(sorted(ids, key=lambda execution: (seconds[execution], started.get(execution, ""), execution)))


def doubtful(seconds: dict[str, str]) -> set[str]:
    """Return the ids whose second is not known, or not theirs alone."""
    times = list(seconds.values())
    alone = {time for time in times if time} - repeated(times)
    return {execution for execution, time in seconds.items() if time not in alone}


def repeated(values: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    return {value for value in values if value in seen or seen.add(value)}  # type: ignore[func-returns-value]


def made_at(execution: str) -> str:
    """Return the second that a KSUID was made in, "" where an id is none (or claims to be of the future).

    >>> made_at("0ujtsYcgvSTl8PAuAdqWYSMnLOv"), made_at("nightly")
    ('2017-10-10T04:00:47', '')
    """
    seconds = seconds_of(execution.partition("-")[0])  # a flow that occurs again in a chain has "-2" behind its id
    return "" if seconds is None or seconds >= time.time() + DAY else from_seconds(seconds)


def first_times(store: DataStore, flow: str, ids: Sequence[str]) -> dict[str, str]:
    """Return when the first split of each execution started, "" where none has ended."""
    keys = [key_layout.document_key(flow, execution, FIRST, 0) for execution in ids]
    times = {}
    for execution, key, data in zip(ids, keys, store.get_many(keys), strict=True):
        if data is None:
            times[execution] = first_time(store, flow, execution)
        else:
            times[execution] = Record.from_json(bytes(data), key=key).started
    return times


def first_time(store: DataStore, flow: str, execution: str) -> str:
    """Return when the first split of an execution that has no Parameters started, "" where none has ended."""
    layers = folders(store, key_layout.execution_folder(flow, execution))
    found = (load(store, flow, execution, layer, 0) for layer in layers)
    return min((record.started for record in found if record is not None), default="")
