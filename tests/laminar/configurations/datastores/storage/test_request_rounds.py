"""Requests that need not wait for one another go out together: a server that answers when no more come counts the rounds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from laminar.cli.datastore_choice import StoredFlow
from laminar.cli.results import _states
from laminar.configurations.datastores import AWS, DataStore, Record, open_like
from laminar.configurations.datastores.documents import garbage_collection
from laminar.configurations.datastores.documents.execution_record import ExecutionRecord, LayerShape, save_execution
from laminar.configurations.datastores.documents.repository import SAMPLED
from laminar.configurations.datastores.key_layout import document_key
from laminar.history import address
from laminar.history.address import FlowShelf
from laminar.history.session_keeper import new_session
from laminar.ksuid import ksuid
from laminar.program.outline import FlowOutline, LayerOutline
from laminar.timestamps import now
from tests.support.faulty_proxy import Conditions, proxy

pytestmark = pytest.mark.slow

LATENCY = 0.3

PROGRAM = """\
from laminar import Flow, Layer, Parameters
class Train(Flow): ...

@Train.register
class Make(Layer):
    def __call__(self, parameters: Parameters) -> None:
        assert parameters.size == SIZE
        for number in range(20):
            setattr(self, f"x{number}", bytes([number]) * SIZE)

@Train.register
class Use(Layer):
    def __call__(self, make: Make, parameters: Parameters) -> None:
        assert parameters.size == SIZE
        for number in range(20):
            assert getattr(make, f"x{number}") == bytes([number]) * SIZE

if flow := Train():
    flow(size=SIZE)
"""


@pytest.fixture(scope="module")
def slow(endpoint: str, bucket_store: DataStore) -> Iterator[tuple[DataStore, Conditions, str]]:
    with proxy(endpoint) as (url, conditions):
        store = AWS.S3("s3://laminar", endpoint_url=url)
        assert not store.exists("x")
        conditions.latency = LATENCY
        yield store, conditions, url


@pytest.mark.parametrize("size", [100, 20_000], ids=["inline", "files"])
def test_twenty_attributes_are_written_in_two_rounds_and_read_in_two(slow, size):
    connected, conditions, _ = slow
    store = open_like(connected, f"{connected.url}/{ksuid()}")
    values = {f"x{number}": bytes([number]) * size for number in range(20)}
    conditions.clear()
    with store.write_batch() as gathered:
        artifacts = {name: gathered.write(value) for name, value in values.items()}
    store.save(Record(flow="F", execution="e", layer="L", artifacts=artifacts))
    assert conditions.rounds <= 2
    conditions.clear()
    record = store.load("F", "e", "L", 0)
    assert record is not None
    assert {name: store.read(artifact, siblings=record.artifacts.values()) for name, artifact in record.artifacts.items()} == values
    assert conditions.rounds <= 2


@pytest.mark.parametrize("size", [pytest.param(100, id="inline"), pytest.param(20_000, id="files")])
def test_a_pod_of_a_layer_with_twenty_attributes_needs_few_rounds(slow, tmp_path: Path, size: int) -> None:
    connected, conditions, url = slow
    (tmp_path / "main.py").write_text(PROGRAM.replace("SIZE", str(size)))
    rounds = {}
    execution = ksuid()
    for layer in ("Make", "Use"):
        conditions.clear()
        ended = subprocess.run(
            [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Train", "--layer", layer, "--execution", execution],
            cwd=tmp_path,
            env={**os.environ, "AWS_ENDPOINT_URL": url, "LAMINAR_DATASTORE": f"{connected.url}/{size}"},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        rounds[layer] = conditions.rounds
    assert rounds["Make"] <= 4, "the first pod writes the parameters and the execution's record too, while its layer runs"
    assert rounds["Use"] <= 3


READERS = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.hooks import execution
from laminar.configurations.layers import ForEach, Parameter
class Train(Flow): ...

@Train.register(foreach=ForEach([Parameter(Parameters, "rows")], batch=2))
class Use(Layer):
    @execution
    def first(self, parameters: Parameters) -> None:
        assert parameters.other == "x"

    @execution
    def second(self, parameters: Parameters) -> None:
        assert parameters.other == "x"

    def __call__(self, parameters: Parameters) -> None:
        self.value = parameters.rows + parameters.other

if flow := Train():
    flow(rows=["a", "b"], other="x")
"""


