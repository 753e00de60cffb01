"""Find which split of a fan-out an element belongs to, at a cost that does not grow with the number of readers.

The first reader adds up the counts of all documents, and writes the sums to a small file beside them, with little-endian numbers::

    magic "LMNO", schema, whether there is a default, 0, 0, splits (8 bytes)
    sha256 of the above and of all that follows
    for each split: how many elements it and those before it contribute (8 bytes)

A process keeps the sums that it has verified. It reads only the first 48 bytes again, to see that the file is the same.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from struct import Struct

from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage
from laminar.configurations.datastores.documents import repository
from laminar.configurations.datastores.documents.record import Record
from laminar.configurations.datastores.key_layout import offsets_key
from laminar.exceptions import DatastoreError

__all__ = ["locate", "place", "stored_sums", "total"]

MAGIC = b"LMNO"
SCHEMA = 2
HEAD = Struct("<4sB?xxQ")
DIGEST = 32
FRONT = HEAD.size + DIGEST

KEPT = 4
"""Files whose sums a process keeps."""

_verified: dict[bytes, Sequence[int]] = {}
"""Sums by the first bytes of their file."""


def locate(
    storage: ByteStorage, flow: str, execution: str, layer: str, attribute: str, position: int, *, default: bool
) -> tuple[int, int]:
    """Return the split, and the element within its contribution, of a position in a fan-out's flat attribute.

    Raises DatastoreError where the fan-out has not finished or the position is beyond its elements.
    """
    return place(
        stored_sums(storage, flow, execution, layer, attribute, default=default), flow, execution, layer, attribute, position
    )


def place(ends: Sequence[int], flow: str, execution: str, layer: str, attribute: str, position: int) -> tuple[int, int]:
    """Return the split, and the element within its contribution, of a position; ``ends`` are the sums of a fan-out.

    Raises DatastoreError where the position is beyond its elements.
    """
    count = ends[-1] if ends else 0
    if not 0 <= position < count:
        raise DatastoreError(
            f"There is no element {position} of {layer}.{attribute}: it has {count} (flow {flow!r}, execution {execution!r}).",
            fix="run the layers below it again: they were split over other elements.",
        )
    split = bisect_right(ends, position)
    return split, position - (ends[split - 1] if split else 0)


def total(storage: ByteStorage, flow: str, execution: str, layer: str, attribute: str, *, default: bool) -> int:
    """Return how many elements a fan-out's flat attribute has.

    Raises DatastoreError where the fan-out has not finished.
    """
    ends = stored_sums(storage, flow, execution, layer, attribute, default=default)
    return ends[-1] if ends else 0


def stored_sums(storage: ByteStorage, flow: str, execution: str, layer: str, attribute: str, *, default: bool) -> Sequence[int]:
    """Return the sums in the file beside the documents; the first reader computes them."""
    key = offsets_key(flow, execution, layer, attribute)
    ends = known_sums(storage, key, default=default)
    if ends is None:
        ends = sums(storage, flow, execution, layer, attribute, default=default)
        storage.put(key, (written(ends, default=default),))
    return ends


def known_sums(storage: ByteStorage, key: str, *, default: bool) -> Sequence[int] | None:
    """Return the sums of a file, None where there is none or it has to be written again."""
    front = None if storage.over_network else front_of(storage, key)  # over a network two requests cost more than the whole file
    found = None if front is None else _verified.get(front)
    if found is not None and front is not None and has_default(front) == default:
        return found
    data = storage.get_if_present(key)
    ends = None if data is None else read(data, default=default)
    if data is not None and ends is not None:
        _verified[bytes(data[:FRONT])] = ends
        for old in list(_verified)[:-KEPT]:
            _verified.pop(old, None)
    return ends


def front_of(storage: ByteStorage, key: str) -> bytes | None:
    """Return the first bytes of a file, None where there is none."""
    try:
        return bytes(storage.get(key, 0, FRONT))
    except FileNotFoundError:
        return None


def has_default(front: Buffer) -> bool:
    """Return whether sums count a default for splits that did not set the attribute."""
    return bool(HEAD.unpack_from(front)[2])


def sums(storage: ByteStorage, flow: str, execution: str, layer: str, attribute: str, *, default: bool) -> Sequence[int]:
    """Return, for each split of a finished fan-out, how many elements it and those before it contribute."""
    records = repository.records(storage, flow, execution, layer)
    verify(records, f"Layer {layer!r} of flow {flow!r}, execution {execution!r},")
    return list(accumulate(counts(records, attribute, default=default)))


def counts(records: Mapping[int, Record], attribute: str, *, default: bool) -> list[int]:
    """Return how many elements each split contributes: its elements, its one value, or the default where it set none."""
    found = []
    for index in sorted(records):
        artifact = records[index].artifacts.get(attribute)
        if artifact is not None:
            found.append(artifact.length)
        else:
            found.append(int(default and records[index].splits > 0))
    return found


def verify(records: Mapping[int, Record], which: str) -> None:
    """Raise DatastoreError, with the missing splits, unless these are all documents of a layer that ran."""
    fix = "resume the execution, which runs the missing splits."
    if not records:
        raise DatastoreError(f"{which} has no documents: it has not run.", fix=fix)
    splits = sorted({record.splits for record in records.values()})
    if len(splits) > 1:
        raise DatastoreError(
            f"{which} has documents that disagree on how many splits it has: {', '.join(map(str, splits))}.",
            fix="run the layer again: its documents are of different runs.",
        )
    missing = [index for index in range(max(splits[0], 1)) if index not in records]
    if missing:
        shown = ", ".join(map(str, missing[:5])) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise DatastoreError(f"{which} has not finished: of {splits[0]} splits these are missing: {shown}.", fix=fix)
    if any(record.status == "skipped" for record in records.values()):
        raise DatastoreError(f"{which} was skipped: it has no elements.", fix="check layer.state.finished before reading it.")


def written(ends: Sequence[int], *, default: bool) -> bytes:
    """Return the bytes of the file that holds the sums."""
    from hashlib import sha256

    head, body = HEAD.pack(MAGIC, SCHEMA, default, len(ends)), little_endian(array("Q", ends)).tobytes()
    return head + sha256(head + body).digest() + body


def read(data: Buffer, *, default: bool) -> Sequence[int] | None:
    """Return the sums of a file, None where it is damaged or was written for another default: then it is written again."""
    from hashlib import sha256

    view = memoryview(data)
    head, digest, body = view[: HEAD.size], view[HEAD.size : FRONT], view[FRONT:]
    if len(data) < FRONT or sha256(bytes(head) + body).digest() != digest:
        return None
    magic, schema, had_default, splits = HEAD.unpack(head)
    if magic != MAGIC or schema != SCHEMA or had_default != default or len(body) != 8 * splits:
        return None
    return little_endian(array("Q", bytes(body)))


def little_endian(numbers: array[int]) -> array[int]:
    """Return numbers of a file, or for one, on a machine of either byte order."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
