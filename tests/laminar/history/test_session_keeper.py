"""The record of a session is written at its start, at each renewal and at its end, and never breaks the run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from laminar.configurations.datastores import Local
from laminar.configurations.datastores.documents.attempt_record import Attempt, load_attempts
from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, load_execution
from laminar.configurations.datastores.documents.log_pieces import load_pieces
from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.datastores.storage.retrying_filesystem import retry
from laminar.exceptions import DatastoreError
from laminar.history import session_keeper
from laminar.history.log_keeper import LogKeeper
from laminar.history.masking import Masker
from laminar.history.session_keeper import SessionKeeper, new_session
from laminar.history.stored_run import Run
from laminar.local.session import LocalSession
from laminar.timestamps import now


@pytest.fixture
def store(tmp_path):
    return Local(tmp_path)


def keeper_of(store: Local, **options: object) -> SessionKeeper:
    return SessionKeeper(store, ExecutionRecord(flow="F", execution="e"), new_session("run"), **options)  # type: ignore[arg-type]


def written(store: Local) -> ExecutionRecord:
    record = load_execution(store, "F", "e")
    assert record is not None
    return record


def test_a_renewal_moves_the_lease_and_names_what_runs(store, monkeypatch):
    monkeypatch.setattr(session_keeper, "RENEWALS", (0.0,))
    keeper = keeper_of(store)
    keeper.open(known=False)
    before = written(store).sessions[0]
    keeper.tick(lambda: [("A", 3, 1, before.started)])
    after = written(store).sessions[0]
    assert after.lease >= before.lease
    assert after.running == (("A", 3, 1, before.started),)
    assert keeper.patience() == 0.0


def test_what_ran_on_a_machine_that_is_gone_is_lost(store, monkeypatch):
    monkeypatch.setattr(session_keeper, "RENEWALS", (0.0,))
    keeper = keeper_of(store)
    keeper.open(known=False)
    keeper.tick(lambda: [("A", 3, 1, keeper.session.started)])
    text = store.get("F/executions/e/execution.json")
    assert Run("F", "e", store).state == "running"
    monkeypatch.setattr("laminar.history.process_identity.boot", lambda: "the next one")
    assert bytes(text) == bytes(store.get("F/executions/e/execution.json"))
    later = Run("F", "e", store, now=now(after=91))
    assert Run("F", "e", store).state == "running"
    assert later.state == "interrupted"
    assert later.reason.startswith("no sign of life from ")
    assert [(one.layer, one.index, one.how) for one in later.attempts] == [("A", 3, "lost")]


def test_attempts_are_written_together(store):
    keeper = keeper_of(store)
    keeper.open(known=False)
    for index in range(5):
        keeper.add(Attempt(layer="A", index=index, message="no\udcff", started=f"2026-01-01T00:00:0{index}.000Z"))
        keeper.tick(list)
    keeper.close("failed", failed=["A", "A", "B"])
    assert [one.index for one in load_attempts(store, "F", "e")] == [0, 1, 2, 3, 4]
    assert len(list(store.names("F/executions/e/.history/attempts"))) <= 2
    assert {one.session for one in load_attempts(store, "F", "e")} == {keeper.session.id}
    assert written(store).sessions[0].failed == ("A", "B")


def test_a_datastore_that_is_away_is_reported_once_and_written_when_it_is_back(store, monkeypatch):
    said: list[str] = []
    keeper = keeper_of(store, report=said.append)
    keeper.open(known=False)

    def away(*_: object) -> None:
        raise DatastoreError("The store is away.")

    with monkeypatch.context() as patched:
        patched.setattr(Local, "put", away)
        keeper.add(Attempt(layer="A"))
        keeper.flush()
        keeper.flush()
    assert said == ["the history of this run cannot be written: The store is away."]
    keeper.close("failed", failed=["A"])
    assert [one.layer for one in load_attempts(store, "F", "e")] == ["A"]
    assert written(store).sessions[0].state == "failed"


class Network(Local):
    """A store whose requests are retried, as those over a network are; none succeeds while it is away."""

    away = True

    def request(self) -> None:
        def one() -> None:
            if self.away:
                raise TimeoutError

        try:
            retry(one, "s3://bucket")
        except TimeoutError as error:
            found = DatastoreError("The store is away.")
            found.transient = True
            raise found from error

    def put(self, key, chunks):
        self.request()
        super().put(key, chunks)

    def get(self, key, start=0, stop=None):
        self.request()
        return super().get(key, start, stop)


@pytest.fixture
def network(tmp_path, monkeypatch):
    """Return a store, and the pauses between its requests, which alone advance the clock."""
    pauses: list[float] = []
    monkeypatch.setattr(retrying_filesystem.time, "monotonic", lambda: sum(pauses))
    monkeypatch.setattr(retrying_filesystem.time, "sleep", pauses.append)
    monkeypatch.setattr(retrying_filesystem, "_away", {})
    return Network(tmp_path), pauses


def test_an_outage_stops_the_scheduler_for_seconds_and_is_reported_once(network):
    store, pauses = network
    said: list[str] = []
    session = LocalSession.__new__(LocalSession)
    session.keeper = keeper_of(store, report=said.append)
    session.report = SimpleNamespace(note=said.append)  # type: ignore[assignment]
    session.logs = LogKeeper(store, "F", "e", "run", Masker({}))
    session.under_way, session.reused = {}, {}
    session.keeper.open(known=True)
    for number in range(20):
        pauses.append(1.0)  # the scheduler's own work
        session.keeper.add(Attempt(layer="A", index=number))
        buffer = session.logs.begin("A", number, 1)
        buffer.add("stdout", b"line\n")
        session.logs.end(buffer)
        session.tick()
    session.close(None, ["A"])
    assert sum(pauses) - 20 < retrying_filesystem.HURRIED
    assert said == ["the history of this run cannot be written: The store is away."]
    store.away = False
    session.close(None, ["A"])
    assert len(load_attempts(store, "F", "e")) == 20
    assert len(list(load_pieces(store, "F", "e", "A"))) == 20
    assert written(store).sessions[0].state == "failed"


def test_earlier_sessions_that_cannot_be_read_at_the_start_are_kept(network):
    store, _ = network
    store.away = False
    first = keeper_of(store)
    first.open(known=False)
    first.close("failed", failed=["A"])
    store.away = True
    second = keeper_of(store)
    second.open(known=True)
    store.away = False
    second.close("finished")
    assert [one.id for one in written(store).sessions] == [first.session.id, second.session.id]


def test_a_damaged_record_of_attempts_hides_no_other(store):
    keeper = keeper_of(store)
    keeper.add(Attempt(layer="A"))
    keeper.flush()
    store.put("F/executions/e/.history/attempts/0.json", (b"{",))
    assert [one.layer for one in load_attempts(store, "F", "e")] == ["A"]
