"""Messages of a run and its fork server survive their way through a socket."""

from __future__ import annotations

import io
import pickle

import pytest

from laminar.local.fork_server.messages import Answer, Load, Request
from laminar.local.fork_server.protocol import LENGTH, encode
from laminar.program.main_module import Program
from laminar.worker.job import Job


@pytest.mark.parametrize(
    "message",
    [
        Load(("a", "b"), "Train", 60.0, None, Program("/p.py", ("--x",))),
        Load((), "Train", 1.5, "/tmp", flow=b"pickle"),
        Request(7, (Job("F", "one", "A"), Job("F", "one", "A", 1, 2, attempt=3)), None, "memory://", b"store"),
        Answer({"A": False}),
        Answer(failure=(b"failed", None)),
        Answer(error=b"error"),
    ],
)
def test_a_message_arrives_as_it_was_sent(message):
    frame = io.BytesIO(encode(message))
    (size,) = LENGTH.unpack(frame.read(LENGTH.size))
    body = frame.read()
    assert len(body) == size and pickle.loads(body) == message


def test_an_answer_of_nothing_is_no_failure_and_no_error():
    answer = Answer()
    assert (answer.entries, answer.failure, answer.error) == (None, None, b"")
