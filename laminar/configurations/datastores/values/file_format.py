"""Lay out the bytes of an artifact's file, and verify them when they are read.

A file is, with little-endian numbers::

    head      magic "LMNR", schema, kind, codec, 0, frames (4 bytes), bytes of names (4 bytes)
    table     for each frame: bytes stored (8), bytes of content (8), its protocol in names (4), digest of the stored bytes (32)
    names     of the protocols, one a line; the empty one is pickle
    frames    of a value, each from a multiple of 64 bytes on (zeros between): its pickle stream or protocol's bytes, then
              protocol 5's out-of-band buffers. Of a segment, without gaps: one element each
    digest    sha256 of head, table and names, and of the second table

Schema 1 uses SHA-256 for frames. Schema 2, for content of 1 MiB or more, uses BLAKE3. The address is the SHA-256 of schema, kind,
names and table. The table holds the digests of the frames, so content is hashed once, and a reader verifies the head against the
address without reading the rest. A whole read verifies every bit of the file.

Codec 0 stores content unchanged. Codec 1 is zstandard: the address never depends on the codec, so the first table is the one of
the uncompressed file, and a second one follows the names::

    second    for each frame: bytes stored (8), digest of the stored bytes (32)

Stored data depends on all of this: a changed layout needs a new schema number, and a reader of the old one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from struct import Struct
from typing import NamedTuple

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.values import compression
from laminar.configurations.datastores.values.digests import SIZE, Digest, blake3, sha256
from laminar.exceptions import DatastoreError

__all__ = ["SEGMENT", "VALUE", "Head", "Packed", "damaged", "head_size", "pack", "parse", "verify", "verify_ends"]

MAGIC = b"LMNR"
DIGESTS: dict[int, Digest] = {1: sha256, 2: blake3}
"""Digest of the frames of each schema."""

LARGE = 1 << 20
"""Bytes of content from which on a file is of schema 2."""

RAW, ZSTD = 0, 1
VALUE, SEGMENT = 0, 1
ALIGNMENT = {VALUE: 64, SEGMENT: 1}
HEAD = Struct("<4sBBBBII")
ENTRY = Struct("<QQI32s")
SECOND = Struct("<Q32s")


class Packed(NamedTuple):
    """A file ready to be written: its address and its bytes, in pieces so that nothing large is copied."""

    address: str
    chunks: tuple[Buffer, ...]
    size: int


class Head(NamedTuple):
    """A verified head: where each frame lies, which protocol wrote it and what its digest is.

    ``stored`` are the digests of compressed frames, of which ``contents`` are the lengths; empty where none is compressed.
    """

    address: str
    kind: int
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    protocols: tuple[str, ...]
    digests: tuple[bytes, ...]
    start: int
    size: int
    stored: tuple[bytes, ...] = ()
    contents: tuple[int, ...] = ()
    schema: int = 1

    def frame(self, number: int, stored: Buffer) -> Buffer:
        """Return a frame's content.

        Raises DatastoreError where one of its bits differs from the written ones.
        """
        digest = DIGESTS[self.schema]
        if len(stored) != self.lengths[number]:
            raise damaged(self.address, f"it ends within frame {number}")
        if self.stored:
            content = None
            if digest(stored) == self.stored[number]:
                content = compression.decompress(stored, self.contents[number])
            if content is None:
                raise damaged(self.address, f"frame {number} differs from the written one")
            stored = content
        if digest(stored) != self.digests[number]:
            raise damaged(self.address, f"frame {number} differs from the written one")
        return stored


def pack(kind: int, frames: Sequence[tuple[str, Buffer]], *, compress: bool = False) -> Packed:
    """Return the file of frames, each with the name of its protocol; ``compress`` where that saves enough.

    The address depends on nothing but its arguments.

    >>> pack(VALUE, [("", b"1")]).address == pack(VALUE, [("Text", b"1")]).address
    False
    """
    schema = 2 if sum(len(frame) for _, frame in frames) >= LARGE else 1
    digest = DIGESTS[schema]
    names: dict[str, int] = {}
    table: list[bytes] = []
    for protocol, frame in frames:
        number = names.setdefault(protocol, len(names))
        table.append(ENTRY.pack(len(frame), len(frame), number, digest(frame)))
    tail = b"".join(table) + "\n".join(names).encode()
    stored = [frame for _, frame in frames]
    codec = ZSTD if compress and compression.is_worthwhile(stored) else RAW
    front = HEAD.pack(MAGIC, schema, kind, codec, 0, len(frames), len(tail) - ENTRY.size * len(frames)) + tail
    address = address_of(front)
    if codec == ZSTD:
        stored = list(compression.compress(stored))
        front += b"".join(SECOND.pack(len(frame), digest(frame)) for frame in stored)
    size, alignment = len(front), ALIGNMENT[kind]
    chunks: list[Buffer] = [front]
    for frame in stored:
        if gap := -size % alignment:
            chunks.append(bytes(gap))
        chunks.append(frame)
        size += gap + len(frame)
    chunks.append(sha256(front))
    return Packed(address, tuple(chunks), size + SIZE)


def offsets_of(kind: int, frames: Sequence[tuple[str, Buffer]]) -> list[int]:
    """Return where each frame of an uncompressed file will lie, without reading any content."""
    names = "\n".join(dict.fromkeys(protocol for protocol, _ in frames))
    position = head_size(len(frames)) + len(names.encode())
    offsets = []
    for _, frame in frames:
        position += -position % ALIGNMENT[kind]
        offsets.append(position)
        position += len(frame)
    return offsets


def address_of(front: Buffer) -> str:
    """Return the address of the file with this head, table and names."""
    schema, kind = front[4], front[5]
    return sha256(b"laminar artifact %d\n%c" % (schema, kind) + memoryview(front)[8:]).hex()


def head_size(frames: int) -> int:
    """Return the size of the head of a file with this number of frames, without its names."""
    return HEAD.size + ENTRY.size * frames


def parse(data: Buffer, address: str) -> Head | int:
    """Return the head of a file from its first bytes, or how many bytes that takes where these are too few.

    Raises DatastoreError unless it is the head of the file with this address.
    """
    if len(data) < HEAD.size:
        raise damaged(address, f"it ends after {len(data)} bytes")
    magic, schema, kind, codec, zero, count, names = HEAD.unpack_from(data)
    if magic != MAGIC or zero:
        raise damaged(address, "it does not begin as an artifact does")
    if schema not in DIGESTS or codec not in (RAW, ZSTD):
        raise DatastoreError(
            f"Artifact {address} has schema {schema} and codec {codec}, which this laminar does not know, or it is damaged.",
            fix="read it with the version of laminar that wrote it, or a newer one.",
        )
    if kind not in ALIGNMENT:
        raise damaged(address, f"there is no kind {kind}")
    first: int = head_size(count) + names
    start: int = first + (SECOND.size * count if codec == ZSTD else 0)
    if len(data) < start:
        return start
    front = memoryview(data)[:start]
    if address_of(front[:first]) != address:
        raise damaged(address, "its table is not the one that was written under this address")
    return head_of(front, first, address, schema, kind, count)


def head_of(front: memoryview, first: int, address: str, schema: int, kind: int, count: int) -> Head:
    """Return the head whose table has been verified; ``first`` is where the names end."""
    names = str(front[head_size(count) : first], "utf-8").split("\n")
    entries = list(zip(*ENTRY.iter_unpack(front[HEAD.size : head_size(count)]), strict=True)) or [(), (), (), ()]
    second = list(zip(*SECOND.iter_unpack(front[first:]), strict=True)) or [(), ()]
    lengths = second[0] or entries[0]
    offsets, end = placed(lengths, len(front), ALIGNMENT[kind])
    protocols = tuple(map(names.__getitem__, entries[2]))
    table = offsets, lengths, protocols, entries[3]
    return Head(address, kind, *table, len(front), end + SIZE, stored=second[1], contents=entries[1], schema=schema)


def placed(lengths: Sequence[int], start: int, alignment: int) -> tuple[tuple[int, ...], int]:
    """Return where frames of these lengths lie, and where the last one ends."""
    if alignment == 1:
        *offsets, end = accumulate(lengths, initial=start)
        return tuple(offsets), end
    offsets, position = [], start
    for length in lengths:
        position += -position % alignment
        offsets.append(position)
        position += length
    return tuple(offsets), position


def verify(data: Buffer, address: str) -> tuple[Head, list[Buffer]]:
    """Return a whole file's head and the content of its frames, as views of ``data``.

    Raises DatastoreError where a single bit differs from the written file.
    """
    head, view = verify_ends(data, address), memoryview(data)
    end, frames = head.start, []
    for number, (offset, length) in enumerate(zip(head.offsets, head.lengths, strict=True)):
        if offset != end and any(view[end:offset]):
            raise damaged(address, f"the gap before frame {number} is not empty")
        end = offset + length
        frames.append(head.frame(number, view[offset:end]))
    return head, frames


def verify_ends(data: Buffer, address: str) -> Head:
    """Return a whole file's head, having verified everything but its frames: ``Head.frame`` verifies one of them.

    Raises DatastoreError where a bit differs from the written file.
    """
    head = parse(data, address)
    if isinstance(head, int) or head.size > len(data):
        whole = head if isinstance(head, int) else head.size
        raise damaged(address, f"it ends after {len(data)} bytes, of at least {whole}")
    if head.size != len(data):
        raise damaged(address, f"it has {len(data)} bytes, where {head.size} were written")
    view = memoryview(data)
    if sha256(view[: head.start]) != view[-SIZE:]:
        raise damaged(address, "its last bytes are not the digest of its head")
    return head


def damaged(address: str, what: str) -> DatastoreError:
    """Return the error for a file whose bytes are not those that were written."""
    return DatastoreError(
        f"Artifact {address} is damaged: {what}.",
        fix=f"restore artifacts/{address} from a copy, or delete it and run the layer that made it again.",
        address=address,
    )
