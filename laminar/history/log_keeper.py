"""Keep the logs of a local run: pieces of all attempts, gathered and written together, a file for each layer and interval."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.log_pieces import Piece, save_pieces
from laminar.configurations.datastores.storage.retrying_filesystem import hurried
from laminar.exceptions import DatastoreError
from laminar.history.log_buffer import LogBuffer

if TYPE_CHECKING:
    from laminar.configurations.datastores.byte_storage import ByteStorage
    from laminar.history.masking import Masker

__all__ = ["LogKeeper"]

GATHER = 1.0
"""Seconds for which output is gathered before it is written."""

MOST_PENDING = 1 << 24
"""Characters of output that wait for a datastore that is out of reach; more is dropped."""


class LogKeeper:
    """Write the output of a run's attempts. The scheduler's thread writes, others may print."""

    def __init__(self, storage: ByteStorage, flow: str, execution: str, run: str, masker: Masker) -> None:
        self.storage = storage
        self.flow = flow
        self.execution = execution
        self.run = run
        self.masker = masker
        self.buffers: dict[int, tuple[str, LogBuffer]] = {}
        self.pending: dict[str, list[Piece]] = {}
        self.is_due = False
        self.flushed = time.monotonic()
        self.count = 0

    def begin(self, layer: str, index: int, attempt: int) -> LogBuffer:
        """Return the buffer of an attempt that starts."""
        buffer = LogBuffer(index, attempt, self.run, self.masker, notify=self._due)
        self.buffers[id(buffer)] = (layer, buffer)
        return buffer

    def _due(self) -> None:
        self.is_due = True

    def end(self, buffer: LogBuffer) -> None:
        """Collect the rest of an attempt's output after its end."""
        layer, _ = self.buffers.pop(id(buffer), ("", buffer))
        if layer and (pieces := buffer.rest()):
            self.pending.setdefault(layer, []).extend(pieces)
            self.is_due = True

    def patience(self) -> float | None:
        """Return the seconds until the next write, None where nothing waits."""
        return max(0.0, GATHER - (time.monotonic() - self.flushed)) if self.is_due else None

    def tick(self, report: Callable[[str], None]) -> None:
        """Write the gathered output, if it is time."""
        if self.is_due and time.monotonic() - self.flushed >= GATHER:
            self.flush(report)

    def flush(self, report: Callable[[str], None]) -> None:
        """Write all output that is not written yet; pieces that cannot be written wait, up to a limit."""
        self.flushed, self.is_due = time.monotonic(), False
        for layer, buffer in list(self.buffers.values()):
            if pieces := buffer.take():
                self.pending.setdefault(layer, []).extend(pieces)
        for layer, pieces in list(self.pending.items()):
            try:
                self.count += 1
                with hurried():
                    save_pieces(self.storage, self.flow, self.execution, layer, f"{self.run}-{self.count:08d}", pieces)
            except (DatastoreError, OSError) as error:
                report(f"the history of this run cannot be written: {error.what if isinstance(error, DatastoreError) else error}")
                if sum(len(piece.text) for piece in pieces) > MOST_PENDING:
                    del self.pending[layer]
                self.is_due = True
                return
            del self.pending[layer]
