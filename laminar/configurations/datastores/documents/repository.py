"""Keep the documents of an execution's splits and the markers of their failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage
from laminar.configurations.datastores.documents.json_document import add_checksum, malformed
from laminar.configurations.datastores.documents.record import Record
from laminar.configurations.datastores.values.artifact import encode
from laminar.identifiers import is_name
from laminar.timestamps import now

SAMPLED = 16
"""Documents of a layer that are read for an overview."""

PARSED = 64
"""Documents that are kept parsed: splits of a fan-out read those of the same layers above them."""

__all__ = [
    "clear_failures",
    "failures",
    "folders",
    "is_complete",
    "load",
    "record_failure",
    "records",
    "remove",
    "remove_offsets",
    "sample",
    "save",
    "save_in_background",
]


def save(storage: ByteStorage, record: Record) -> None:
    """Write a split's document: from now on the split is finished."""
    storage.put(key_of(record), (record.to_json().encode(),))


def save_in_background(storage: ByteStorage, record: Record) -> Callable[[], None]:
    """Write a split's document, readable in this process at once, and return a function that waits until others see it."""
    return storage.put_in_background(key_of(record), (record.to_json().encode(),))


def key_of(record: Record) -> str:
    """Return the key of a record's document."""
    return key_layout.document_key(record.flow, record.execution, record.layer, record.index)


def load(storage: ByteStorage, flow: str, execution: str, layer: str, index: int) -> Record | None:
    """Return the record of a split, None where it has not ended."""
    key = key_layout.document_key(flow, execution, layer, index)
    data = storage.get_if_present(key)
    return None if data is None else checked(parsed(bytes(data), key), key, flow, execution, layer, index)


@lru_cache(maxsize=PARSED)
def parsed(data: bytes, key: str) -> Record:
    """Return the record of a document, which is verified and parsed once in a process while its bytes stay the same.

    Raises DatastoreError where it is damaged.
    """
    return Record.from_json(data, key=key)


def read(data: Buffer, key: str, flow: str, execution: str, layer: str, index: int) -> Record:
    """Return the record of this split's document.

    Raises DatastoreError where it is damaged or another split's.
    """
    return checked(Record.from_json(bytes(data), key=key), key, flow, execution, layer, index)


def checked(record: Record, key: str, flow: str, execution: str, layer: str, index: int) -> Record:
    """Return the record if it is this split's.

    Raises DatastoreError for another split's document that was put in its place.
    """
    if (record.flow, record.execution, record.layer, record.index) != (flow, execution, layer, index):
        whose = f"split {record.index} of layer {record.layer!r} of flow {record.flow!r}, execution {record.execution!r}"
        raise malformed(key, f"it is that of {whose}")
    return record


def records(storage: ByteStorage, flow: str, execution: str, layer: str) -> dict[int, Record]:
    """Return the records of all splits of a layer that have ended, by split, in order."""
    folder = key_layout.layer_folder(flow, execution, layer)
    indexes = sorted(index for name in storage.names(folder) if (index := key_layout.index_of(name)) is not None)
    keys = [f"{folder}/{index}.json" for index in indexes]
    found = zip(indexes, keys, storage.get_many(keys), strict=True)
    return {index: read(data, key, flow, execution, layer, index) for index, key, data in found if data is not None}


def sample(storage: ByteStorage, flow: str, execution: str, layer: str) -> dict[int, Record]:
    """Return the records of a layer as `records` does, from one listing and at most `SAMPLED` documents.

    Where there are more, the newest and the oldest are read. Each other record is a copy of the newest with a duration of 0: the
    number of documents, their splits and their states are right, and the first start and the last end are those of the read ones.
    """
    folder = key_layout.layer_folder(flow, execution, layer)
    times = {index: entry.modified for entry in storage.entries(folder) if (index := key_layout.index_of(entry.name)) is not None}
    if len(times) <= SAMPLED:
        return records(storage, flow, execution, layer)
    order = sorted(times, key=lambda index: (times[index], index))
    wanted = [*order[: SAMPLED // 2], *order[-SAMPLED // 2 :]]
    keys = [f"{folder}/{index}.json" for index in wanted]
    found = zip(wanted, keys, storage.get_many(keys), strict=True)
    known = {index: read(data, key, flow, execution, layer, index) for index, key, data in found if data is not None}
    if not known:
        return {}
    newest = max(known.values(), key=lambda record: record.finished)
    copy = replace(newest, started=newest.finished, artifacts={}, entries={})
    return {index: known.get(index) or replace(copy, index=index) for index in sorted(times)}


def is_complete(records: Mapping[int, Record]) -> bool:
    """Return whether these are all the documents of a layer: they agree on a number of splits, and there are as many.

    An empty fan-out has one document, with 0 splits.
    """
    if not records:
        return False
    splits = {record.splits for record in records.values()}
    return splits == {0} if 0 in splits else splits == {len(records)} and max(records) == len(records) - 1


def remove(storage: ByteStorage, flow: str, execution: str, layer: str) -> None:
    """Remove all files of a layer in an execution except its artifacts."""
    remove_offsets(storage, flow, execution, layer)  # first: for other documents they would be wrong
    storage.delete(key_layout.layer_folder(flow, execution, layer))


def remove_offsets(storage: ByteStorage, flow: str, execution: str, layer: str) -> None:
    """Remove the positions of a fan-out's elements: a split that runs again may have another number of them."""
    storage.delete(key_layout.offsets_folder(flow, execution, layer))


def record_failure(storage: ByteStorage, flow: str, execution: str, layer: str, index: int, attempt: int, message: str) -> None:
    """Write the marker of an attempt that failed by its own error."""
    marker = {"attempt": attempt, "index": index, "message": message, "schema": 1, "time": now()}
    text = add_checksum(encode(marker)).encode(errors="backslashreplace")
    storage.put(key_layout.failure_key(flow, execution, layer, index, attempt), (text,))


def failures(storage: ByteStorage, flow: str, execution: str, layer: str, index: int) -> tuple[int, ...]:
    """Return the attempts at a split that failed by their own errors, in order."""
    names = storage.names(key_layout.failures_folder(flow, execution, layer, index))
    return tuple(sorted(attempt for name in names if (attempt := key_layout.index_of(name)) is not None))


def clear_failures(storage: ByteStorage, flow: str, execution: str, layer: str, index: int) -> None:
    """Remove the failure markers of a split."""
    if failures(storage, flow, execution, layer, index):
        storage.delete(key_layout.failures_folder(flow, execution, layer, index))


def folders(storage: ByteStorage, folder: str) -> list[str]:
    """Return the names of the folders in a folder, sorted, except those that laminar never makes."""
    names = (name[:-1] for name in storage.names(folder) if name.endswith("/"))
    return sorted(name for name in names if is_name(name))
