"""Write runs into a datastore as they would be left there, without running anything."""

from __future__ import annotations

from typing import Any

from laminar.configurations.datastores import DataStore, Record
from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts
from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, LayerShape, Session, save_execution
from laminar.timestamps import from_seconds

__all__ = ["START", "moment", "save_run"]

START = 1_780_000_000
"""When the runs started, in seconds since 1970."""


def moment(seconds: float) -> str:
    """Return a moment after the start of a run, as documents have it."""
    whole = int(seconds)
    return f"{from_seconds(START + whole)}.{round((seconds - whole) * 1000):03}Z"


def save_run(
    store: DataStore,
    *,
    splits: int = 4,
    failing: tuple[int, ...] = (),
    values: dict[str, Any] | None = None,
    message: str = "ValueError: no",
    flow: str = "Train",
    execution: str = "nightly",
    file: str = "/src/train.py",
    workflow: str = "",
) -> None:
    """Write a run of a layer Read, a fan-out Fit over ``splits``, of which some fail twice, and a layer Best.

    With the name of a workflow it is as pods leave it: no session has its end.
    """
    shapes = (LayerShape("Read"), LayerShape("Fit", ("Read",), fan_out=True), LayerShape("Best", ("Fit",)))
    state = "failed" if failing else "finished"
    end = moment(2 + splits / 10)
    action, told = ("pods", "") if workflow else ("run", end)
    session = Session(
        id="s",
        action=action,
        state="running" if workflow else state,
        started=moment(0),
        ended=told,
        user="ann",
        host="laptop",
        failed=("Fit",) if failing else (),
    )
    record = ExecutionRecord(
        flow=flow, execution=execution, program="ab" * 32, file=file, given="train.py", arguments=("--fast",),
        parameters={"rate": "0.1", "source": '"a.csv"'}, layers=shapes, sessions=(session,), workflow=workflow,
    )  # fmt: skip
    save_execution(store, record)
    common: dict[str, Any] = {"flow": flow, "execution": execution, "host": "laptop"}
    artifacts = {name: store.write(value) for name, value in (values or {"rows": [1, 2]}).items()}
    store.save(Record(layer="Read", artifacts=artifacts, started=moment(0), finished=moment(1), **common))
    for index in range(splits):
        if index not in failing:
            times = {"started": moment(1 + index / 10), "finished": moment(1.5 + index / 10)}
            score = store.write(index / 2)
            store.save(Record(layer="Fit", index=index, splits=splits, artifacts={"score": score}, **times, **common))
    attempts = [
        Attempt(
            layer="Fit", index=index, splits=splits, number=attempt, started=moment(1 + index / 10 + attempt / 5), host="laptop",
            ended=moment(1.1 + index / 10 + attempt / 5), message=message, traceback=f"Traceback\n  {message}", where="train.py:9",
            fix="pass rows that are numbers.", again=attempt == 1,
        )
        for index in failing
        for attempt in (1, 2)
    ]  # fmt: skip
    if attempts:
        save_attempts(store, flow, execution, "a", attempts)
    elif splits:
        store.save(Record(layer="Best", artifacts={}, started=moment(1.6 + splits / 10), finished=end, **common))
