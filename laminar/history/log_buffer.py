"""Hold the output of one attempt for its log: the beginning and the end of a long one, whole lines where there are lines."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from laminar.configurations.datastores.documents.log_pieces import Piece
from laminar.history.masking import Masker
from laminar.timestamps import now

__all__ = ["HALF", "LogBuffer"]

HALF = 1 << 19
"""Bytes that are kept of the beginning of an attempt's output, and as many of its end."""

LONGEST_LINE = 1 << 16
"""Bytes of a line that are held back until it ends: a secret may be split between two writes."""


class LogBuffer:
    """Hold the output of one attempt: `take` returns the new pieces of the beginning, `rest` the end.

    Threads may add and take at the same time.
    """

    def __init__(
        self, index: int, attempt: int, run: str, masker: Masker, *, half: int = HALF, notify: Callable[[], None] = lambda: None
    ) -> None:
        """Make an empty buffer; ``notify`` is called when there is something to take."""
        self.index = index
        self.attempt = attempt
        self.run = run
        self.masker = masker
        self.half = half
        self.notify = notify
        self.size = 0
        self.held = 0
        self.dropped = 0
        self.open: dict[str, bytearray] = {}
        self.first: list[Piece] = []
        self.last: deque[Piece] = deque()
        self.lock = threading.Lock()

    def add(self, stream: str, data: bytes) -> None:
        """Add output; an unfinished line waits for its end."""
        with self.lock:
            waiting = self.open.setdefault(stream, bytearray())
            waiting += data
            cut = max(waiting.rfind(b"\n"), waiting.rfind(b"\r")) + 1
            if not cut and len(waiting) > LONGEST_LINE:
                cut = len(waiting)
            if cut:
                self._keep(stream, bytes(waiting[:cut]))
                del waiting[:cut]

    def _keep(self, stream: str, data: bytes) -> None:
        text = self.masker.masked(data.decode(errors="replace").replace("\0", "�"))
        piece = Piece(self.index, self.attempt, self.run, self.size, stream, now(), text)
        self.size += len(data)
        if self.size <= self.half:
            self.first.append(piece)
            self.notify()
            return
        self.last.append(piece)
        self.held += len(data)
        while self.held > self.half and len(self.last) > 1:
            following = self.last[1].offset
            gone = following - self.last.popleft().offset
            self.held -= gone
            self.dropped += gone

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
                    self._keep(stream, bytes(waiting))
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
