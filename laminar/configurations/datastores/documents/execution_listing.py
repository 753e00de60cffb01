"""List a flow's executions in the order in which they were started."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.documents import repository
from laminar.configurations.datastores.documents.record import Record
from laminar.exceptions import DatastoreError
from laminar.graph import PARAMETERS
from laminar.ksuid import seconds_of
from laminar.timestamps import from_seconds

__all__ = ["executions"]

DAY = 86_400


def executions(storage: ByteStorage, flow: str) -> tuple[str, ...]:
    """Return the ids of a flow's executions, oldest first.

    A KSUID holds the second in which it was made. Where that is not enough, and for an id of the user's own, the document of the
    Parameters holds the time. A damaged document has no time: the other executions are listed nevertheless.
    """
    ids = repository.folders(storage, key_layout.executions_folder(flow))
    seconds = {execution: made_at(execution) for execution in ids}
    unclear = ambiguous(seconds)
    started = first_times(storage, flow, [execution for execution in ids if execution in unclear])
    for execution, first in started.items():
        seconds[execution] = seconds[execution] or first[:19]
    clashing = ambiguous(seconds) - unclear  # a user's own id in the same second as a KSUID that was alone in it
    started.update(first_times(storage, flow, sorted(clashing)))
    return tuple(sorted(ids, key=lambda execution: (seconds[execution], started.get(execution, ""), execution)))


def ambiguous(seconds: dict[str, str]) -> set[str]:
    """Return the ids whose second is unknown, or shared with another id."""
    times = list(seconds.values())
    alone = {time for time in times if time} - repeated(times)
    return {execution for execution, time in seconds.items() if time not in alone}


def repeated(values: Iterable[str]) -> set[str]:
    """Return the values that occur more than once."""
    seen: set[str] = set()
    return {value for value in values if value in seen or seen.add(value)}  # type: ignore[func-returns-value]


def made_at(execution: str) -> str:
    """Return the second in which a KSUID was made, "" for any other id and for one whose second is in the future.

    >>> made_at("0ujtsYcgvSTl8PAuAdqWYSMnLOv"), made_at("nightly")
    ('2017-10-10T04:00:47', '')
    """
    seconds = seconds_of(execution.partition("-")[0])  # the k-th occurrence of a flow in a chain has the id <id>-<k>
    return "" if seconds is None or seconds >= time.time() + DAY else from_seconds(seconds)


def first_times(storage: ByteStorage, flow: str, ids: Sequence[str]) -> dict[str, str]:
    """Return when the first split of each execution started, "" where no document has the time."""
    keys = [key_layout.document_key(flow, execution, PARAMETERS, 0) for execution in ids]
    times = {}
    for execution, key, data in zip(ids, keys, storage.get_many(keys), strict=True):
        started = None if data is None else started_in(bytes(data), key)
        times[execution] = first_time(storage, flow, execution) if started is None else started
    return times


def first_time(storage: ByteStorage, flow: str, execution: str) -> str:
    """Return when the first split of an execution whose Parameters have no time started, "" where no document has the time."""
    layers = repository.folders(storage, key_layout.execution_folder(flow, execution))
    keys = [key_layout.document_key(flow, execution, layer, 0) for layer in layers if layer != PARAMETERS]
    found = zip(keys, storage.get_many(keys), strict=True)
    times = (started_in(bytes(data), key) for key, data in found if data is not None)
    return min((started for started in times if started), default="")


def started_in(data: bytes, key: str) -> str | None:
    """Return when the split of a document started, None where the document is damaged."""
    try:
        return Record.from_json(data, key=key).started
    except DatastoreError:
        return None
