"""Read what artifacts refer to, checking all that is read."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.values import file_format, pickling, protocol_files
from laminar.configurations.datastores.values.artifact import Artifact, Segment
from laminar.exceptions import DatastoreError, LaminarError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from laminar.configurations.datastores.base import DataStore
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["Opened", "fetch", "open_segment", "read_element", "read_value"]

LATE = 0.1
"""Seconds after which a file that is missing is asked for once more."""

AT_ONCE = 1 << 17
"""Bytes that one request may read too much: two requests cost more."""


def read_value(store: DataStore, artifact: Artifact, data: Buffer | None = None) -> Any:
    """Return the value of an artifact that is not sharded; ``data`` is its file where that was read already."""
    if artifact.json is not None:
        return json.loads(artifact.json)
    if artifact.data is not None:
        return revive(store, artifact.protocol, [artifact.data])
    assert artifact.address is not None
    head, frames = file_format.verify(fetch(store, artifact.address) if data is None else data, artifact.address)
    if head.kind != file_format.VALUE:
        raise file_format.damaged(artifact.address, "it holds a segment of a shard, where a value is expected")
    return revive(store, head.protocols[0], frames)


def read_element(store: DataStore, segment: Segment, offset: int) -> Any:
    """Return one element of a segment, reading little else."""
    if segment.size <= AT_ONCE:
        return open_segment(store, segment)[offset]
    data = fetch(store, segment.address, AT_ONCE)
    head = file_format.parse(data, segment.address)
    if isinstance(head, int):
        data = fetch(store, segment.address, head)
        head = file_format.parse(data, segment.address)
        if isinstance(head, int):
            raise file_format.damaged(segment.address, f"it ends after {len(data)} bytes")
    number = position_in(segment, head, offset)
    start, stop = head.offsets[number], head.offsets[number] + head.lengths[number]
    frame = memoryview(data)[start:stop] if stop <= len(data) else fetch(store, segment.address, stop, start)
    return revive(store, head.protocols[number], [head.frame(number, frame)])


class Opened:
    """Hold a segment that was read and checked as a whole; its elements are made when asked for."""

    __slots__ = ("frames", "head", "segment", "store")

    def __init__(self, store: DataStore, segment: Segment, data: Buffer) -> None:
        self.store = store
        self.segment = segment
        self.head, self.frames = file_format.verify(data, segment.address)

    def __getitem__(self, offset: int) -> Any:
        number = position_in(self.segment, self.head, offset)
        return revive(self.store, self.head.protocols[number], [self.frames[number]])


def open_segment(store: DataStore, segment: Segment, data: Buffer | None = None) -> Opened:
    """Return a whole segment; ``data`` is its file where that was read already."""
    return Opened(store, segment, fetch(store, segment.address) if data is None else data)


def position_in(segment: Segment, head: file_format.Head, offset: int) -> int:
    """Return which frame of a segment's file an element is."""
    number = segment.first + offset
    if head.kind != file_format.SEGMENT or number >= len(head.lengths):
        raise DatastoreError(
            f"Artifact {segment.address} holds {len(head.lengths)} elements, where a document names element {number}.",
            fix="run the layer that made it again.",
            address=segment.address,
        )
    return number


def fetch(store: DataStore, named: str, stop: int | None = None, start: int = 0) -> Buffer:
    """Return the file of an address, or a range of it.

    Raises DatastoreError where there is none.
    """
    key = key_layout.artifact_key(named)
    try:
        return store.get(key, start, stop)
    except FileNotFoundError:
        pass
    # Housekeeping puts back what it sees renewed; a shared volume may show a new file late.
    time.sleep(LATE)
    try:
        return store.get(key, start, stop)
    except FileNotFoundError as error:
        raise missing(store, named) from error


def missing(store: DataStore, named: str) -> DatastoreError:
    """Return the error for an artifact that is not there."""
    return DatastoreError(
        f"Artifact {named} is missing from {store!r}.",
        fix=f"restore artifacts/{named} from a copy, or run the layer that made it again.",
        address=named,
    )


def revive(store: DataStore, protocol: str, frames: Sequence[Buffer]) -> Any:
    """Return the value of frames written by a protocol, "" for pickle."""
    if not protocol:
        return pickling.load(frames)
    found = store.protocol_named(protocol)
    try:
        return protocol_files.loaded(found, frames[0])
    except LaminarError:
        raise
    except Exception as error:
        raise DatastoreError(
            f"Protocol {protocol!r} cannot read what it stored: {type(error).__name__}: {error}",
            fix=f"mend {protocol}.loads (or load): it has to read all that {protocol}.dumps ever wrote.",
        ) from error
