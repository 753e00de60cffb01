"""Sum up a layer of an execution: its state, its splits, and its times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.repository import is_complete
from laminar.graph import Node
from laminar.history.attempts import Attempt
from laminar.skip_rules import is_skipped
from laminar.timestamps import seconds_since

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.execution_record import LayerShape
    from laminar.configurations.datastores.documents.record import Record

__all__ = ["NOT_RUN", "WAITING", "LayerRun", "layer_runs"]

WAITING, NOT_RUN = "waiting", "not run"
"""States of a layer without records: in a run that has not ended, and in one that has."""


@dataclass(frozen=True, kw_only=True)
class LayerRun:
    """A layer of an execution.

    ``state`` is finished, skipped, failed, running, interrupted, waiting, or not run. ``splits`` is how many it has, None where
    that is not known yet. ``finished`` and ``reused`` count those with a document, and those whose document was reused from
    another execution. ``attempts`` are those of all splits, in the order in which they started.
    """

    name: str
    needs: tuple[str, ...] = ()
    fan_out: bool = False
    state: str = WAITING
    splits: int | None = None
    finished: int = 0
    reused: int = 0
    attempts: tuple[Attempt, ...] = ()

    @property
    def started(self) -> str:
        """When its first attempt started, "" where none did."""
        return min((one.started for one in self.attempts if one.started), default="")

    @property
    def ended(self) -> str:
        """When its last attempt ended, "" while one runs and where none started."""
        if any(one.how == "running" for one in self.attempts):
            return ""
        return max((one.ended for one in self.attempts), default="")

    @property
    def wall(self) -> float:
        """Seconds from its first start to its last end, pauses between attempts and sessions included."""
        return seconds_since(self.started, self.ended)

    @property
    def work(self) -> float:
        """Seconds of all its attempts added up."""
        return round(sum(one.seconds for one in self.attempts), 3)

    @property
    def seconds(self) -> tuple[float, float, float] | None:
        """Shortest, median and longest time of the attempts that finished, None where none did."""
        times = sorted(one.seconds for one in self.attempts if one.how == "finished")
        if not times:
            return None
        middle = (times[(len(times) - 1) // 2] + times[len(times) // 2]) / 2  # statistics.median imports decimal and fractions
        return times[0], round(middle, 4), times[-1]

    @property
    def failures(self) -> tuple[Attempt, ...]:
        """Last attempt of each split that failed and has not finished since."""
        last: dict[int, Attempt] = {}
        for one in self.attempts:
            last[one.index] = one
        done = {one.index for one in self.attempts if one.how in ("finished", "skipped")}
        return tuple(last[index] for index in sorted(last) if index not in done and last[index].is_bad)

    @property
    def retried(self) -> int:
        """Number of attempts beyond the first of each split."""
        return len(self.attempts) - len({one.index for one in self.attempts})


def layer_runs(
    shapes: Sequence[LayerShape], records: Mapping[str, Mapping[int, Record]], attempts: Mapping[str, Sequence[Attempt]]
) -> tuple[LayerRun, ...]:
    """Return the layers of an execution, in their order; one without a description is known from its records."""
    states: dict[str, str] = {}
    found = []
    for shape in shapes:
        ended, made = records.get(shape.name, {}), attempts.get(shape.name, ())
        states[shape.name] = state(shape, ended, made, states)
        splits = next((record.splits for record in ended.values()), None)
        found.append(
            LayerRun(
                name=shape.name,
                needs=shape.needs,
                fan_out=shape.fan_out or splits not in (None, 1),
                state=states[shape.name],
                splits=splits if splits is not None else (None if shape.fan_out else 1),
                finished=sum(record.status == "finished" and record.splits > 0 for record in ended.values()),
                reused=sum(bool(getattr(record, "reused", "")) for record in ended.values()),
                attempts=tuple(sorted(made, key=lambda one: (one.started, one.number))),
            )
        )
    return tuple(found)


def state(shape: LayerShape, ended: Mapping[int, Record], attempts: Sequence[Attempt], states: Mapping[str, str]) -> str:
    """Return the state of a layer; ``states`` holds those of the layers above it."""
    if any(record.status == "skipped" for record in ended.values()):
        return "skipped"
    if is_complete(ended):
        return "finished"
    ways = {one.how for one in attempts if one.index not in ended and not one.again}
    if "running" in ways:
        return "running"
    if ways - {"interrupted", "lost", "finished", "skipped"}:
        return "failed"
    if not ended and not attempts and is_skipped(Node(shape.name, shape.needs, entry=shape.entry), states):
        return "skipped"
    return "interrupted" if attempts else WAITING
