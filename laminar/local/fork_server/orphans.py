"""Record the attempts that ended because the run was killed: only the server of its processes is left to do it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts
from laminar.history import state
from laminar.ksuid import ksuid
from laminar.timestamps import now

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.local.fork_server.messages import Request
    from laminar.local.fork_server.running_child import RunningChild

__all__ = ["is_orphaned", "record"]

PATIENCE = 0.1
"""Seconds until the children of a killed process have another parent: its files close first (exit(2) of Linux)."""


def is_orphaned(parent: int) -> bool:
    """Return whether the parent process has ended; a living parent keeps the history itself."""
    until = time.monotonic() + PATIENCE
    while os.getppid() == parent:
        if time.monotonic() >= until:
            return False
        time.sleep(0.005)
    return True


def record(parent: int, children: Collection[RunningChild], flow_of: Callable[[Request], Flow]) -> None:
    """Write that the jobs of processes were interrupted, if the run's process has ended; one with a document has finished."""
    if not children or not is_orphaned(parent):
        return
    for child in children:
        flow, job = flow_of(child.request), child.request.jobs[child.place]
        with contextlib.suppress(Exception):  # no process is left to report it to, and nothing else depends on it
            store = flow.configuration.datastore
            if job.gate or store.load(job.flow, job.execution, job.layer, job.index) is not None:
                continue
            interrupted = Attempt(
                layer=job.layer,
                index=job.index,
                splits=job.splits or 1,
                number=job.attempt,
                how=state.INTERRUPTED,
                started=child.started,
                ended=now(),
                host=os.uname().nodename,
                message="the process that ran the flow ended",
            )
            save_attempts(store, flow.name, job.execution, ksuid(), [interrupted])
