"""Messages arrive whole however their bytes are cut, and two sides that send much at once do not block each other."""

from __future__ import annotations

import select
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.local.fork_server.protocol import Channel, Frames, decode_failure, encode, encode_failure
from laminar.worker.split import SplitFailed


@given(messages=st.lists(st.binary(max_size=40), max_size=5), size=st.integers(1, 30))
def test_messages_are_read_whole_however_their_bytes_are_cut(messages, size):
    data, frames = b"".join(map(encode, messages)), Frames()
    found = [message for start in range(0, len(data), size) for message in frames.feed(data[start : start + size])]
    assert found == messages


def test_two_sides_that_send_more_than_a_socket_holds_do_not_block_each_other():
    left, right = map(Channel, socket.socketpair())
    big = b"x" * (8 << 20)
    left.send(("big", big))
    right.send(("big", big))
    assert left.pending and right.pending
    found: dict[int, list[object]] = {0: [], 1: []}
    while not (found[0] and found[1]):
        select.select([left, right], [], [], 10)
        for place, channel in enumerate((left, right)):
            channel.flush()
            found[place] += channel.receive()
    assert found == {0: [("big", big)], 1: [("big", big)]}
    left.close()
    with pytest.raises(EOFError):
        right.receive()
    right.close()


def test_a_failure_travels_without_a_cause_that_cannot_be_read_again():
    class Local(Exception):
        """Defined in a function: no other process finds it."""

    failed = SplitFailed("it failed", layer="A", index=1)
    failed.retryable, failed.remote = True, "a trace"
    failed.__cause__ = Local()
    sent = decode_failure(encode_failure(failed))
    assert (sent.what, sent.layer, sent.index, sent.retryable, sent.remote) == ("it failed", "A", 1, True, "a trace")
    assert sent.__cause__ is None
    failed.__cause__ = ValueError("why")
    assert str(decode_failure(encode_failure(failed)).__cause__) == "why"
