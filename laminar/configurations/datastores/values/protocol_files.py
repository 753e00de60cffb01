"""Let protocols write values to files and read them from files, so that a value may be larger than memory."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any, cast

from laminar.configurations.serde import Protocol

if TYPE_CHECKING:
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["View", "dumped", "loaded"]

HELD = 1 << 20
"""Bytes up to which what was dumped is read into memory; more stays in its temporary file."""


def dumped(protocol: Protocol, value: Any) -> Buffer:
    """Return the bytes of a value; those of a protocol that dumps to a file are mapped from one without a name."""
    cls = type(protocol)
    if cls.dump is Protocol.dump:
        return plain(protocol.dumps(value))
    import mmap
    import tempfile

    with tempfile.TemporaryFile() as file:
        protocol.dump(value, cast("IO[bytes]", file))
        file.flush()
        size = file.seek(0, io.SEEK_END)
        if size > HELD:
            return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
        file.seek(0)
        return file.read()


def loaded(protocol: Protocol, frame: Buffer) -> Any:
    """Return the value of bytes; a protocol that loads from a file gets one on the bytes where they are."""
    if type(protocol).load is Protocol.load:
        return protocol.loads(bytes(frame))
    with io.BufferedReader(View(frame)) as file:
        return protocol.load(cast("IO[bytes]", file))


def plain(data: Any) -> bytes:
    return data if isinstance(data, bytes) else bytes(memoryview(data))


class View(io.RawIOBase):
    """Read bytes that are in memory, or mapped, as a file.

    >>> io.BufferedReader(View(b"abc")).read(2)
    b'ab'
    """

    def __init__(self, data: Buffer) -> None:
        self.data = memoryview(data)
        self.position = 0

    def readable(self) -> bool:
        """Say that the file can be read."""
        return True

    def seekable(self) -> bool:
        """Say that the file can be read from any place."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Copy the next bytes into a buffer and return how many."""
        part = self.data[self.position : self.position + len(buffer)]
        buffer[: len(part)] = part
        self.position += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: len(self.data)}[whence]
        self.position = max(0, start + offset)
        return self.position
