"""Cut the output of a process into parts that can be shown at once, in time that is linear in the bytes."""

from __future__ import annotations

__all__ = ["LineBuffer"]

LONGEST = 1 << 20
"""Bytes of one line that are held back until it ends; a longer line is passed on in parts."""


class LineBuffer:
    r"""Hold back an unfinished line until it ends, unless it shows progress or is very long.

    A line that follows a carriage return is passed on as it comes: a progress bar (tqdm) rewrites it in place.

    >>> buffer = LineBuffer()
    >>> buffer.feed(b"one\ntw"), buffer.feed(b"o\n"), buffer.feed(b"\r 10%"), buffer.feed(b"\r 20%"), buffer.close()
    (b'one\n', b'two\n', b'\r 10%', b'\r 20%', b'\n')
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.last = b""

    def feed(self, data: bytes) -> bytes:
        """Take bytes and return those to show now."""
        cut = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if cut:
            shown = b"".join((*self.parts, data[:cut]))
            self.parts, self.size, self.last = [], 0, shown[-1:]
            data = data[cut:]
        else:
            shown = b""
        if data:
            self.parts.append(data)
            self.size += len(data)
            if self.size > LONGEST or self.last not in (b"", b"\n"):
                shown += b"".join(self.parts)
                self.parts, self.size, self.last = [], 0, (b"\r" if self.last == b"\r" else b"-")
        return shown

    def flush(self) -> bytes:
        """Return the unfinished line as far as it goes."""
        shown = b"".join(self.parts)
        if shown:
            self.parts, self.size, self.last = [], 0, b"-"
        return shown

    def close(self) -> bytes:
        """Return the rest; an unfinished line ends here."""
        shown = b"".join(self.parts)
        if shown or self.last not in (b"", b"\n"):
            shown += b"\n"
        self.parts, self.size, self.last = [], 0, b""
        return shown
