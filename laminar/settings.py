"""Provide the running split to a layer: ``laminar.settings.current``.

>>> current.execution.id is None
True
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

__all__ = ["Current", "CurrentExecution", "CurrentFlow", "CurrentLayer", "current"]


@dataclass(frozen=True)
class CurrentExecution:
    """Execution of the running split; ``retry`` is True if it was resumed."""

    id: str | None = None
    retry: bool = False


@dataclass(frozen=True)
class CurrentFlow:
    """Flow of the running split."""

    name: str | None = None


@dataclass(frozen=True)
class CurrentLayer:
    """Layer, split (from 0), number of splits and attempt (from 1) of the running split."""

    name: str | None = None
    index: int | None = None
    splits: int | None = None
    attempt: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """All facts about the running split."""

    execution: CurrentExecution = field(default_factory=CurrentExecution)
    flow: CurrentFlow = field(default_factory=CurrentFlow)
    layer: CurrentLayer = field(default_factory=CurrentLayer)


_here: ContextVar[Snapshot | None] = ContextVar("laminar_current", default=None)
_process = Snapshot()


class Current:
    """Look up the running split: of this thread, else of this process; everything is None outside of one."""

    @property
    def execution(self) -> CurrentExecution:
        """Execution of the running split."""
        return (_here.get() or _process).execution

    @property
    def flow(self) -> CurrentFlow:
        """Flow of the running split."""
        return (_here.get() or _process).flow

    @property
    def layer(self) -> CurrentLayer:
        """Layer of the running split."""
        return (_here.get() or _process).layer


current = Current()


class running:  # noqa: N801  it is called as a function is, and costs less than a generator
    """Make this the running split; ``everywhere`` for threads that the layer starts too (the process runs nothing else)."""

    __slots__ = ("before", "everywhere", "snapshot", "token")

    def __init__(self, snapshot: Snapshot, *, everywhere: bool) -> None:
        self.snapshot = snapshot
        self.everywhere = everywhere

    def __enter__(self) -> None:
        global _process
        self.before = _process
        self.token = _here.set(self.snapshot)
        if self.everywhere:
            _process = self.snapshot

    def __exit__(self, *raised: object) -> None:
        global _process
        _here.reset(self.token)
        _process = self.before