def test_a_pod_reads_the_parameters_that_it_is_still_writing_as_often_as_it_needs(slow, tmp_path: Path) -> None:
    connected, conditions, url = slow
    store = open_like(connected, f"{connected.url}/{ksuid()}")
    (tmp_path / "main.py").write_text(READERS)
    conditions.clear()
    names = ["--flow", "Train", "--layer", "Use", "--index", "0", "--splits", "2", "--batch", "2", "--execution", "e"]
    ended = subprocess.run(
        [sys.executable, "-m", "laminar.runner", "main.py", *names],
        cwd=tmp_path,
        env={**os.environ, "AWS_ENDPOINT_URL": url, "LAMINAR_DATASTORE": store.url},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    requests = [line for line in conditions.log if "/Parameters/" in line]
    assert [line.partition(" ")[0] for line in requests] == ["GET", "PUT"]
    artifacts = [record.artifacts["value"] for record in store.records("Train", "e", "Use").values()]
    assert [store.read(artifact) for artifact in artifacts] == ["ax", "bx"]
    assert store.load("Train", "e", "Parameters", 0) is not None


def test_segments_of_a_shard_are_written_and_read_map_in_threads(slow):
    connected, conditions, _ = slow
    store = open_like(connected, f"{connected.url}/{ksuid()}")
    conditions.clear()
    artifact = store.shard(os.urandom(60_000) for _ in range(250))
    assert len(artifact.parts or ()) >= 14
    assert conditions.rounds <= 3
    conditions.clear()
    assert sum(map(len, store.read(artifact))) == 250 * 60_000
    assert conditions.rounds <= 3


def test_a_join_of_many_splits_lists_once_and_reads_in_bulk(slow):
    connected, conditions, _ = slow
    store = open_like(connected, f"{connected.url}/{ksuid()}")
    conditions.latency = 0.0
    store.put_many(
        [
            (
                f"F/executions/e/L/{index}.json",
                (Record(flow="F", execution="e", layer="L", index=index, splits=300).to_json().encode(),),
            )
            for index in range(300)
        ]
    )
    conditions.latency = LATENCY
    conditions.clear()
    assert len(store.records("F", "e", "L")) == 300
    assert len(conditions.log) == 301, "one list, and each document once"
    assert conditions.rounds <= 10


def test_housekeeping_lists_whole_flows_and_reads_documents_in_bulk(slow):
    connected, conditions, _ = slow
    store = open_like(connected, f"{connected.url}/{ksuid()}")
    conditions.latency = 0.0
    records = [
        Record(flow="F", execution=f"e{number}", layer=layer, artifacts={}) for number in range(40) for layer in ("A", "B", "C")
    ]
    store.put_many([(document_key(r.flow, r.execution, r.layer, 0), (r.to_json().encode(),)) for r in records])
    conditions.latency = LATENCY
    conditions.clear()
    found = garbage_collection.survey(store)
    assert [(usage.execution, usage.documents) for usage in found.executions] == sorted((f"e{number}", 3) for number in range(40))
    assert len(conditions.log) <= 120 + 8, "each document once"
    assert conditions.rounds <= 10


def test_states_of_executions_are_read_in_bulk(slow):
    case = FlowOutline("Case", own={name: LayerOutline(name) for name in ("A", "B", "C")})
    connected, conditions, _ = slow
    store = open_like(connected, f"{connected.url}/{ksuid()}")
    conditions.latency = 0.0
    records = [
        Record(flow="Case", execution=f"e{number}", layer=layer) for number in range(40) for layer in ("Parameters", "A", "B", "C")
    ]
    store.put_many([(document_key(r.flow, r.execution, r.layer, 0), (r.to_json().encode(),)) for r in records])
    conditions.latency = LATENCY
    conditions.clear()
    rows = list(_states(StoredFlow("Case", store, case)))
    assert [row[2:4] for row in rows] == [("finished", "3/3")] * 40
    assert conditions.rounds <= 8


def test_a_list_of_runs_reads_few_documents_of_a_wide_execution_in_pods(slow, bucket_store):
    connected, conditions, _ = slow
    prefix = f"{connected.url}/{ksuid()}"
    written, store = open_like(bucket_store, prefix), open_like(connected, prefix)
    pods = replace(new_session("pods"), host="node", pid=0)
    shapes = (LayerShape("Use", fan_out=True),)
    save_execution(written, ExecutionRecord(flow="Wide", execution="e", layers=shapes, sessions=(pods,), workflow="wide-x"))
    for index in range(60):
        written.save(Record(flow="Wide", execution="e", layer="Use", index=index, splits=60, started=now(), finished=now()))
    conditions.clear()
    (run,) = address.runs([FlowShelf("Wide", store)], brief=True)
    assert (run.state, run.failed_layers) == ("finished", ())
    assert len([line for line in conditions.log if "/Use/" in line and ".json" in line]) <= SAMPLED + 1
