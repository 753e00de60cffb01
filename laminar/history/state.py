"""Decide the state of an execution from the last reports of its sessions and pods, and their times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from laminar.history import process_identity

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.execution_record import Session

__all__ = [
    "FAILED",
    "FINISHED",
    "INTERRUPTED",
    "LEASE",
    "POD_LEASE",
    "RUNNING",
    "SILENCE",
    "STATES",
    "UNKNOWN",
    "of_pods",
    "of_session",
]

RUNNING, FINISHED, FAILED, INTERRUPTED, UNKNOWN = "running", "finished", "failed", "interrupted", "unknown"
STATES = (RUNNING, FINISHED, FAILED, INTERRUPTED, UNKNOWN)

LEASE = 90.0
"""Seconds for which a session counts as running after its last sign of life."""

POD_LEASE = 180.0
"""Seconds for which a pod counts as running after its last sign of life."""

SILENCE = 600.0
"""Seconds without a sign of life after which pods count as gone: until then the next ones may wait for a node."""


def is_there(session: Session) -> bool | None:
    """Return whether the process of a session still runs, None where it is on another machine."""
    return process_identity.is_there(session.pid, session.birth, booted=session.boot, host=session.host)


def of_session(session: Session, now: str, *, alive: Callable[[Session], bool | None] = is_there) -> str:
    """Return the state of a session of a local run.

    A session with the state running is interrupted where its process has ended on its machine, and where its lease is over.
    """
    if session.state != RUNNING:
        return session.state
    known = alive(session)
    if known is None:
        known = session.lease >= now
    return RUNNING if known else INTERRUPTED


def of_pods(*, complete: bool, failed: bool, lost: bool, live: bool, silent: bool) -> str:
    """Return the state of an execution in pods, which no process supervises as a whole.

    ``complete``: each layer has finished or was skipped. ``failed``: a split has failed for good. ``lost``: a pod was killed, or
    stopped without a report. ``live``: a pod holds a lease. ``silent``: nothing was written for a while.

    >>> of_pods(complete=False, failed=True, lost=False, live=True, silent=False)
    'running'
    >>> of_pods(complete=False, failed=False, lost=False, live=False, silent=True)
    'unknown'
    """
    if complete:
        return FINISHED
    if live:
        return RUNNING
    if failed:
        return FAILED
    if not silent:
        return RUNNING
    return INTERRUPTED if lost else UNKNOWN
