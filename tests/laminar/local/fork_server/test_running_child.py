"""State of a running process in its server."""

from __future__ import annotations

import os
import resource

from laminar.local.fork_server.messages import Answer, Request
from laminar.local.fork_server.protocol import encode
from laminar.local.fork_server.running_child import RunningChild, pipes
from laminar.worker.job import Job

PLAIN = encode(Answer(entries={}))


def child() -> RunningChild:
    return RunningChild(Request(1, (Job("F", "one", "A"),), None, ""), 0, 5, {6: "stdout", 7: "stderr"})


def test_the_usual_answer_is_known_by_its_bytes_and_any_other_is_read_in_parts():
    assert child().answers(PLAIN, PLAIN) == [Answer(entries={})]
    running, data = child(), encode(Answer(entries={"A": True}))
    assert running.answers(data[:9], PLAIN) == []
    assert running.answers(data[9:] + PLAIN, PLAIN) == [Answer(entries={"A": True}), Answer(entries={})]


def test_what_is_printed_is_cut_into_lines_by_stream():
    running = child()
    assert (running.printed(6, b"one\ntw"), running.printed(7, b"err\n")) == (b"one\n", b"err\n")
    assert (running.rest(6), running.rest(7)) == (b"tw\n", b"")
    assert child().rest(6) == b""


def test_where_no_further_file_may_be_opened_there_are_no_pipes_and_none_is_left_open():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    try:
        for more in range(6):
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + more, before[1]))
            assert pipes(is_batch=more % 2 == 0) is None
            assert os.dup(0) == lowest if more else True
            if more:
                os.close(lowest)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    made = pipes(is_batch=True)
    assert made is not None and len(made) == 3
    for ends in made:
        for end in ends:
            os.close(end)
