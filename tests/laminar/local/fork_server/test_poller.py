"""Waiting for descriptors, with epoll and without."""

from __future__ import annotations

import os
import select

import pytest

from laminar.local.fork_server.poller import READ, WRITE, Poller


@pytest.fixture(params=["epoll", "poll"])
def poller(request, monkeypatch):
    if request.param == "poll":
        monkeypatch.delattr(select, "epoll", raising=False)
    made = Poller()
    yield made
    if made.descriptors:
        made.poll.close()


def test_what_can_be_read_or_written_is_reported_and_an_end_too(poller):
    reading, writing = os.pipe()
    poller.register(reading, READ)
    assert poller.wait(0) == []
    os.write(writing, b"x")
    [(end, events)] = poller.wait(None)
    assert (end, bool(events & READ)) == (reading, True)
    os.read(reading, 1)
    poller.register(writing, WRITE)
    assert [end for end, _ in poller.wait(1)] == [writing]
    poller.modify(writing, READ)
    poller.unregister(writing)
    os.close(writing)
    assert [end for end, _ in poller.wait(1)] == [reading]
    poller.unregister(reading)
    poller.unregister(reading)
    assert poller.wait(0.001) == []
    os.close(reading)
