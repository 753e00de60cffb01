"""Keep the record of a session while it runs: its start, a lease that is renewed, the attempts that failed, its end.

History matters less than the run: a datastore that cannot be written is reported once, and its records wait
for the next time. The scheduler waits a few seconds for the first write that fails, and for none after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts
from laminar.configurations.datastores.documents.execution_record import Session, load_execution, save_execution
from laminar.configurations.datastores.storage.retrying_filesystem import hurried
from laminar.exceptions import DatastoreError
from laminar.history import process_identity, state
from laminar.ksuid import ksuid
from laminar.timestamps import now

if TYPE_CHECKING:
    from laminar.configurations.datastores.byte_storage import ByteStorage
    from laminar.configurations.datastores.documents.execution_record import ExecutionRecord

__all__ = ["SessionKeeper", "new_session"]

RENEWALS = (1.0, 5.0, 15.0)
"""Seconds to the first renewals of the lease; all others follow after the last of these."""

GATHER = 0.5
"""Seconds for which records of attempts are gathered before they are written together."""

MOST_RUNNING = 100
"""Attempts under way that a renewal names."""

Running = tuple[str, int, int, str]
"""An attempt under way: layer, split, attempt, start."""


def new_session(action: str) -> Session:
    """Return a session of this process that starts now."""
    own = process_identity.this_process()
    return Session(
        id=ksuid(),
        action=action,
        started=now(),
        lease=now(after=state.LEASE),
        user=own.user,
        host=own.host,
        boot=own.boot,
        pid=own.pid,
        birth=own.birth,
    )


class SessionKeeper:
    """Write the record of one session. One thread uses it: the scheduler's."""

    def __init__(
        self, storage: ByteStorage, record: ExecutionRecord, session: Session, report: Callable[[str], None] = lambda _: None
    ) -> None:
        """Make a keeper; ``report`` receives one line where the history cannot be written."""
        self.storage = storage
        self.record = record
        self.session = session
        self.report = report
        self.pending: list[Attempt] = []
        self.flushed = time.monotonic()
        self.renewals = 0
        self.renewed = time.monotonic()
        self.broken = False
        self.away = False
        """Whether the last record could not be written."""
        self.unread = False
        """Whether the execution may have a record that is not read yet: writing another one would lose its sessions."""

    def open(self, *, known: bool) -> None:
        """Write that the session has started; ``known`` means that the execution may have a record already."""
        self.unread = known
        self._save()

    def _take_over(self) -> None:
        """Keep the sessions before this one, and the facts that only the first one records; a damaged record is replaced."""
        try:
            before = load_execution(self.storage, self.record.flow, self.record.execution)
        except DatastoreError as error:
            self.unread = error.transient
            raise
        self.unread = False
        if before is not None:
            self.record = replace(
                self.record,
                sessions=before.sessions,
                workflow=before.workflow,
                parameters=self.record.parameters or before.parameters,
            )

    def patience(self) -> float:
        """Return the seconds until `tick` has something to write."""
        due = RENEWALS[min(self.renewals, len(RENEWALS) - 1)] - (time.monotonic() - self.renewed)
        if self.pending:
            due = min(due, GATHER - (time.monotonic() - self.flushed))
        return max(0.0, due)

    def add(self, record: Attempt) -> None:
        """Add an attempt without a document; it is written with the next ones."""
        self.pending.append(replace(record, session=self.session.id))

    def tick(self, running: Callable[[], Iterable[Running]]) -> None:
        """Write the due records: gathered attempts, and the lease with the running attempts."""
        if self.pending and time.monotonic() - self.flushed >= GATHER:
            self.flush()
        if time.monotonic() - self.renewed >= RENEWALS[min(self.renewals, len(RENEWALS) - 1)]:
            self.renewals += 1
            first = tuple(one for one, _ in zip(running(), range(MOST_RUNNING), strict=False))
            self.session = replace(self.session, lease=now(after=state.LEASE), running=first)
            self._save()

    def flush(self) -> None:
        """Write the attempts that were gathered."""
        self.flushed = time.monotonic()
        if self.pending and self._try(self._write_attempts):
            self.pending = []

    def close(self, ended: str, *, reason: str = "", failed: Iterable[str] = (), reused: Iterable[str] = ()) -> None:
        """Write how the session ended, and the remaining records."""
        self.flush()
        layers = tuple(dict.fromkeys(failed))
        others = tuple(dict.fromkeys(reused))
        self.session = replace(self.session, state=ended, ended=now(), reason=reason, failed=layers, reused=others, running=())
        self._save(rested=True)

    def _write_attempts(self) -> None:
        save_attempts(self.storage, self.record.flow, self.record.execution, ksuid(), self.pending)

    def _save(self, *, rested: bool = False) -> None:
        """Write the session's record; ``rested`` makes the request also shortly after one that failed: the last record counts."""
        if self.unread:
            self._try(self._take_over, rested=rested)
        self.renewed = time.monotonic()
        if not self.unread:
            self.record = self.record.with_session(self.session)
            self._try(lambda: save_execution(self.storage, self.record), rested=rested)

    def _try(self, write: Callable[[], None], *, rested: bool = False) -> bool:
        """Write a document, and return whether that was possible."""
        try:
            with hurried(rested=rested):
                write()
        except (DatastoreError, OSError) as error:
            if not self.broken:
                what = error.what if isinstance(error, DatastoreError) else str(error)
                self.report(f"the history of this run cannot be written: {what}")
            self.broken = self.away = True
            return False
        self.away = False
        return True
