"""Put together the attempts of an execution: from documents, and from records of failed and of running attempts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from laminar.configurations.datastores.documents.attempt_record import Attempt

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.execution_record import Session
    from laminar.configurations.datastores.documents.record import Record

__all__ = ["Attempt", "finished", "under_way"]

Place = tuple[str, int, int]
"""An attempt: its layer, split and number."""


def finished(records: Iterable[Record]) -> list[Attempt]:
    """Return the attempts with documents."""
    return [
        Attempt(
            layer=record.layer,
            index=record.index,
            splits=record.splits,
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


def under_way(
    session: Session | None, state: str, leases: Iterable[Attempt], ended: Mapping[Place, str], now: str
) -> list[Attempt]:
    """Return the attempts that run, and those that ran when their process or machine stopped without a report.

    ``ended`` maps an attempt (layer, split, number) to the latest start of those that are known to have ended.
    """
    found = []
    if session is not None:
        how = "running" if state == "running" else "lost"
        message = "" if how == "running" else "its run ended without a report"
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
        if ended.get((lease.layer, lease.index, lease.number), "") < lease.started:
            found.append(replace(lease, how="running" if lease.until >= now else "lost"))
    return found
