"""Compress what is worth it: frames of a file, with zstandard, where fewer bytes are faster than the work they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["compressed", "decompressed", "pays"]

LEVEL = 1
SMALLEST = 16_384
"""Bytes of a file below which a request takes as long whether they are fewer or not."""

LARGEST = 1 << 26
"""Bytes of a file from which on it is stored as it is: compressed content is in memory, where a large file need not be."""

SAMPLE = 1 << 16
"""Bytes of a file that are compressed to see whether it pays."""

PAYS = 0.75
"""Part of the bytes that may be left, the second table included."""

ENTRY = 40
"""Bytes that each frame takes in the second table."""


def pays(frames: Sequence[Buffer]) -> bool:
    """Say whether compressing frames saves a quarter, going by a sample from the middle of the largest ones."""
    if not SMALLEST <= sum(map(len, frames)) < LARGEST:
        return False
    sample: list[Buffer] = []
    for frame in sorted(frames, key=len, reverse=True):
        room = SAMPLE - sum(map(len, sample))
        if room <= 0:
            break
        middle = max(0, (len(frame) - room) // 2)
        sample.append(memoryview(frame)[middle : middle + room])
    size = sum(map(len, sample))
    return sum(len(part) + ENTRY for part in compressed(sample)) <= size * PAYS


def compressed(frames: Sequence[Buffer]) -> list[bytes]:
    """Return each frame compressed by itself."""
    import zstandard

    compressor = zstandard.ZstdCompressor(level=LEVEL)
    return [compressor.compress(frame) for frame in frames]


def decompressed(stored: Buffer, length: int) -> Buffer | None:
    """Return the content of a frame, in memory that can be written to; None where these bytes are not that of so many.

    >>> bytes(decompressed(compressed([b"abc" * 9])[0], 27))[:6]
    b'abcabc'
    """
    import zstandard

    content = bytearray(length)
    view = memoryview(content)
    try:
        with zstandard.ZstdDecompressor().stream_reader(stored) as reader:
            got = 0
            while got < length and (count := reader.readinto(view[got:])):
                got += count
            return content if got == length and not reader.read(1) else None
    except zstandard.ZstdError:
        return None
