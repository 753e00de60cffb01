"""Hold what is true of this process: whether it is a worker, and what the command line asked of a program's run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Session", "current", "is_worker", "running", "start", "work"]


@dataclass
class Session:
    """What the command line asks of the next run of a program.

    ``flow`` selects a chain by the name of its first flow (None: the only one), ``parameters`` replace keywords of that flow,
    ``execution`` is the id to use and ``resume`` whether it is resumed ("latest" names the newest). ``chosen`` is filled in
    when the chain is reached.
    """

    flow: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    execution: str | None = None
    resume: bool = False
    only: bool = False
    chosen: Any = None

    def selects(self, flow: str) -> bool:
        """Say whether a chain that starts with this flow is the one that is meant."""
        return self.flow is None or self.flow == flow


current: Session | None = None
running: set[tuple[str, str]] = set()
_worker = False


def start(session: Session | None) -> None:
    """Let a session apply to the flows that are called from now on."""
    global current
    current = session


def work() -> None:
    """Make this process a worker for good: it runs splits and starts no flows."""
    global _worker
    _worker = True


def is_worker() -> bool:
    """Say whether this process runs splits of a flow that another one schedules."""
    return _worker
