"""The process of a request: an answer for each job, streams that lead to descriptors, signals as they were."""

from __future__ import annotations

import io
import os
import pickle
import signal
import socket
import sys

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError, FlowError
from laminar.local.fork_server import child
from laminar.local.fork_server.messages import Answer
from laminar.local.fork_server.protocol import Channel, decode_failure
from laminar.worker.job import CANNOT, DONE, FAILED, Job


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))


@pytest.fixture
def flow():
    class Case(Flow): ...

    @Case.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.value = 6 / parameters.rows

    made = Case(datastore=Memory(), executor=Thread())
    made.execution("one").parameters(rows=[1, 2, 0])
    return made


def answers(flow: Flow, *jobs: Job) -> tuple[int, list[Answer]]:
    ours, theirs = socket.socketpair()
    reader = Channel(ours)
    theirs.setblocking(True)
    ours.setblocking(False)
    reader_end = ours.fileno()
    os.write(reader_end, b"." * (len(jobs) - 1))  # each answer but the last is acknowledged
    code = child.work(flow, jobs, theirs.fileno(), reseed=False)
    theirs.close()
    found: list[Answer] = []
    while len(found) < len(jobs):
        found += reader.receive()
    reader.close()
    return code, found


def job(index: int) -> Job:
    return Job("Case", "one", "A", index, 3)


def test_each_job_is_answered_in_order_and_the_last_gives_the_code(flow):
    code, found = answers(flow, job(0), job(1))
    assert code == DONE and [(each.failure, each.error) for each in found] == [(None, b"")] * 2
    assert flow.execution("one").layer("A", index=1).value == 3


def test_a_failure_does_not_keep_the_next_job_away(flow):
    code, found = answers(flow, job(2), job(0))
    assert code == DONE and found[1].failure is None
    failed = decode_failure(found[0].failure)
    assert "ZeroDivisionError" in failed.what and failed.index == 2
    assert answers(flow, job(2))[0] == FAILED


def test_a_job_that_the_flow_does_not_have_is_answered_by_an_error(flow):
    code, [answer] = answers(flow, job(7))
    assert code == CANNOT and "there is no split 7" in str(pickle.loads(answer.error))


def test_an_error_travels_as_one_of_laminars():
    assert isinstance(pickle.loads(child.pickled(FlowError("wrong"))), FlowError)
    other = pickle.loads(child.pickled(KeyError("rows")))
    assert type(other) is ExecutionError and other.what == "KeyError: 'rows'"


class Silent:
    """A stream of a user's own that says nothing about a descriptor."""

    def write(self, text: str) -> int:
        return len(text)


def test_a_stream_in_memory_is_elsewhere_and_one_on_the_descriptor_is_not(tmp_path):
    with (tmp_path / "file").open("w") as file, os.fdopen(os.dup(file.fileno()), "w") as same:
        assert child._is_elsewhere(io.StringIO(), 1)
        assert child._is_elsewhere(None, 1)
        assert not child._is_elsewhere(Silent(), 1)
        assert not child._is_elsewhere(file, file.fileno())
        assert child._is_elsewhere(same, file.fileno()), "another descriptor of the same file: pipes replace only the first"
    with (tmp_path / "one").open("w") as one, (tmp_path / "two").open("w") as two:
        assert not child._is_elsewhere(one, two.fileno()), "a file of its own stays the program's"


def test_signal_handlers_are_restored(monkeypatch):
    before = signal.getsignal(signal.SIGUSR2)

    def mine(*_: object) -> None: ...

    try:
        child.restore_signals({signal.SIGUSR2: mine})
        assert signal.getsignal(signal.SIGUSR2) is mine
        assert signal.set_wakeup_fd(-1) == -1
    finally:
        signal.signal(signal.SIGUSR2, before)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux'")
def test_what_dying_with_the_parent_needs_is_loaded_before():
    child.prepare_death()
    assert callable(child._prctl)
