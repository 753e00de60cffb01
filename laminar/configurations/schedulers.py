"""Decide what may run next: `Progress` is pure, a scheduler drives it; `Argo` holds what a cluster is told instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from laminar.graph import Node

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["Argo", "Progress", "Scheduler"]


@dataclass
class Progress:
    """Follow a flow's layers from waiting to an end: ``finished``, ``skipped`` or ``failed``.

    ``edges`` say what each layer to run waits for, ``nodes`` what it reads (whose skips it shares), ``ended`` what had
    ended before. A layer below a failure never gets ready.

    >>> progress = Progress({"A": Node("A"), "B": Node("B", ("A",))}, {"A": (), "B": ("A",)})
    >>> progress.ready()
    ['A']
    >>> progress.end("A", "finished")
    >>> progress.ready()
    ['B']
    """

    nodes: Mapping[str, Node]
    edges: Mapping[str, Iterable[str]]
    ended: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._needs = {name: set(needs) - set(self.ended) for name, needs in self.edges.items()}
        self._below: dict[str, list[str]] = {}
        for name, needs in self._needs.items():
            for need in needs:
                self._below.setdefault(need, []).append(name)
        self._ready = [name for name in self.edges if not self._needs[name]]

    def ready(self) -> list[str]:
        """Return the layers that may start now, each once, in graph order."""
        started, self._ready = self._ready, []
        return started

    def end(self, name: str, how: str) -> None:
        """Note how a layer ended."""
        self.ended[name] = how
        if how == "failed":
            return
        for below in self._below.get(name, ()):
            self._needs[below].discard(name)
            if not self._needs[below]:
                self._ready.append(below)

    def is_skipped(self, name: str) -> bool:
        """Say whether a layer that is ready is skipped because what it reads was: only without an entry hook of its own."""
        node = self.nodes[name]
        return not node.entry and any(self.ended.get(need) == "skipped" for need in node.needs)


class Scheduler:
    """Run a flow's layers on this machine, as its executor can."""

    def run(self, execution: Execution, dependencies: Mapping[str, Iterable[str]], *, anew: bool = False) -> None:
        """Run these layers behind what they depend on; ``anew`` also those that had finished.

        Raises ExecutionError, when everything that could run has run, for the first layer that failed.
        """
        from laminar.local import scheduler

        scheduler.drive(execution, dependencies, anew=anew)


@dataclass(frozen=True)
class _Schedule:
    """What a CronWorkflow is told."""

    schedules: tuple[str, ...] = ()
    timezone: str | None = None
    concurrency_policy: str | None = None
    suspend: bool = False
    starting_deadline: int | None = None
    successful_history: int | None = None
    failed_history: int | None = None


class Argo(Scheduler):
    """Say how Argo schedules the flow: cron ``schedule`` (one or several), timezone, concurrency policy and history limits.

    ``starting_deadline`` is seconds. These are settings that compiling reads; on this machine the flow runs as without them.
    """

    def __init__(
        self,
        schedule: str | Sequence[str] | None = None,
        *,
        timezone: str | None = None,
        concurrency_policy: str | None = None,
        suspend: bool = False,
        starting_deadline: int | None = None,
        successful_history: int | None = None,
        failed_history: int | None = None,
    ) -> None:
        """Make the settings of a flow's CronWorkflow."""
        schedules = (schedule,) if isinstance(schedule, str) else tuple(schedule or ())
        self.settings = _Schedule(
            schedules, timezone, concurrency_policy, suspend, starting_deadline, successful_history, failed_history
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "settings":
            raise AttributeError(name)
        return getattr(self.settings, name)
