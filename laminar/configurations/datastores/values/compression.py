"""Compress the frames of a file with zstandard, where sending fewer bytes saves more time than compressing takes."""

from __future__ import annotations

from collections.abc import Sequence

from laminar.configurations.datastores.byte_storage import Buffer

__all__ = ["compress", "decompress", "is_worthwhile"]

LEVEL = 1
"""Fastest level of zstandard: higher ones take longer than the network they save (`./dev bench datastore`)."""

SMALLEST = 16_384
"""Bytes of a file below which a request takes equally long with fewer bytes."""

LARGEST = 1 << 26
"""Bytes of a file from which on it is not compressed: compressed content has to fit into memory, a large file need not."""

SAMPLE = 1 << 16
"""Bytes of a file that are compressed to estimate the saving."""

MAX_RATIO = 0.75
"""Share of the bytes that may be left, the second table included."""

ENTRY = 40
"""Bytes that each frame takes in the second table."""


def is_worthwhile(frames: Sequence[Buffer]) -> bool:
    """Return whether compressing frames saves a quarter, judged by a sample from the middle of the largest ones."""
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
    return sum(len(part) + ENTRY for part in compress(sample)) <= size * MAX_RATIO


def compress(frames: Sequence[Buffer]) -> list[bytes]:
    """Return each frame compressed by itself."""
    import zstandard

    compressor = zstandard.ZstdCompressor(level=LEVEL)
    return [compressor.compress(frame) for frame in frames]


def decompress(stored: Buffer, length: int) -> Buffer | None:
    """Return the content of a frame, in writable memory; None where these bytes are damaged or have another length.

    >>> bytes(decompress(compress([b"abc" * 9])[0], 27))[:6]
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
