"""Summarise the end of a run: the number of layers by state, and the commands that show details."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from laminar.graph import PARAMETERS
from laminar.history import identifier
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.components.execution import Execution

__all__ = ["Tally", "next_commands"]


@dataclass
class Tally:
    """How the layers of one run of an execution ended so far.

    ``before`` are those that had ended when it began, ``begun`` those that it started.
    """

    layers: tuple[str, ...] = ()
    before: Mapping[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    reused: set[str] = field(default_factory=set)
    began: float = field(default_factory=lambda: time.monotonic())
    begun: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, execution: Execution, before: Mapping[str, str]) -> Tally:
        """Return the count of a run that begins."""
        names = tuple(name for name in execution.flow.nodes if name != PARAMETERS)
        return cls(names, {name: how for name, how in before.items() if name != PARAMETERS})

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of layers by how they ended, without those that are 0."""
        ways = [self._way(name) for name in self.layers]
        found = {how: ways.count(how) for how in ("finished", "finished before", "skipped", "failed", "interrupted", "not run")}
        found = {
            "finished": found["finished"] - len(self.reused),
            "reused": len(self.reused),
            **{k: v for k, v in found.items() if k != "finished"},
        }
        return {how: count for how, count in found.items() if count}

    def _way(self, name: str) -> str:
        if name in self.ended:
            return self.ended[name]
        return "finished before" if name in self.before else "interrupted" if name in self.begun else "not run"

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    def text(self, flow: str) -> str:
        """Return the end of a run in one line.

        >>> Tally(("A", "B", "C"), ended={"A": "finished", "B": "failed"}, began=time.monotonic() - 65).text("Train")
        'Train: failed after 1 min 5 s: 1 layer finished, 1 failed, 1 not run'
        """
        counts = self.counts
        state = "failed" if "failed" in counts else "stopped" if counts.keys() & {"interrupted", "not run"} else "finished"
        words = [f"{count} {how}" for how, count in counts.items()]
        if words:
            number, _, how = words[0].partition(" ")
            words[0] = f"{number} layer{'' if number == '1' else 's'} {how}"
        preposition = "in" if state == "finished" else "after"
        return f"{flow}: {state} {preposition} {duration(self.seconds)}: {', '.join(words)}"


def next_commands(execution: Execution, *, failed: bool) -> tuple[str, ...]:
    """Return the commands that show a run and the output of its failed attempts; none where its data ends with this process."""
    import shlex

    from laminar.local import resume_command

    program = resume_command.program_words(execution)
    if execution.id is None or not program:
        return ()
    words = [*program, identifier.short(execution.id)]
    report = shlex.join(["laminar", "report", *words])
    return (report, shlex.join(["laminar", "logs", *words, "--failed"])) if failed else (report,)
