"""Write values through protocols that use files, and read them back, so that a value may be larger than memory."""

from __future__ import annotations

import io
from typing import IO, Any, cast

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.serde import Protocol

__all__ = ["View", "as_bytes", "dump", "load"]

IN_MEMORY = 1 << 20
"""Bytes up to which a dumped value is read into memory; a larger one stays in its temporary file."""


def dump(protocol: Protocol, value: Any) -> Buffer:
    """Return the bytes of a value; a protocol that dumps to a file gets an unnamed one, which is then mapped."""
    cls = type(protocol)
    if cls.dump is Protocol.dump:
        return as_bytes(protocol.dumps(value))
    import mmap
    import tempfile

    with tempfile.TemporaryFile() as file:
        protocol.dump(value, cast("IO[bytes]", file))
        file.flush()
        size = file.seek(0, io.SEEK_END)
        if size > IN_MEMORY:
            return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
        file.seek(0)
        return file.read()


def load(protocol: Protocol, frame: Buffer) -> Any:
    """Return the value of bytes; a protocol that loads from a file gets a file over them, without a copy."""
    if type(protocol).load is Protocol.load:
        return protocol.loads(bytes(frame))
    with io.BufferedReader(View(frame)) as file:
        return protocol.load(cast("IO[bytes]", file))


def as_bytes(data: Any) -> bytes:
    """Return the result of a protocol's ``dumps`` as bytes."""
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
        """Return True: the file can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the file can be read from any position."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Copy the next bytes into a buffer and return how many."""
        part = self.data[self.position : self.position + len(buffer)]
        buffer[: len(part)] = part
        self.position += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: len(self.data)}[whence]
        self.position = max(0, start + offset)
        return self.position
