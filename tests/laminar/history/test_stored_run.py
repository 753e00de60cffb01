"""A brief run, which reads a bounded number of documents, says the same about the whole execution as one that reads them all."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from laminar.configurations.datastores import DataStore, Local, Memory, Record
from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts
from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, LayerShape, save_execution
from laminar.configurations.datastores.documents.repository import SAMPLED
from laminar.history.session_keeper import new_session
from laminar.history.stored_run import Run
from laminar.timestamps import from_seconds

START = 1_790_000_000

SPLITS = st.sampled_from([1, 2, SAMPLED, SAMPLED + 1, 40])


def at(second: int) -> str:
    return f"{from_seconds(START + second)}.000Z"


def made(splits: int, missing: set[int], failed: set[int], age: int, store: DataStore | None = None) -> tuple[DataStore, str]:
    """Return a store with an execution in pods, a fan-out of which some splits are missing or failed, and the time of reading."""
    store = Memory() if store is None else store
    session = replace(new_session("pods"), started=at(1), host="node", pid=0)
    shapes = (LayerShape("Make"), LayerShape("Use", ("Make",), fan_out=True))
    save_execution(store, ExecutionRecord(flow="F", execution="one", layers=shapes, sessions=(session,), workflow="f-x"))
    store.save(Record(flow="F", execution="one", layer="Make", started=at(0), finished=at(2)))
    for index in range(splits):
        if index not in missing | failed:
            times = {"started": at(3 + index), "finished": at(5 + index)}
            store.save(Record(flow="F", execution="one", layer="Use", index=index, splits=splits, **times))
    attempts = [
        Attempt(layer="Use", index=index, splits=splits, how="failed", started=at(3), ended=at(4), session="f-x-1", again=again)
        for index, again in [*((index, False) for index in failed), *((index, True) for index in missing)]
    ]
    save_attempts(store, "F", "one", "f-x-1", attempts)
    return store, at(splits + age)


@settings(deadline=None)
@given(st.data(), SPLITS, st.sampled_from([10, 10_000]))
def test_a_brief_run_has_the_state_of_the_whole_one(data, splits, age):
    some = st.sets(st.integers(0, splits - 1), max_size=3)
    store, now = made(splits, data.draw(some), data.draw(some), age)
    whole, brief = Run("F", "one", store, now=now), Run("F", "one", store, now=now, brief=True)
    for name in ("state", "reason", "failed_layers", "started", "ended", "seconds", "workflow"):
        assert getattr(brief, name) == getattr(whole, name), name
    counted = [(layer.name, layer.state, layer.splits, layer.finished) for layer in whole.layers]
    assert [(layer.name, layer.state, layer.splits, layer.finished) for layer in brief.layers] == counted


def test_a_brief_run_reads_few_documents_of_a_wide_layer(monkeypatch, tmp_path):
    store, now = made(200, set(), set(), 10, Local(tmp_path))
    read = []
    get_many = type(store).get_many
    monkeypatch.setattr(type(store), "get_many", lambda self, keys: read.extend(keys) or get_many(self, keys))
    assert Run("F", "one", store, now=now, brief=True).state == "finished"
    assert len(read) <= SAMPLED + 5
