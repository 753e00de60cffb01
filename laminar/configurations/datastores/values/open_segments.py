"""Keep the segments that a process reads elements of: each table is verified once, and each frame once."""

from __future__ import annotations

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.values import file_format
from laminar.configurations.datastores.values.artifact import Segment
from laminar.exceptions import DatastoreError

__all__ = ["OpenSegment", "SegmentCache"]

KEPT = 8
"""Segments that a cache keeps: splits of a fan-out read their elements about in order."""


class OpenSegment:
    """Hold a verified head of a segment's file, and its bytes where they were read whole; ``source`` is the object they are in."""

    __slots__ = ("_verified", "data", "head", "source")

    def __init__(self, head: file_format.Head, data: Buffer | None = None) -> None:
        self.head = head
        self.source = data
        self.data = None if data is None else memoryview(data)
        self._verified = bytearray(len(head.lengths))

    @classmethod
    def whole(cls, data: Buffer, address: str) -> OpenSegment:
        """Return the segment of a whole file.

        Raises DatastoreError where a bit outside of its frames differs from the written file.
        """
        return cls(file_format.verify_ends(data, address), data)

    def range_of(self, number: int) -> tuple[int, int]:
        """Return where a frame begins and ends in the file."""
        start = self.head.offsets[number]
        return start, start + self.head.lengths[number]

    def frame(self, number: int) -> Buffer:
        """Return the content of a frame of a segment that was read whole, verified when it is read for the first time.

        Raises DatastoreError where one of its bits differs from the written ones.
        """
        assert self.data is not None
        start, stop = self.range_of(number)
        stored = self.data[start:stop]
        if self._verified[number] and not self.head.stored:
            return stored
        content = self.head.frame(number, stored)
        self._verified[number] = 1
        return content

    def number_of(self, segment: Segment, offset: int) -> int:
        """Return which frame an element of a reference to the segment is.

        Raises DatastoreError where the file holds fewer elements.
        """
        number = segment.first + offset
        if self.head.kind != file_format.SEGMENT or number >= len(self.head.lengths):
            raise DatastoreError(
                f"Artifact {segment.address} holds {len(self.head.lengths)} elements, where a document names element {number}.",
                fix="run the layer that made it again.",
                address=segment.address,
            )
        return number


class SegmentCache:
    """Keep the segments opened last, by address. The content of an address never changes, so no entry becomes stale.

    Each operation on the mapping is atomic, so threads need no lock, which a fork could copy while it is held.
    """

    def __init__(self) -> None:
        self._opened: dict[str, OpenSegment] = {}

    def get(self, address: str) -> OpenSegment | None:
        """Return a segment that is kept."""
        return self._opened.get(address)

    def add(self, address: str, opened: OpenSegment) -> None:
        """Keep a segment, and drop the one that was added first where there are too many."""
        self._opened[address] = opened
        for old in list(self._opened)[:-KEPT]:
            self._opened.pop(old, None)

    def drop(self, address: str) -> None:
        """Drop a segment, the bytes of which are damaged: the file may be restored."""
        self._opened.pop(address, None)
