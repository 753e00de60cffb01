"""Write values: inline where they are small, else under the address of their content; elements of a shard in segments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.values import file_format, pickling, protocol_files
from laminar.configurations.datastores.values.accessor import Accessor
from laminar.configurations.datastores.values.artifact import INLINE, Artifact, Part, Segment, exact_json
from laminar.configurations.datastores.values.file_format import Packed
from laminar.configurations.datastores.values.protocol_registry import TypedStorage
from laminar.exceptions import DatastoreError, LaminarError

__all__ = ["inline", "shard", "write"]

SEGMENT_BYTES = (1 << 20) - 4096
SEGMENT_ELEMENTS = 1024
"""Limits of a segment; the first that is reached ends it. Its file has at most 1 MiB with its head."""


def write(store: TypedStorage, value: Any) -> Artifact:
    """Store a value and return the reference to it; an Accessor is stored by reference."""
    if Accessor in type(value).__mro__:  # isinstance calls the abstract base classes first
        return reference(store, value)
    small = small_json(store, value)
    return store_frames(store, *frames_of(store, value, streamed=True)) if small is None else small


def inline(store: TypedStorage, value: Any) -> Artifact:
    """Return a value inside its reference, of any size, without writing anything."""
    small = small_json(store, value)
    if small is not None:
        return small
    if store.protocol_for(type(value)) is None:
        return Artifact(data=pickling.dump_in_band(value))
    protocol, frames = frames_of(store, value)
    return Artifact(data=bytes(frames[0]), protocol=protocol)


def shard(store: TypedStorage, values: Iterable[Any]) -> Artifact:
    """Store each element by itself, as it comes, and return the reference to all; memory holds one segment at a time."""
    if isinstance(values, Accessor):
        return reference(store, values)
    packer = Packer(store)
    for value in values:
        packer.add(value)
    return packer.close()


def reference(store: TypedStorage, accessor: Accessor[Any]) -> Artifact:
    """Return a reference to an Accessor's elements; those of another store are copied to this one, one after another."""
    if not store.is_same(accessor.store):
        return shard(store, iter(accessor))
    artifact = accessor.artifact
    parts = artifact.parts or ()
    if sum(len(part.to_json()) for part in parts if part.address is None) <= INLINE:
        return artifact
    packer = Packer(store)
    packer.inline = None  # many small values of many documents are packed, else the document of each reader would hold them all
    for part in parts:
        if isinstance(part, Artifact) and part.address is None:
            packer.pack(*frames_of_inline(part))
        else:
            packer.append(part)
    return packer.close()


class Packer:
    """Collect elements: inline while they are small in all, then in segments, each of which is written when it is full."""

    def __init__(self, store: TypedStorage) -> None:
        self.store = store
        self.inline: list[Artifact] | None = []
        self.parts: list[Part] = []
        self.frames: list[tuple[str, Buffer]] = []
        self.size = 0

    def add(self, value: Any) -> None:
        """Store a value as the next element; the caller may change it afterwards."""
        if self.inline is None:
            self.pack(*frames_of(self.store, value))
            return
        artifact = small_json(self.store, value)
        if artifact is None:
            protocol, frames = frames_of(self.store, value)
            if not is_small(frames):
                self.spill()
                self.pack(protocol, frames)
                return
            artifact = Artifact(data=bytes(frames[0]), protocol=protocol)
        self.inline.append(artifact)
        self.size += len(artifact.to_json())
        if self.size > INLINE:
            self.spill()

    def spill(self) -> None:
        """Pack the elements that were inline until now."""
        waiting, self.inline, self.size = self.inline or [], None, 0
        for artifact in waiting:
            self.pack(*frames_of_inline(artifact))

    def pack(self, protocol: str, frames: list[Buffer]) -> None:
        """Add an element to the segment; a large one gets its own file."""
        size = len(frames[0]) + file_format.ENTRY.size
        if len(frames) > 1 or size > SEGMENT_BYTES:
            self.append(store_frames(self.store, protocol, frames))
            return
        if self.size + size > SEGMENT_BYTES or len(self.frames) == SEGMENT_ELEMENTS:
            self.flush()
        self.frames.append((protocol, frames[0]))
        self.size += size

    def append(self, part: Part) -> None:
        """Append elements that are stored already."""
        self.flush()
        self.parts.append(part)

    def flush(self) -> None:
        """Write the segment."""
        if self.frames:
            packed = file_format.pack(file_format.SEGMENT, self.frames, compress=self.store.compresses)
            put_packed(self.store, packed)
            self.parts.append(Segment(packed.address, len(self.frames), packed.size))
        self.frames, self.size = [], 0

    def close(self) -> Artifact:
        """Write the last segment and return the reference to all elements."""
        if self.inline is not None:
            return Artifact(parts=tuple(self.inline))
        self.flush()
        return Artifact(parts=tuple(self.parts))


