"""Put together the tables of ``laminar results``: the layers of an execution, and the splits of a fan-out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from laminar.exceptions import DatastoreError
from laminar.graph import PARAMETERS
from laminar.history.stored_run import Run
from laminar.quantities import duration
from laminar.timestamps import seconds_since

if TYPE_CHECKING:
    from laminar.cli.stored_execution import StoredExecution
    from laminar.configurations.datastores import Record
    from laminar.history.attempts import Attempt

__all__ = ["LAYERS", "failure", "gaps", "layers", "preview", "splits", "values"]

LAYERS = ("layer", "state", "splits", "attempt", "took", "artifacts")
PREVIEW = 60
SHORT = 30
"""Letters of a value in the table of a fan-out, where several are in one line."""

SHOWN = 1000
"""Splits that the table of a fan-out shows."""


def preview(value: Any, length: int = PREVIEW) -> str:
    """Return the beginning of a value, on one line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= length else text[: length - 3] + "..."


def layers(execution: StoredExecution) -> list[tuple[str, ...]]:
    """Return a row for each layer; a failed one has its first error."""
    failed = _failures(execution)
    rows: list[tuple[str, ...]] = []
    for name, status in execution.statuses().items():
        record = execution.record(name)
        error = next((one for (layer, _), one in failed.items() if layer == name), None)
        state = f"{error.how} ({error.message})" if error is not None and status == "unfinished" else status
        if record is not None and record.caught:
            state += f" (caught {record.caught})"
        if record is not None and record.reused and not execution.is_fan_out(name):
            state += " (reused)"
        attempt = str(record.attempt) if record is not None else str(error.number) if error is not None else "-"
        took = duration(seconds_since(record.started, record.finished)) if record is not None and name != PARAMETERS else "-"
        rows.append((name, state, execution.splits(name, status), attempt, took, ", ".join(execution.names(name)) or "-"))
    return rows


def splits(execution: StoredExecution, layer: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the columns and rows of a fan-out: a row for each split, with the values of its artifacts."""
    records, failed, names = execution.records(layer), _failures(execution), execution.names(layer)
    rows: list[tuple[str, ...]] = []
    for index in _indexes(records, failed, layer)[:SHOWN]:
        state, attempt, took = _ended(records.get(index), failed.get((layer, index)))
        rows.append((str(index), state, attempt, took, *(_cell(execution, records.get(index), name) for name in names)))
    more = len(_indexes(records, failed, layer)) - SHOWN
    if more > 0:
        rows.append((f"and {more} more", "-", "-", "-", *("-" for _ in names)))
    return ("split", "state", "attempt", "took", *names), rows


def _indexes(records: dict[int, Record], failed: dict[tuple[str, int], Attempt], layer: str) -> list[int]:
    """Return the splits of a layer: all of them, where their number is known."""
    known = {*records, *(index for name, index in failed if name == layer)}
    count = next((record.splits for record in records.values()), None)
    return list(range(count)) if count is not None else sorted(known)


def _ended(record: Record | None, failed: Attempt | None) -> tuple[str, str, str]:
    """Return how a split ended, at which attempt, and how long that took."""
    if record is None and failed is None:
        return "unfinished", "-", "-"
    if record is None:
        assert failed is not None
        return f"{failed.how} ({failed.message})", str(failed.number), duration(failed.seconds)
    state = "caught " + record.caught if record.caught else "reused" if record.reused else record.status
    return state, str(record.attempt), duration(seconds_since(record.started, record.finished))


def _cell(execution: StoredExecution, record: Record | None, name: str) -> str:
    if record is None or name not in record.artifacts:
        return "-"
    try:
        return preview(execution.read(record.artifacts[name]), SHORT)
    except DatastoreError:
        return "damaged"


def _failures(execution: StoredExecution) -> dict[tuple[str, int], Attempt]:
    """Return the last attempt of each split that failed and has not finished, by layer and split."""
    try:
        run = Run(execution.flow.name, execution.id, execution.flow.store)
        return {(one.layer, one.index): one for one in run.failures}
    except DatastoreError:  # its history is damaged: the documents show which splits finished
        return {}


def failure(execution: StoredExecution, layer: str, index: int | None) -> Attempt | None:
    """Return the last attempt of a split that failed, of any split without an index, None where none did."""
    return next((one for (name, number), one in _failures(execution).items() if name == layer and index in (None, number)), None)


def gaps(execution: StoredExecution, layer: str) -> list[str]:
    """Return a note where splits of a fan-out have not finished, so that their values are missing among those of the others."""
    records = execution.records(layer)
    failed = _failures(execution)
    missing = [index for index in _indexes(records, failed, layer) if index not in records]
    if not missing:
        return []
    first = failed.get((layer, missing[0]))
    which = f"split {missing[0]}" + (f" and {len(missing) - 1} more" if len(missing) > 1 else "")
    return [f"note: without {which}: {'unfinished' if first is None else _ended(None, first)[0]}"]


def values(execution: StoredExecution, layer: str, index: int | None) -> Any:
    """Return all values of a layer: a mapping of one split, a list of them, with their states, of a fan-out."""
    read = partial(_read, execution)
    if not execution.is_fan_out(layer) or index is not None:
        return {name: read(artifact) for name, artifact in execution.artifacts(layer, index).items()}
    records, failed = execution.records(layer), _failures(execution)
    found = []
    for number in _indexes(records, failed, layer):
        record = records.get(number)
        state, _, _ = _ended(record, failed.get((layer, number)))
        artifacts = record.artifacts if record is not None else {}
        found.append({"split": number, "state": state, **{name: read(artifacts[name]) for name in sorted(artifacts)}})
    return found


def _read(execution: StoredExecution, artifact: Any) -> Any:
    value = execution.read(artifact)
    return list(value) if artifact.sharded else value
