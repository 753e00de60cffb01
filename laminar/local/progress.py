"""Follow an execution's layers from waiting to an end; pure, without any input or output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from laminar.graph import Node
from laminar.skip_rules import is_skipped

__all__ = ["Progress"]


@dataclass
class Progress:
    """Follow a flow's layers from waiting to an end: ``finished``, ``skipped`` or ``failed``.

    ``edges`` are the layers that each layer to run waits for, ``nodes`` those that it reads. ``ended`` are those that had
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
        """Return whether a layer that is ready is skipped because a dependency was: only without its own entry hook."""
        return is_skipped(self.nodes[name], self.ended)
