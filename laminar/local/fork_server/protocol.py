"""Carry messages between a run and its fork server: pickled values in frames that start with their length.

Both ends are non-blocking and keep bytes that the other side has not read yet, so that they never wait
for each other. Failures are sent with their exceptions where these can be pickled.
"""

from __future__ import annotations

import contextlib
import itertools
import pickle
import struct
from collections import deque
from typing import TYPE_CHECKING, Any

from laminar.worker.split import SplitFailed

if TYPE_CHECKING:
    import socket

__all__ = ["Channel", "Frames", "decode_failure", "encode", "encode_failure"]

LENGTH = struct.Struct("!Q")
CHUNK = 1 << 20
"""Bytes that are received at once."""
AT_ONCE = 16
"""Messages that are sent at once: as many as every system allows (_XOPEN_IOV_MAX, limits.h of POSIX.1-2017)."""


def encode(message: Any) -> bytes:
    """Return a message as one frame."""
    data = pickle.dumps(message, protocol=5)
    return LENGTH.pack(len(data)) + data


class Frames:
    """Cut a stream of bytes into messages; the time is linear in the bytes, in any pieces."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Return the messages that are complete with these bytes."""
        self.data += data
        found, start = [], 0
        while len(self.data) - start >= LENGTH.size:
            first = start + LENGTH.size
            last = first + LENGTH.unpack_from(self.data, start)[0]
            if last > len(self.data):
                break
            found.append(pickle.loads(memoryview(self.data)[first:last].tobytes()))
            start = last
        del self.data[:start]
        return found


class Channel:
    """Send and receive messages over a stream socket without ever blocking."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self.frames = Frames()
        self.leaving: deque[memoryview] = deque()
        self.pending = 0

    def fileno(self) -> int:
        """Return the socket's descriptor, -1 when it is closed."""
        return self.connection.fileno()

    def queue(self, message: Any) -> None:
        """Keep a message until `flush`: several leave together."""
        data = encode(message)
        self.leaving.append(memoryview(data))
        self.pending += len(data)

    def send(self, message: Any) -> None:
        """Queue a message, and write as much as the socket accepts now."""
        self.queue(message)
        self.flush()

    def flush(self) -> None:
        """Write the queue, as far as the socket accepts it.

        Raises ConnectionError where the other side is gone.
        """
        leaving = self.leaving
        while leaving:
            try:
                sent = self.connection.sendmsg(itertools.islice(leaving, AT_ONCE))
            except BlockingIOError:
                return
            self.pending -= sent
            while leaving and sent >= len(leaving[0]):
                sent -= len(leaving.popleft())
            if sent:
                leaving[0] = leaving[0][sent:]

    def receive(self) -> list[Any]:
        """Return the messages that have arrived.

        Raises EOFError where the other side has closed, ConnectionError where it is gone.
        """
        try:
            data = self.connection.recv(CHUNK)
        except BlockingIOError:
            return []
        if not data:
            raise EOFError
        return self.frames.feed(data)

    def close(self) -> None:
        """Close the socket and drop the queue."""
        self.leaving.clear()
        with contextlib.suppress(OSError):
            self.connection.close()


def encode_failure(failed: SplitFailed) -> tuple[bytes, bytes | None]:
    """Return a failure and its cause as pickles; the cause is None where it cannot be pickled and read again."""
    try:
        cause: bytes | None = pickle.dumps(failed.__cause__)
        pickle.loads(cause)  # type: ignore[arg-type]
    except Exception:  # any exception class may fail to pickle in any way; the text of the traceback is sent in any case
        cause = None
    plain = SplitFailed.__new__(SplitFailed, *failed.args)
    plain.args = failed.args
    plain.__dict__.update(failed.__dict__)
    return pickle.dumps(plain), cause


def decode_failure(message: tuple[bytes, bytes | None]) -> SplitFailed:
    """Return the failure that was sent by this program's own worker."""
    failed = pickle.loads(message[0])
    assert isinstance(failed, SplitFailed)
    if message[1] is not None:
        try:
            failed.__cause__ = pickle.loads(message[1])
        except Exception:  # its class may exist only in the worker; the text of the traceback is there
            failed.__cause__ = None
    return failed
