"""The client of a fork server: the effects of messages and ends on the splits of a request."""

from __future__ import annotations

import pickle
import signal
import socket
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.executors.base import NotStarted, SplitKilled
from laminar.exceptions import ExecutionError, FlowError
from laminar.local.fork_server import client as near
from laminar.local.fork_server.client import Client, outcome
from laminar.local.fork_server.messages import Answer, Load
from laminar.local.fork_server.protocol import Channel, encode_failure
from laminar.worker import split
from laminar.worker.split import Outputs, SplitFailed


@pytest.fixture
def layer():
    return split_of_a_batch(0)


def split_of_a_batch(index: int) -> Layer:
    class Case(Flow): ...

    @Case.register
    class A(Layer):
        def __call__(self) -> None: ...

    return Case(datastore=Memory(), executor=Thread()).execution("one").layer(A, index=index, splits=3, attempt=1)


@pytest.fixture
def sides(monkeypatch):
    """Yield a client, and the channel of a server that is played by the test."""
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(near, "_is_over", lambda pid: True)
    made, server = Client(ours, pid=0), Channel(theirs)
    yield made, server
    made.close()
    server.close()


def requested(made: Client, count: int) -> tuple[int, list[tuple[int, Any]]]:
    """Request some splits; return the request's number and the list that their ends are put in."""
    ends: list[tuple[int, Any]] = []
    number = made.run([split_of_a_batch(index) for index in range(count)], 5.0, lambda place, result: ends.append((place, result)))
    return number, ends


# what the end of a process means


def test_a_finished_split_answers_and_a_gate_says_what_its_hooks_said(layer):
    assert outcome(layer, 0, Answer(reused="e"), None, gate=False) == Outputs(reused="e")
    assert outcome(layer, 0, Answer({"A": False}), None, gate=True) is False
    with pytest.raises(SplitFailed, match="ended before its hooks had decided"):
        outcome(layer, 0, Answer(), None, gate=True)


def test_a_failure_and_an_error_are_raised_as_they_were_sent(layer):
    with pytest.raises(SplitFailed, match="no rows"):
        outcome(layer, 70, Answer(failure=encode_failure(split.failure(layer, "no rows"))), None, gate=False)
    with pytest.raises(FlowError, match="unknown"):
        outcome(layer, 78, Answer(error=pickle.dumps(FlowError("unknown"))), None, gate=False)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (-signal.SIGSEGV, "it was ended by SIGSEGV"),
        (near.INTERRUPTED, "KeyboardInterrupt"),
        (3, r"its process ended with exit code 3 before the layer did, as by os\._exit\(3\)"),
    ],
)
def test_an_end_of_its_own_without_an_answer_is_a_failure_that_counts(code, text, layer):
    with pytest.raises(SplitFailed, match=text) as raised:
        outcome(layer, code, None, None, gate=False)
    assert not raised.value.blameless


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_split_that_was_killed_is_blameless(number, layer):
    with pytest.raises(SplitKilled, match=f"it was killed by {number.name}") as raised:
        outcome(layer, -number, None, None, gate=False)
    assert raised.value.blameless and (raised.value.layer, raised.value.index, raised.value.attempt) == ("A", 0, 1)


def test_a_timeout_comes_before_how_its_process_was_ended(layer):
    with pytest.raises(SplitFailed, match=r"it took longer than its timeout of 2\.5 s") as raised:
        outcome(layer, -signal.SIGKILL, None, 2.5, gate=False)
    assert not raised.value.blameless


# messages


def test_a_request_ends_split_by_split(sides):
    made, server = sides
    number, ends = requested(made, 3)
    [(what, request)] = server.receive()
    assert (what, request.number, [job.index for job in request.jobs], request.limit) == ("run", number, [0, 1, 2], 5.0)
    for place in (0, 1):
        server.send(("done", number, place, Answer()))
    server.send(("end", number, 0, False, Answer()))
    made.wait(5)
    assert ends == [(0, Outputs()), (1, Outputs()), (2, Outputs())] and made.running == {}


def test_splits_after_the_one_that_ended_a_process_were_not_started(sides):
    made, server = sides
    number, ends = requested(made, 3)
    server.send(("done", number, 0, Answer()))
    server.send(("end", number, 3, False, None))
    made.wait(5)
    assert [place for place, _ in ends] == [0, 1, 2]
    assert ends[0][1] == Outputs() and isinstance(ends[1][1], SplitFailed) and isinstance(ends[2][1], NotStarted)


def test_a_server_that_is_gone_ends_what_it_had_as_killed(sides):
    made, server = sides
    _, ends = requested(made, 2)
    server.close()
    made.wait(5)
    assert made.closed and isinstance(ends[0][1], SplitKilled) and isinstance(ends[1][1], NotStarted)
    made.wait(None)  # returns: nothing is waited for any more
    made.cancel(1)


def test_an_end_of_an_unknown_request_is_passed_over(sides):
    made, server = sides
    server.send(("end", 99, 0, False, Answer()))
    made.wait(5)
    assert made.running == {}


def test_a_load_that_failed_raises_its_error_and_closes(monkeypatch):
    monkeypatch.setattr(near, "_is_over", lambda pid: True)
    ours, theirs = socket.socketpair()
    server = Channel(theirs)
    load = Load((), "Case", 1, None)
    made = Client(ours, 0, loads=load)
    assert server.receive() == [("load", load)] and not made.is_ready
    server.send(("failed", pickle.dumps(FlowError("no such flow"))))
    with pytest.raises(FlowError, match="no such flow"):
        near.client_loading(made)
    assert made.closed
    server.close()


def test_a_stack_that_was_written_while_loading_names_the_users_line(tmp_path, monkeypatch):
    monkeypatch.setattr(near, "_is_over", lambda pid: True)
    ours, theirs = socket.socketpair()
    trace = (tmp_path / "trace").open("w+b")
    trace.write(f'  File "{near.__file__}", line 1 in acquire\n  File "/p/train.py", line 7 in main\n'.encode())
    made = Client(ours, 0, loads=Load((), "Case", 1, None), trace=trace)
    theirs.close()
    with pytest.raises(ExecutionError, match=r"not loaded within 1 s in a new process: it waits in acquire") as raised:
        near.client_loading(made)
    assert raised.value.where == "/p/train.py:7, in main"


def test_the_time_to_load_is_a_setting(monkeypatch):
    monkeypatch.setenv("LAMINAR_LOAD_SECONDS", "2.5")
    assert near._seconds() == 2.5
    monkeypatch.delenv("LAMINAR_LOAD_SECONDS")
    assert near._seconds() > 60
