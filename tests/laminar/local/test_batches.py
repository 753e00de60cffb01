"""A batch of splits runs in one process, one after the other; the end of one does not affect the others."""

from __future__ import annotations

import os
import signal
import time

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Local
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


def test_a_batch_shares_a_process_and_its_splits_keep_their_output_and_their_names(flow, tmp_path, capsys):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")], batch=2))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            print("row", parameters.rows)
            self.seen = (os.getpid(), os.environ["LAMINAR_LAYER_INDEX"], parameters.rows)

    seen = list(flow(datastore=Local(str(tmp_path)), executor=Process(concurrency=1))(rows=list("abcde")).layer(A).seen)
    assert [(index, row) for _, index, row in seen] == [(str(place), row) for place, row in enumerate("abcde")]
    pids = [pid for pid, _, _ in seen]
    assert pids[0] == pids[1] and pids[2] == pids[3] and len(set(pids)) == 3
    assert sorted(capsys.readouterr().out.splitlines()) == [f"A[{place}] | row {row}" for place, row in enumerate("abcde")]


@pytest.mark.parametrize("kind", [Process, Thread])
def test_a_split_of_a_batch_that_fails_is_tried_again_alone(kind, flow, tmp_path):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")], batch=3), retry=Retry(attempts=2, delay=0))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            with open(tmp_path / "ran", "a") as file:
                file.write(f"{parameters.rows}{self.attempt} ")
            if parameters.rows == "b" and self.attempt == 1:
                raise ValueError("once")
            self.row = parameters.rows

    execution = flow(datastore=Local(str(tmp_path / "store")), executor=kind(concurrency=1))(rows=list("abc"))
    assert list(execution.layer(A).row) == ["a", "b", "c"]
    assert (tmp_path / "ran").read_text().split() == ["a1", "b1", "c1", "b2"]


def test_a_killed_batch_loses_an_attempt_of_the_split_under_way_only(flow, tmp_path):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")], batch=3))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            with open(tmp_path / "ran", "a") as file:
                file.write(f"{parameters.rows}{self.attempt} ")
            if parameters.rows == "b" and self.attempt == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            self.row = parameters.rows

    execution = flow(datastore=Local(str(tmp_path / "store")), executor=Process(concurrency=1))(rows=list("abc"))
    assert list(execution.layer(A).row) == ["a", "b", "c"]
    assert sorted((tmp_path / "ran").read_text().split()) == ["a1", "b1", "b2", "c1"]


def test_each_split_of_a_batch_has_its_own_time(flow, tmp_path):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")], batch=3))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            time.sleep(60 if parameters.rows == "c" else 0.7)
            self.row = parameters.rows

    with pytest.raises(ExecutionError, match=r"split 2 of 3, attempt 1\): it took longer than its timeout of 1 s"):
        flow(datastore=Local(str(tmp_path / "store")), executor=Process(concurrency=1, timeout=1))(rows=list("abc"))
