"""Put together the attempts of an execution: from documents, and from records of failed and of running attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laminar.timestamps import seconds_since

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.attempt_record import AttemptRecord
    from laminar.configurations.datastores.documents.execution_record import Session
    from laminar.configurations.datastores.documents.record import Record

__all__ = ["BAD", "Attempt", "finished", "of_records", "under_way"]

BAD = ("failed", "killed", "timed out", "out of memory", "lost")
"""How an attempt ends that fails its split. One that was interrupted has not failed: its run was stopped."""


Place = tuple[str, int, int]
"""An attempt: its layer, split and number."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt at a split.

    ``how`` is finished, skipped, failed, killed, interrupted, timed out, out of memory, lost (its machine went without a word) or
    running. Times are ISO 8601, UTC; ``ended`` is "" while it runs. ``message`` is the error as one line, or the hook that denied
    the layer. ``again`` means that the run began another attempt after it, or that Argo may. ``session`` is the id of the session,
    or the name of the pod.
    """

    layer: str
    index: int = 0
    number: int = 1
    how: str = "finished"
    started: str = ""
    ended: str = ""
    host: str = ""
    message: str = ""
    traceback: str = ""
    where: str = ""
    fix: str = ""
    again: bool = False
    session: str = ""

    @property
    def seconds(self) -> float:
        """How long it took, 0 where it has not ended."""
        return seconds_since(self.started, self.ended)

    @property
    def is_bad(self) -> bool:
        """Whether it failed its split."""
        return self.how in BAD


def finished(records: Iterable[Record]) -> list[Attempt]:
    """Return the attempts that left documents."""
    return [
        Attempt(
            layer=record.layer,
            index=record.index,
            number=record.attempt,
            how=record.status,
            started=record.started,
            ended=record.finished,
            host=record.host,
            message=record.caught or record.reason,
            traceback=record.caught_traceback or "",
        )
        for record in records
    ]


def of_records(records: Iterable[AttemptRecord]) -> list[Attempt]:
    """Return the attempts that left records."""
    return [of_record(record, how=record.how) for record in records]


def of_record(record: AttemptRecord, *, how: str) -> Attempt:
    """Return the attempt of a record, or of a lease."""
    return Attempt(
        layer=record.layer,
        index=record.index,
        number=record.attempt,
        how=how,
        started=record.started,
        ended=record.ended,
        host=record.host,
        message=record.message,
        traceback=record.traceback,
        where=record.where,
        fix=record.fix,
        again=record.again,
        session=record.session,
    )


def under_way(
    session: Session | None, state: str, leases: Iterable[AttemptRecord], ended: Mapping[Place, str], now: str
) -> list[Attempt]:
    """Return the attempts that run, and those that ran when their process or machine went without a word.

    ``ended`` maps an attempt (layer, split, number) to the latest start of those that are known to have ended.
    """
    found = []
    if session is not None:
        how = "running" if state == "running" else "lost"
        message = "" if how == "running" else "its run ended without a word"
        for layer, index, number, started in session.running:
            if ended.get((layer, index, number), "") < started:
                found.append(
                    Attempt(
                        layer=layer,
                        index=index,
                        number=number,
                        how=how,
                        started=started,
                        host=session.host,
                        message=message,
                        session=session.id,
                    )
                )
    for lease in leases:
        if ended.get((lease.layer, lease.index, lease.attempt), "") < lease.started:
            found.append(of_record(lease, how="running" if lease.until >= now else "lost"))
    return found
