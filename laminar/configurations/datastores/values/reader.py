"""Read the values that artifacts refer to, verifying all that is read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.values import file_format, pickling, protocol_files
from laminar.configurations.datastores.values.artifact import Artifact, Segment
from laminar.configurations.datastores.values.open_segments import OpenSegment
from laminar.configurations.datastores.values.protocol_registry import TypedStorage
from laminar.exceptions import DatastoreError, LaminarError

__all__ = ["fetch", "frame_digest", "open_segment", "opened", "read_element", "read_frame", "read_value"]

REREAD_DELAY = 0.1
"""Seconds after which a missing file is read once more."""

MAX_OVERREAD = 1 << 17
"""Bytes that one request may read more than is needed: two requests cost more."""

SMALL = 1 << 18
"""Bytes up to which a file is fetched along with another one that is read."""


def read_value(store: TypedStorage, artifact: Artifact, data: Buffer | None = None, *, siblings: Iterable[Artifact] = ()) -> Any:
    """Return the value of an artifact that is not sharded.

    ``data`` is its file where that was read already. ``siblings`` are artifacts that are likely to be read next.
    """
    if artifact.json is not None:
        return json.loads(artifact.json)
    if artifact.data is not None:
        return decode(store, artifact.protocol, [artifact.data])
    assert artifact.address is not None
    if data is None:
        others = siblings if artifact.stored <= SMALL else ()
        data = store.get_with_siblings(artifact_key(artifact.address), partial(small_files, others))
    if data is None:
        data = fetch(store, artifact.address)
    head, frames = file_format.verify(data, artifact.address)
    if head.kind != file_format.VALUE:
        raise file_format.damaged(artifact.address, "it holds a segment of a shard, where a value is expected")
    return decode(store, head.protocols[0], frames)


def small_files(artifacts: Iterable[Artifact]) -> list[str]:
    """Return the keys of the small files among artifacts."""
    return [artifact_key(found.address) for found in artifacts if found.address is not None and found.stored <= SMALL]


def read_element(store: TypedStorage, segment: Segment, offset: int) -> Any:
    """Return one element of a segment, verifying the table once in a process and this one frame, and reading little else."""
    found = store.segments.get(segment.address)
    if store.reads_without_copy and found is not None and found.source is not fetch(store, segment.address):
        store.segments.drop(segment.address)  # the file was replaced
        found = None
    return decode_frame(store, segment, opened(store, segment) if found is None else found, offset)


def opened(store: TypedStorage, segment: Segment) -> OpenSegment:
    """Return a segment whose table is verified once in a process, and keep the parts that save requests."""
    found = store.segments.get(segment.address)
    if found is None:
        found = open_whole_or_head(store, segment)
        kept = found if store.over_network or store.reads_without_copy else OpenSegment(found.head)
        store.segments.add(segment.address, kept)
    return found


def frame_digest(store: TypedStorage, segment: Segment, offset: int) -> str:
    """Return a digest of one element of a segment, independent of its other elements; it reads only the head."""
    found = opened(store, segment)
    number = found.number_of(segment, offset)
    return f"{found.head.schema}:{found.head.protocols[number]}:{found.head.digests[number].hex()}"


def decode_frame(store: TypedStorage, segment: Segment, opened: OpenSegment, offset: int) -> Any:
    """Return an element of an open segment; its frame is read now where only the head was."""
    number = opened.number_of(segment, offset)
    try:
        if opened.data is not None:
            return read_frame(store, opened, number)
        start, stop = opened.range_of(number)
        frame = opened.head.frame(number, fetch(store, segment.address, start, stop))
    except DatastoreError:
        store.segments.drop(segment.address)
        raise
    return decode(store, opened.head.protocols[number], [frame])


def open_whole_or_head(store: TypedStorage, segment: Segment) -> OpenSegment:
    """Return a segment read whole where that costs one request, else its head."""
    if segment.size <= MAX_OVERREAD or store.reads_without_copy:
        return open_segment(store, segment)
    data = fetch(store, segment.address, 0, MAX_OVERREAD)
    head = file_format.parse(data, segment.address)
    if isinstance(head, int):
        data = fetch(store, segment.address, 0, head)
        head = file_format.parse(data, segment.address)
        if isinstance(head, int):
            raise file_format.damaged(segment.address, f"it ends after {len(data)} bytes")
    return OpenSegment(head)


def open_segment(store: TypedStorage, segment: Segment, data: Buffer | None = None) -> OpenSegment:
    """Return a whole segment; ``data`` is its file where that was read already."""
    return OpenSegment.whole(fetch(store, segment.address) if data is None else data, segment.address)


def read_frame(store: TypedStorage, opened: OpenSegment, number: int) -> Any:
    """Return the element that a frame of a whole segment holds."""
    return decode(store, opened.head.protocols[number], [opened.frame(number)])


def fetch(store: TypedStorage, address: str, start: int = 0, stop: int | None = None) -> Buffer:
    """Return the file of an address, or a range of it.

    Raises DatastoreError where there is none.
    """
    key = artifact_key(address)
    try:
        return store.get(key, start, stop)
    except FileNotFoundError:
        pass
    # Local.expire renames a file, and renames it back if it was renewed meanwhile. NFS shows a new file late: it caches
    # that a name is absent for up to acregmax/acdirmax seconds (nfs(5), "Directory entry caching").
    time.sleep(REREAD_DELAY)
    try:
        return store.get(key, start, stop)
    except FileNotFoundError as error:
        raise missing(store, address) from error


def missing(store: TypedStorage, address: str) -> DatastoreError:
    """Return the error for an artifact that is not there."""
    return DatastoreError(
        f"Artifact {address} is missing from {store!r}.",
        fix=f"restore {artifact_key(address)} from a copy, or run the layer that made it again.",
        address=address,
    )


def decode(store: TypedStorage, protocol: str, frames: Sequence[Buffer]) -> Any:
    """Return the value of frames written by a protocol, "" for pickle."""
    if not protocol:
        return pickling.load(frames)
    found = store.protocol_named(protocol)
    try:
        return protocol_files.load(found, frames[0])
    except LaminarError:
        raise
    except Exception as error:
        raise DatastoreError(
            f"Protocol {protocol!r} cannot read a value that it stored: {type(error).__name__}: {error}",
            fix=f"fix {protocol}.loads (or load): it has to read all that {protocol}.dumps ever wrote.",
        ) from error