def small_json(store: TypedStorage, value: Any) -> Artifact | None:
    """Return a value as inline JSON, None where it is large, has a protocol, or would be changed by JSON."""
    if store.protocol_for(type(value)) is not None:
        return None
    text = exact_json(value)
    return None if text is None else Artifact(json=text)


def frames_of(store: TypedStorage, value: Any, *, streamed: bool = False) -> tuple[str, list[Buffer]]:
    """Return the protocol that a value is stored by, "" for pickle, and its frames.

    ``streamed`` allows a protocol to dump to a file; elements of shards are small and many, so they are dumped in memory.
    """
    protocol = store.protocol_for(type(value))
    if protocol is None:
        return "", pickling.dump(value)
    try:
        return protocol.name, [protocol_files.dump(protocol, value) if streamed else protocol_files.as_bytes(protocol.dumps(value))]
    except LaminarError:
        raise
    except Exception as error:
        raise DatastoreError(
            f"Protocol {protocol.name!r} cannot write a value of type {type(value).__name__!r}: {type(error).__name__}: {error}",
            fix=f"fix {protocol.name}.dumps (or dump): it has to return (or write) bytes.",
        ) from error


def frames_of_inline(artifact: Artifact) -> tuple[str, list[Buffer]]:
    """Return the frames of an artifact that was inside a document."""
    if artifact.data is not None:
        return artifact.protocol, [artifact.data]
    assert artifact.json is not None
    return "", pickling.dump(json.loads(artifact.json))


def is_small(frames: list[Buffer]) -> bool:
    """Return whether frames fit into a document."""
    return len(frames) == 1 and len(frames[0]) <= INLINE


def store_frames(store: TypedStorage, protocol: str, frames: list[Buffer]) -> Artifact:
    """Return an artifact with these frames, written under their address unless they are small."""
    if is_small(frames):
        return Artifact(data=bytes(frames[0]), protocol=protocol)
    named = [(protocol, frame) for frame in frames]
    if store.overlap_bytes is not None and sum(map(len, frames)) >= store.overlap_bytes:
        packed = put_large(store, named)
    else:
        packed = file_format.pack(file_format.VALUE, named, compress=store.compresses)
        put_packed(store, packed)
    return Artifact(address=packed.address, stored=packed.size)


def put_packed(store: TypedStorage, packed: Packed) -> None:
    """Write a file under its address, or renew its time where the content is there already."""
    key = artifact_key(packed.address)
    if not store.renew(key, packed.size):
        store.put(key, packed.chunks)


def put_large(store: TypedStorage, named: list[tuple[str, Buffer]]) -> Packed:
    """Write a large value to a disk while its digest is computed: both take about equally long."""
    made: list[Packed] = []

    def layout() -> tuple[str, Sequence[Buffer]]:
        packed = file_format.pack(file_format.VALUE, named)
        made.append(packed)
        key = artifact_key(packed.address)
        return "" if store.renew(key, packed.size) else key, packed.chunks

    large = [
        (offset, frame)
        for offset, (_, frame) in zip(file_format.offsets_of(file_format.VALUE, named), named, strict=True)
        if len(frame)
    ]
    store.put_overlapped(layout, large)
    return made[0]
