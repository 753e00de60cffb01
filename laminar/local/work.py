"""Describe what a run on this machine has under way: layers, attempts at their splits, and the groups that processes make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from laminar.worker.split import SplitFailed

__all__ = ["Attempt", "Group", "Work"]


@dataclass
class Work:
    """A layer under way: the splits still to start, how many have not ended, and the failures."""

    layer: str
    splits: int
    waiting: Iterator[int]
    left: int
    parallelism: int | None = None
    batch: int = 1
    running: int = 0
    failures: list[SplitFailed] = field(default_factory=list)


@dataclass
class Attempt:
    """One attempt at a split, and how many that came before it don't count."""

    work: Work
    index: int
    attempt: int = 1
    kills: int = 0
    gate: bool = False
    started: str = ""


@dataclass
class Group:
    """Attempts that one process makes one after the other: several in a batch, else one."""

    attempts: list[Attempt]
    left: int = 0
