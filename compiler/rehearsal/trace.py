"""Hold the nodes of a rehearsal, as Argo would list them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["FINISHED", "Node", "Trace"]

FINISHED = ("Succeeded", "Failed", "Error", "Skipped", "Omitted")
BAD = ("Failed", "Error")


@dataclass
class Node:
    """One node: a DAG, TaskGroup, Retry or Pod, or Skipped where nothing ran; ``phase`` is "" until it has finished.

    ``outputs`` are its output parameters, ``patch`` is the pod's podSpecPatch, workflow's and template's merged. ``log`` is the
    pod's output, or the detail of an error beyond Argo's message. ``seconds`` is how long the pod ran.
    """

    name: str
    type: str
    phase: str = ""
    message: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    patch: Mapping[str, Any] = field(default_factory=dict)
    log: str = ""
    started: bool = False
    seconds: float = 0.0

    @property
    def finished(self) -> bool:
        """Whether it has ended, in any phase."""
        return bool(self.phase)

    @property
    def failed(self) -> bool:
        """Whether it ended in failure."""
        return self.phase in BAD

    def finish(self, phase: str, message: str = "") -> None:
        """Set its phase and message."""
        self.phase, self.message = phase, message

    def __str__(self) -> str:
        return f"{self.phase:<10} {self.type:<10} {self.name}{f'  ({self.message})' if self.message else ''}"


@dataclass(frozen=True)
class Trace:
    """All nodes, sorted by name with numbers by value; the first is the workflow's own."""

    nodes: tuple[Node, ...]
    uid: str

    @property
    def phase(self) -> str:
        """The final phase of the workflow."""
        return self.nodes[0].phase

    @property
    def succeeded(self) -> bool:
        """Whether the workflow succeeded."""
        return self.phase == "Succeeded"

    @property
    def pods(self) -> tuple[Node, ...]:
        """The nodes that are pods, one for each attempt."""
        return tuple(node for node in self.nodes if node.type == "Pod")

    def node(self, name: str) -> Node:
        """Return the node of a name below the workflow's, such as ``first.A(0)``.

        Raises KeyError where there is none.
        """
        whole = f"{self.nodes[0].name}.{name}" if name else self.nodes[0].name
        for node in self.nodes:
            if node.name == whole:
                return node
        raise KeyError(name)

    def __str__(self) -> str:
        head = f"# phase type name (message); the workflow: {self.phase}"
        return "\n".join([head, *map(str, self.nodes)]) + "\n"


def by_name(node: Node) -> tuple[object, ...]:
    """Return the key that sorts nodes by name, numbers by value."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]+)", node.name)))
