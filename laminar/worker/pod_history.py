"""Keep the history of a pod: the output of its work, a lease while it runs for long, and how attempts failed.

The process that supervises the work writes it: logs, leases, and that the work was ended from outside. The work's own process,
which has the datastore open, writes its failures (`laminar.worker.pod_failures`). History matters less than the work: a
datastore that cannot be written does not stop the pod.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts, save_lease
from laminar.configurations.datastores.documents.log_pieces import Piece, log_file, save_pieces
from laminar.configurations.datastores.storage.retrying_filesystem import hurried
from laminar.exceptions import DatastoreError
from laminar.history import state
from laminar.history.history_setting import is_kept
from laminar.history.log_buffer import HALF, LogBuffer
from laminar.history.masking import Masker
from laminar.ksuid import ksuid
from laminar.timestamps import now
from laminar.worker import attempt_report
from laminar.worker.pod_channel import LAST_SECONDS, store_of

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore
    from laminar.worker.arguments import Task

__all__ = ["Outage", "PodHistory", "attempted", "outage"]

FIRST_WRITE = 5.0
"""Seconds after which a log is written for the first time, if the pod has not ended."""

LAST_WRITE = 60.0
"""Seconds between two writes of a log at most; the time between them grows by half each time."""

LEASE_EVERY = 45.0
"""Seconds between two renewals of a pod's lease; a pod that ends before the first one has none."""

MOST_SPLITS = 16
"""Splits of a batch that may each print as much as a split alone before less is kept of each."""


class PodHistory:
    """Hold the output of a pod's work, and write it at intervals and at the end."""

    def __init__(self, task: Task, *, logs: bool) -> None:
        self.task = task
        self.logs = logs
        self.name = f"{task.job.index}.{task.job.attempt}.{ksuid()}"
        self.host = os.uname().nodename
        self.started = now()
        self.masker = Masker(os.environ)
        self.half = HALF // max(1, min(task.batch, MOST_SPLITS))
        self.closed: list[Piece] = []
        self.buffer = self._buffer(task.job.index * task.batch)
        self.kept = is_kept()
        self.knows_store = False
        self.said_store = ""
        self.opened: DataStore | None = None
        self.written = self.offered = 0
        self.began = self.leased = time.monotonic()
        self.interval = FIRST_WRITE
        self.next_write = self.began + FIRST_WRITE

    def _buffer(self, index: int) -> LogBuffer:
        return LogBuffer(index, self.task.job.attempt, self.host, self.masker, half=self.half)

    def secrets(self, names: Iterable[str]) -> None:
        """Mask the values of these variables too, from now on."""
        self.masker = self.buffer.masker = Masker(os.environ, names)

    def split(self, index: int) -> None:
        """Switch to another split of the batch, which prints from now on."""
        if index != self.buffer.index:
            self.closed += self.buffer.rest()
            self.buffer = self._buffer(index)

    def add(self, stream: str, data: bytes) -> None:
        """Add output."""
        if self.logs:
            self.buffer.add(stream, data)

    def tick(self) -> None:
        """Write the log and renew the lease, where it is time."""
        moment = time.monotonic()
        if moment >= self.next_write:
            self.interval = min(self.interval * 1.5, LAST_WRITE)
            self.next_write = moment + self.interval
            self._write(self.buffer.snapshot(), last=False)
        if self.kept and moment - self.leased >= LEASE_EVERY and (store := self.store()) is not None:
            self.leased = moment
            name = f"{self.task.job.layer}.{self.name}"
            attempted(lambda: save_lease(store, *self._names(), name, self._lease()), last=False)

    def offer(self) -> tuple[str, bytes]:
        """Return the key and the bytes of the log for the worker to write, an empty key where it need not."""
        every = [*self.closed, *self.buffer.rest()]
        if not every or not self.knows_store or self.opened is not None:
            return "", b""
        self.offered = _size(every)
        return log_file(*self._names(), self.task.job.layer, self.name, every)

    def taken(self) -> None:
        """Record that the worker has written the offered log."""
        self.written = self.offered

    def close(self) -> None:
        """Write the rest of the log."""
        self._write(self.buffer.rest())

    def killed(self, message: str, *, how: str = "killed", fix: str = "") -> None:
        """Write that the work was ended from outside, or report it where another process keeps the history."""
        record = Attempt(
            layer=self.task.job.layer,
            index=self.buffer.index,
            splits=self.task.job.splits or 1,
            number=self.task.job.attempt,
            how=how,
            started=self.started,
            ended=now(),
            host=self.host,
            message=message,
            fix=fix,
            again=True,  # Argo may start another pod: only that one, or its absence, shows whether it did
            session=self.host,
        )
        if attempt_report.is_wanted():
            attempt_report.send([record])
        if self.kept and (store := self.store()) is not None:
            attempted(lambda: save_attempts(store, *self._names(), ksuid(), [record]))

    def store(self) -> DataStore | None:
        """Return the datastore, opened when it is first needed: importing S3's packages takes a second."""
        if self.opened is None:
            if self.said_store:
                self.opened = store_of(self.said_store)
            elif self.task.datastore is not None:
                from laminar.configurations.datastores import open_store

                attempted(lambda: setattr(self, "opened", open_store(self.task.datastore or "")))
        return self.opened

    def _names(self) -> tuple[str, str]:
        return self.task.job.flow, self.task.job.execution

    def _lease(self) -> Attempt:
        return Attempt(
            layer=self.task.job.layer,
            index=self.buffer.index,
            splits=self.task.job.splits or 1,
            number=self.task.job.attempt,
            how=state.RUNNING,
            started=self.started,
            host=self.host,
            session=self.host,
            until=now(after=state.POD_LEASE),
        )

    def _write(self, pieces: Sequence[Piece], *, last: bool = True) -> None:
        """Write the whole log, if there was output since the last time."""
        every = [*self.closed, *pieces]
        size = _size(every)
        if size == self.written or (store := self.store()) is None:
            return
        if attempted(lambda: save_pieces(store, *self._names(), self.task.job.layer, self.name, every), last=last):
            self.written = size


def _size(pieces: Iterable[Piece]) -> int:
    return sum(len(piece.text) + piece.dropped for piece in pieces)


class Outage:
    """What a process of a pod knows of its history's datastore: whether it is away, and whether that was reported.

    The worker forwards to its supervisor, which prints one note for both.
    """

    def __init__(self) -> None:
        self.known = self.reported = False
        self.forward: Callable[[str], None] | None = None

    def begin(self, what: str) -> None:
        """Record that the datastore is away, and report it once."""
        self.known = True
        if self.forward is not None:
            self.forward(what)
        elif not self.reported:
            self.reported = True
            print(f"laminar: the history of this pod cannot be kept: {what}", file=sys.stderr, flush=True)


outage = Outage()
"""The outage as this process knows it; a forked process inherits it."""


def attempted(write: Callable[[], None], *, last: bool = True) -> bool:
    """Write a part of the history; report where that is not possible, and return whether it was.

    It is retried for some seconds, where it is not repeated later (``last``) for longer, and not at all during an outage.
    """
    seconds = 0.0 if outage.known else LAST_SECONDS if last else None
    try:
        with hurried(seconds, rested=last):
            write()
    except (DatastoreError, OSError) as error:
        outage.begin(error.what if isinstance(error, DatastoreError) else str(error))
        return False
    outage.known = False
    return True
