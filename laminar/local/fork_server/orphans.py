"""Record the attempts that ended because the run was killed: the server of its processes is the only one left to say so."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.attempt_record import AttemptRecord, save_attempts
from laminar.history import state
from laminar.ksuid import ksuid
from laminar.timestamps import now

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.worker.job import Job

__all__ = ["is_orphaned", "record"]

PATIENCE = 0.1
"""Seconds until a process that was killed has given its children to another parent: its files close first (exit(2) of Linux)."""


def is_orphaned(parent: int) -> bool:
    """Return whether the process that started this one has ended; where it is there it keeps the history itself."""
    until = time.monotonic() + PATIENCE
    while os.getppid() == parent:
        if time.monotonic() >= until:
            return False
        time.sleep(0.005)
    return True


def record(flow: Flow, jobs: Iterable[tuple[Job, str]]) -> None:
    """Write that jobs, each with the time at which it started, were interrupted, except those that left a document."""
    store = flow.configuration.datastore
    by_execution: dict[str, list[AttemptRecord]] = {}
    with contextlib.suppress(Exception):  # no one is left who could be told, and nothing else depends on it
        for job, started in _unfinished(flow, jobs):
            by_execution.setdefault(job.execution, []).append(
                AttemptRecord(
                    layer=job.layer,
                    index=job.index,
                    splits=job.splits or 1,
                    attempt=job.attempt,
                    how=state.INTERRUPTED,
                    started=started,
                    ended=now(),
                    host=os.uname().nodename,
                    message="the process that ran the flow ended",
                )
            )
        for execution, records in by_execution.items():
            save_attempts(store, flow.name, execution, ksuid(), records)


def _unfinished(flow: Flow, jobs: Iterable[tuple[Job, str]]) -> Iterator[tuple[Job, str]]:
    store = flow.configuration.datastore
    for job, started in jobs:
        if not job.gate and store.load(job.flow, job.execution, job.layer, job.index) is None:
            yield job, started
