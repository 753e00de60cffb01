"""Garbage collection: old and unused data is removed, data that may be needed is kept, also while flows run."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from laminar.configurations.datastores import Artifact, DataStore, Local, Memory, Record, open_like
from laminar.configurations.datastores.documents import garbage_collection
from laminar.configurations.datastores.documents.garbage_collection import DAY, Cleared, Plan
from laminar.configurations.datastores.key_layout import document_key
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid

MONTH = 30 * DAY


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> DataStore:
    if request.param == "local":
        return Local(str(tmp_path / "store"))
    if request.param == "memory":
        return Memory()
    connected: DataStore = request.getfixturevalue("bucket_store")
    return open_like(connected, f"{connected.url}/{ksuid()}")


def leave(store: DataStore, execution: str, *values: bytes, flow: str = "F") -> list[Artifact]:
    """Store the document and values of a split."""
    artifacts = {f"x{number}": store.write(value * 9000) for number, value in enumerate(values)}
    store.save(Record(flow=flow, execution=execution, layer="L", artifacts=artifacts))
    return list(artifacts.values())


def plan(store: DataStore, *, days: float = 0, older: float = MONTH, grace: float = DAY, flow: str | None = None) -> Plan:
    """Plan as it would be done in some days."""
    return garbage_collection.plan(
        garbage_collection.survey(store), older=older, grace=grace, flow=flow, now=time.time() + days * DAY
    )


def clear(store: DataStore, **times: float) -> Cleared:
    return garbage_collection.clear(store, plan(store, **times))


def stored(store: DataStore) -> set[str]:
    return set(store.names("artifacts"))


def test_nothing_that_is_new_is_removed(store):
    leave(store, "e", b"1")
    store.write(b"2" * 9000)
    assert clear(store) == Cleared(0, 0, 0)
    assert len(stored(store)) == 2
    assert store.executions("F") == ("e",)


def test_an_artifact_that_nothing_refers_to_is_removed_when_grace_has_passed(store):
    (kept,) = leave(store, "e", b"1")
    idle = store.write(b"2" * 9000)
    assert clear(store, days=2, older=MONTH) == Cleared(0, 1, idle.size)
    assert stored(store) == {kept.address}
    assert store.read(kept) == b"1" * 9000


def test_segments_of_shards_are_seen_as_needed(store):
    artifact = store.shard(bytes([number % 256]) * 5000 for number in range(500))
    store.save(Record(flow="F", execution="e", layer="L", artifacts={"rows": artifact}))
    assert clear(store, days=2).artifacts == 0
    assert len(store.read(artifact)) == len(list(store.read(artifact))) == 500


def test_an_old_execution_goes_with_all_it_left_and_its_artifacts_a_grace_later(store):
    leave(store, "old", b"1")
    store.record_failure("F", "old", "Broken", 0, 1, "no")
    assert clear(store, days=31).executions == 1
    assert store.executions("F") == ()
    assert store.layers("F", "old") == ()
    assert len(stored(store)) == 1, "somebody may hold a reference to it"
    assert clear(store, days=31).artifacts == 0
    assert clear(store, days=33).artifacts == 1
    assert stored(store) == set()
    assert list(store.names("removed")) == []


def test_a_reference_written_while_its_execution_is_removed_still_reads(store):
    rows = store.shard(b"1" * 9000 for _ in range(3))
    store.save(Record(flow="F", execution="old", layer="L", artifacts={"rows": rows}))
    held = store.read(rows)
    assert clear(store, days=31).executions == 1
    record = Record(flow="G", execution="new", layer="L", artifacts={"rows": store.write(held)})
    store.save(record)
    assert clear(store, days=33, older=3 * MONTH).artifacts == 0
    assert store.read(record.artifacts["rows"]) == [b"1" * 9000] * 3


def test_without_grace_everything_goes_at_once(store):
    leave(store, "old", b"1")
    done = clear(store, days=31, grace=0)
    assert (done.executions, done.artifacts) == (1, 1)
    assert stored(store) == set()


def test_an_artifact_that_a_younger_execution_shares_stays(store):
    (shared, _) = leave(store, "old", b"1", b"2")
    survey = garbage_collection.survey(store)
    leave(store, "young", b"1")
    old = next(usage for usage in survey.executions if usage.execution == "old")
    young = next(usage for usage in garbage_collection.survey(store).executions if usage.execution == "young")
    both = garbage_collection.Survey(
        (old, garbage_collection.Usage("F", "young", 1, 1, time.time() + 40 * DAY, young.addresses)), survey.artifacts
    )
    made = garbage_collection.plan(both, older=MONTH, grace=0, now=time.time() + 40 * DAY)
    garbage_collection.clear(store, made)
    assert stored(store) == {shared.address}
    assert store.executions("F") == ("young",)


def test_only_the_flow_that_is_named_loses_executions(store):
    leave(store, "e", b"1", flow="F")
    leave(store, "e", b"2", flow="G")
    found = plan(store, days=31, flow="G")
    assert [(usage.flow, usage.execution) for usage in found.executions] == [("G", "e")]
    garbage_collection.clear(store, found)
    assert (store.executions("F"), store.executions("G")) == (("e",), ())


def test_a_damaged_document_of_an_execution_that_stays_stops_all_removal(store):
    leave(store, "e", b"1")
    store.put(document_key("F", "e", "L", 1), [b"{}"])
    with pytest.raises(DatastoreError, match=r"Nothing is removed, .* execution 'e' of flow 'F' .*F/executions/e/L/1.json"):
        plan(store, days=2)
    assert len(plan(store, days=31).executions) == 1


def test_what_is_no_part_of_laminars_layout_is_left_alone(store):
    for key in ("README", "artifacts/notes.txt", "code/abc.tar", "F/other/x"):
        store.put(key, [b"mine"])
    leave(store, "e", b"1")
    clear(store, days=31, grace=0)
    assert all(store.exists(key) for key in ("README", "artifacts/notes.txt", "code/abc.tar", "F/other/x"))


def test_an_execution_that_is_resumed_after_the_plan_was_made_stays(tmp_path):
    store = Local(str(tmp_path / "store"))
    leave(store, "old", b"1")
    age(tmp_path, 31 * DAY)
    made = plan(store)
    assert len(made.executions) == 1
    leave(store, "old", b"2")
    assert garbage_collection.clear(store, made).executions == 0
    assert store.load("F", "old", "L", 0) is not None


def test_an_artifact_that_a_writer_finds_present_after_the_plan_was_made_stays(tmp_path):
    store = Local(str(tmp_path / "store"))
    idle = store.write(b"1" * 9000)
    age(tmp_path, 2 * DAY)
    made = plan(store)
    assert made.artifacts == (idle.address,)
    store.write(b"1" * 9000)
    assert garbage_collection.clear(store, made).artifacts == 0
    assert store.read(idle) == b"1" * 9000


def age(folder: Path, seconds: float) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - seconds,) * 2)


def test_writers_beside_many_removals_lose_nothing(tmp_path):
    store = Local(str(tmp_path / "store"))
    stop, lost, written = threading.Event(), [], [0]

    def write() -> None:
        mine = Local(store.root)
        while not stop.is_set():
            artifact = mine.write(bytes([written[0] % 5]) * 9000)
            mine.save(Record(flow="F", execution=f"e{written[0]}", layer="L", artifacts={"x": artifact}))
            try:
                mine.read(artifact)
            except DatastoreError as error:
                lost.append(error)
            mine.remove("F", f"e{written[0]}", "L")
            written[0] += 1
            for path in (tmp_path / "store").glob("artifacts/*"):
                with_old_time(path)
            time.sleep(0.001)

    thread = threading.Thread(target=write)
    thread.start()
    removed, end = 0, time.monotonic() + 1.5
    while time.monotonic() < end:
        removed += clear(store).artifacts
    stop.set()
    thread.join()
    assert written[0] > 20
    assert removed > 0
    assert lost == []


def with_old_time(path: Path) -> None:
    """Make an artifact look old, as if its writer's grace had passed."""
    try:
        os.utime(path, (time.time() - 2 * DAY,) * 2)
    except FileNotFoundError:
        pass


def test_the_history_of_an_execution_counts_as_activity_and_goes_with_it(store):
    from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts
    from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, save_execution
    from laminar.configurations.datastores.documents.log_pieces import Piece, save_pieces

    leave(store, "one", b"a")
    save_execution(store, ExecutionRecord(flow="F", execution="one"))
    save_attempts(store, "F", "one", "1", [Attempt(layer="L")])
    save_pieces(store, "F", "one", "L", "1", [Piece(0, 1, "run", 0, "stdout", "", "printed\n")])
    save_execution(store, ExecutionRecord(flow="F", execution="failed"))  # it left nothing but its record
    (failed, one) = garbage_collection.survey(store).executions
    assert (failed.execution, failed.documents, one.execution, one.documents) == ("failed", 0, "one", 1)
    assert one.document_bytes > len(store.get(document_key("F", "one", "L", 0)))
    assert store.layers("F", "one") == ("L",)
    assert clear(store, days=29).executions == 0
    assert clear(store, days=31).executions == 2
    assert list(store.walk("F")) == []
