"""Hold the output of one attempt for its log: the beginning and the end of a long one, whole lines where there are lines."""

from __future__ import annotations

import codecs
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from laminar.configurations.datastores.documents.log_pieces import Piece
from laminar.history.masking import Masker
from laminar.timestamps import now

__all__ = ["HALF", "LONGEST_LINE", "LogBuffer"]

HALF = 1 << 19
"""Bytes that are kept of the beginning of an attempt's output, and as many of its end."""

LONGEST_LINE = 1 << 16
"""Bytes of a line that are held back until it ends: a secret may be split between two writes."""

REDRAWN = 10.0
"""Seconds after which the log keeps another state of a line that carriage returns redraw: a progress bar."""


class LogBuffer:
    """Hold the output of one attempt: `take` returns the new pieces of the beginning, `rest` the end.

    Threads may add and take at the same time.
    """

    def __init__(
        self,
        index: int,
        attempt: int,
        run: str,
        masker: Masker,
        *,
        half: int = HALF,
        notify: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make an empty buffer; ``notify`` is called when there is something to take."""
        self.index = index
        self.attempt = attempt
        self.run = run
        self.masker = masker
        self.half = half
        self.notify = notify
        self.clock = clock
        self.size = 0
        self.held = 0
        self.dropped = 0
        self.open: dict[str, bytearray] = {}
        self.redrawn: dict[str, float] = {}
        self.first: list[Piece] = []
        self.last: deque[Piece] = deque()
        self.lock = threading.Lock()

    def add(self, stream: str, data: bytes) -> None:
        """Add output; an unfinished line waits for its end."""
        with self.lock:
            waiting = self.open.setdefault(stream, bytearray())
            waiting += data
            if cut := waiting.rfind(b"\n") + 1:
                self._keep(stream, self._text(bytes(waiting[:cut])))
                del waiting[:cut]
                self.redrawn.pop(stream, None)
            if b"\r" in waiting:
                self._redraw(stream, waiting)
            if len(waiting) > LONGEST_LINE:
                self._keep_beginning(stream, waiting)

    def _redraw(self, stream: str, waiting: bytearray) -> None:
        """Leave only the newest state of an unfinished line, and keep an earlier one from time to time."""
        body = waiting.rstrip(b"\r")
        earlier, _, newest = body.rpartition(b"\r")
        if earlier.strip() and self.clock() - self.redrawn.setdefault(stream, self.clock()) >= REDRAWN:
            self.redrawn[stream] = self.clock()
            self._keep(stream, self._text(bytes(earlier)) + "\n")
        waiting[:] = newest + (b"\r" if len(body) < len(waiting) else b"")

    def _keep_beginning(self, stream: str, waiting: bytearray) -> None:
        """Keep the beginning of a long line, cut neither in a character nor in a secret, whose end may not have come yet."""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        text = self.masker.masked(decoder.decode(bytes(waiting)))
        cut = max(0, len(text) - self.masker.longest)
        self._keep(stream, text[:cut], more=True)
        waiting[:] = text[cut:].encode() + decoder.getstate()[0]

    def _text(self, data: bytes) -> str:
        """Return output as text: what a terminal shows of redrawn lines, secrets masked."""
        text = data.decode(errors="replace")
        if "\r" in text:
            text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
        return self.masker.masked(text)

    def _keep(self, stream: str, text: str, *, more: bool = False) -> None:
        """Keep text in the beginning while that has room, else in the end; ``more`` means that its last line continues."""
        data = text.replace("\0", "\ufffd").encode(errors="replace")
        room = self.half - self.size
        fits = len(data) if len(data) <= room else data.rfind(b"\n", 0, max(room, 0)) + 1
        if not fits and room > LONGEST_LINE:
            fits = _boundary(data, room)
        if fits:
            self.first.append(self._piece(stream, data[:fits], more))
            self.notify()
        for part in _parts(data[fits:]):
            self.last.append(self._piece(stream, part, more))
            self.held += len(part)
        while self.held > self.half and len(self.last) > 1:
            following = self.last[1].offset
            gone = following - self.last.popleft().offset
            self.held -= gone
            self.dropped += gone

    def _piece(self, stream: str, data: bytes, more: bool) -> Piece:
        offset, self.size = self.size, self.size + len(data)
        goes_on = not data.endswith(b"\n") and (more or len(data) >= LONGEST_LINE - 3)
        return Piece(self.index, self.attempt, self.run, offset, stream, now(), data.decode(), more=goes_on)

    def take(self) -> list[Piece]:
        """Return the pieces of the beginning that were not taken yet."""
        with self.lock:
            taken, self.first = self.first, []
        return taken

    def rest(self) -> list[Piece]:
        """End the unfinished lines, and return all that was not taken: after a gap, if there is one, the end of the output."""
        with self.lock:
            for stream, waiting in self.open.items():
                if waiting:
                    self._keep(stream, self._text(bytes(waiting)))
            self.open = {}
            return self._end()

    def snapshot(self) -> list[Piece]:
        """Return all that was not taken, whole lines only, and keep it."""
        with self.lock:
            return self._end()

    def _end(self) -> list[Piece]:
        gap = []
        if self.dropped:
            following = self.last[0]
            offset = following.offset - self.dropped
            gap = [Piece(self.index, self.attempt, self.run, offset, following.stream, following.time, "", self.dropped)]
        return [*self.first, *gap, *self.last]


def _parts(data: bytes) -> Iterator[bytes]:
    """Yield output in parts of at most a long line each, cut after a line, else before a character."""
    while len(data) > LONGEST_LINE:
        cut = data.rfind(b"\n", 0, LONGEST_LINE) + 1 or _boundary(data, LONGEST_LINE)
        yield data[:cut]
        data = data[cut:]
    if data:
        yield data


def _boundary(data: bytes, place: int) -> int:
    """Return the last place up to here at which a character of UTF-8 begins (RFC 3629, 3)."""
    while place and data[place] & 0xC0 == 0x80:
        place -= 1
    return place
