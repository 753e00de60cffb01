"""One split in this process: its settings, and its end."""

from __future__ import annotations

import os
import random

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import Container, ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError, FlowError
from laminar.program import process_state
from laminar.worker import split_job
from laminar.worker.job import DONE, FAILED, RETRY, Job
from laminar.worker.split import Outputs

seen: list[object] = []


class Case(Flow): ...


@Case.register(container=Container(env={"MODE": "fast"}), retry=Retry(attempts=2))
class A(Layer):
    def __call__(self) -> None:
        seen.append((os.environ.get("MODE"), os.environ["LAMINAR_LAYER_NAME"], os.environ["LAMINAR_LAYER_ATTEMPT"]))
        if fails:
            raise ValueError("no")
        self.rows = [1, 2, 3]


@Case.register(foreach=ForEach([Parameter(A, "rows")]))
class Each(Layer):
    def __call__(self, a: A) -> None:
        seen.append((os.environ.get("MODE"), self.splits))


@Case.register(foreach=ForEach([Parameter(Parameters, "rows")], batch=3))
class Drawn(Layer):
    def __call__(self) -> None:
        seen.append(random.random())


@Case.register
class Gated(Layer):
    @hooks.entry
    def wanted(self) -> bool:
        return fails


fails = False


@pytest.fixture
def flow(monkeypatch):
    before = dict(os.environ)
    monkeypatch.setattr(process_state, "work", lambda: None)  # it would make the test's process a worker for good
    monkeypatch.setattr(split_job, "_replaced", {})
    monkeypatch.setattr(split_job, "_states", None)
    seen.clear()
    yield Case(datastore=Memory(), executor=Thread())
    process_state.running.discard(("Case", "one"))
    for name in {*os.environ} - {*before}:
        del os.environ[name]
    os.environ.update(before)


@pytest.mark.parametrize(
    ("layer", "index", "splits", "error", "message"),
    [
        ("A", 0, None, None, ""),
        ("A", 0, 1, None, ""),
        ("Each", 2, 3, None, ""),
        ("Each", 0, 0, None, ""),  # an empty fan-out leaves a document too
        ("Each", 7, None, None, ""),  # counted later
        ("Each", 3, 3, ExecutionError, "has 3 splits, so there is no split 3"),
        ("Each", -1, 3, ExecutionError, "there is no split -1"),
        ("Each", 1, 0, ExecutionError, "there is no split 1"),
        ("A", 0, 2, FlowError, "is no fan-out, so it has 1 split, not 2"),
        ("A", 0, 0, FlowError, "is no fan-out, so it has 1 split, not 0"),
        ("Nobody", 0, 1, FlowError, "Nobody"),
    ],
)
def test_a_job_is_of_a_split_that_the_layer_has(layer, index, splits, error, message, flow):
    job = Job("Case", "one", layer, index, splits, retry=True)
    if error is None:
        execution = split_job.bound(flow, job)
        assert (execution.id, execution.retry, execution.flow) == ("one", True, flow)
    else:
        with pytest.raises(error, match=message):
            split_job.bound(flow, job)


def test_work_ends_done_with_the_lengths_that_the_layers_below_fan_out_over(flow):
    code, outputs, failed = split_job.work(flow, Job("Case", "one", "A", splits=1))
    assert (code, failed) == (DONE, None)
    assert split_job.told(outputs) == {"lengths": outputs.lengths, "entries": {}} and outputs.lengths
    assert seen == [("fast", "A", "1")]
    assert os.environ[process_state.WORKER] == str(os.getpid())


def test_work_ends_with_whether_another_attempt_is_left(flow, monkeypatch):
    monkeypatch.setitem(globals(), "fails", True)
    ends = [split_job.work(flow, Job("Case", "one", "A", splits=1, attempt=attempt)) for attempt in (1, 2)]
    assert [code for code, _, _ in ends] == [RETRY, FAILED]
    assert all(outputs == Outputs() and failed is not None for _, outputs, failed in ends)
    assert [attempt for _, _, attempt in seen] == ["1", "2"]


def test_a_changed_number_of_splits_runs_a_split_again_and_the_same_number_does_not(flow):
    split_job.work(flow, Job("Case", "one", "A", splits=1))
    for splits in (3, 3, 4, 3):
        split_job.work(flow, Job("Case", "one", "Each", 0, splits))
    assert [count for _, count in seen[1:]] == [3, 4, 3]


def test_a_containers_variables_are_gone_for_the_split_after_it(flow, monkeypatch):
    monkeypatch.setenv("MODE", "before")
    split_job.work(flow, Job("Case", "one", "A", splits=1))
    split_job.work(flow, Job("Case", "one", "Each", 0, 3))
    monkeypatch.setenv("MODE", "changed")
    split_job.work(flow, Job("Case", "one", "Each", 1, 3))
    assert [mode for mode, *_ in seen] == ["fast", "before", "changed"]


def test_a_pod_has_its_containers_variables_already(flow):
    os.environ.pop("MODE", None)
    split_job.work(flow, Job("Case", "one", "A", splits=1), in_pod=True)
    assert [mode for mode, *_ in seen] == [None]


@pytest.mark.parametrize("answer", [True, False])
def test_a_gate_answers_for_the_entry_hooks_and_runs_nothing(answer, flow, monkeypatch):
    monkeypatch.setitem(globals(), "fails", answer)
    code, outputs, failed = split_job.work(flow, Job("Case", "one", "Gated", gate=True))
    assert (code, outputs.entries, failed) == (DONE, {"Gated": answer}, None)
    record = flow.configuration.datastore.load("Case", "one", "Gated", 0)
    assert record is None if answer else record.status == "skipped"


def test_each_split_of_a_batch_draws_the_numbers_that_the_program_seeded(flow):
    flow.execution("one").parameters(rows=[1, 2, 3])
    random.seed(5)
    for index in range(3):
        split_job.work(flow, Job("Case", "one", "Drawn", index, 3))
    assert len(seen) == 3 and len(set(seen)) == 1


def test_data_moves_to_another_url_and_stays_where_it_is_there_already(flow, tmp_path):
    before = flow.configuration.datastore
    split_job.reroot(flow, before.url)
    assert flow.configuration.datastore is before
    split_job.reroot(flow, str(tmp_path))
    assert flow.configuration.datastore.url == str(tmp_path)
