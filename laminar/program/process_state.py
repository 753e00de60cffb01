"""Hold the state of this process: whether it is a worker, and the command line's requirements for a program's run."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Session", "age", "current", "first_folder", "is_worker", "running", "start", "work"]


@dataclass
class Session:
    """The command line's requirements for the next run of a program.

    ``flow`` selects a chain by the name of its first flow (None: the only one), ``parameters`` replace keywords of that flow,
    ``execution`` is the id to use and ``resume`` whether it is resumed ("latest" names the newest), from the layer
    ``from_layer`` on, if that is given; ``debug`` runs splits in this
    process, with ``cached``, layers may reuse earlier results.
    The rest is filled in meanwhile: ``chosen`` is the selected execution, ``classes`` the flows that were defined,
    ``called`` and ``followed`` those that were called, or linked to.
    """

    flow: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    execution: str | None = None
    resume: bool = False
    from_layer: str | None = None
    debug: bool = False
    cached: bool = True
    chosen: Any = None
    program: Any = None
    classes: list[Any] = field(default_factory=list)
    called: list[Any] = field(default_factory=list)
    followed: list[Any] = field(default_factory=list)

    @property
    def is_specific(self) -> bool:
        """Whether the session is for one chain only."""
        return bool(self.parameters) or self.execution is not None or self.resume

    def selects(self, flow: str) -> bool:
        """Return whether a chain that starts with this flow is the selected one."""
        return self.flow is None or self.flow == flow


current: Session | None = None
_first_folder = os.getcwd() if os.path.isdir(os.curdir) else None
running: set[tuple[str, str]] = set()
_started = time.monotonic()
_worker = False
WORKER = "LAMINAR_WORKER_PID"


def start(session: Session | None) -> None:
    """Apply a session to the flows that are called from now on."""
    global current
    current = session


def work() -> None:
    """Make this process a worker for good: it runs splits and starts no flows."""
    global _worker
    _worker = True
    if "LAMINAR_LAYER_NAME" in os.environ:
        os.environ[WORKER] = str(os.getpid())


def first_folder() -> str | None:
    """Return the working folder that this process had when it imported laminar: a program that starts again starts there."""
    return _first_folder if _first_folder is not None and os.path.isdir(_first_folder) else None


def age() -> float:
    """Return the seconds since this process imported laminar."""
    return time.monotonic() - _started


def is_named_worker() -> bool:
    """Return whether the environment names a split that no process has started yet.

    The worker leaves the variables in place, for the layer to read, and its process id (or that of the process that forked it) in
    ``LAMINAR_WORKER_PID``: a program that the layer starts inherits both, and is no worker.
    """
    return "LAMINAR_LAYER_NAME" in os.environ and not os.environ.get(WORKER) and not _worker


def is_worker() -> bool:
    """Return whether this process runs splits of a flow that another one schedules."""
    return _worker
