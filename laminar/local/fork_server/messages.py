"""Declare the messages between a run and its fork server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from laminar.program.call_log import Call
from laminar.program.main_module import Program
from laminar.worker.job import Job

__all__ = ["Answer", "Load", "Request"]


@dataclass(frozen=True)
class Load:
    """The load of a server that starts again: a program up to the call of a flow, or a flow by value.

    ``path`` is the ``sys.path`` of the first process. Loading may take so many ``seconds``.
    ``folder`` is the working folder that the program starts in. ``before`` are the calls of flows that the first process made
    before; None where these are unknown.
    """

    path: tuple[str, ...]
    name: str
    seconds: float
    folder: str | None
    program: Program | None = None
    flow: bytes = b""
    before: tuple[Call, ...] | None = None


@dataclass(frozen=True)
class Request:
    """Run jobs one after the other in one process, each at most ``limit`` seconds.

    ``url`` is the flow's datastore, ``datastore`` its pickle where the server has to make the flow itself.
    """

    number: int
    jobs: tuple[Job, ...]
    limit: float | None
    url: str
    datastore: bytes = b""


@dataclass(frozen=True)
class Answer:
    """How one job ended: with answers of entry hooks, a failure, or an error that keeps it from being run.

    ``reused`` is the execution whose result was reused instead of running.
    """

    entries: dict[str, Any] | None = None
    failure: tuple[bytes, bytes | None] | None = None
    error: bytes = b""
    reused: str = ""
