"""How the Process executor uses a fork server; the server itself is tests/laminar/local/fork_server."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Process, Thread
from laminar.configurations.executors.lanes import SubmitLane
from laminar.configurations.executors.process import ServerLane
from laminar.configurations.layers import Container
from laminar.local.fork_server import client


class Case(Flow): ...


@Case.register(container=Container(timeout=9))
class A(Layer): ...


class Own(Process):
    async def submit(self, *, layer: Layer) -> Any: ...


class Server:
    """Record the requests of a lane to a server."""

    def __init__(self, loads: object = None, running: object = ()) -> None:
        self.loads, self.running, self.closed = loads, running, False
        self.log: list[object] = []

    def run(self, layers: Any, limit: float | None, end: object) -> int:
        self.log.append(([layer.index for layer in layers], limit))
        return 1

    def wait(self, timeout: float | None) -> None:
        self.log.append(timeout)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def servers(monkeypatch):
    made: list[Server] = []

    def connect(flow: Flow, concurrency: int) -> Server:
        made.append(Server())
        return made[-1]

    monkeypatch.setattr(client, "connect", connect)
    return made


@pytest.fixture
def execution():
    return Case(datastore=Memory(), executor=Thread()).execution("one")


@pytest.mark.parametrize(("kind", "lane"), [(Process, ServerLane), (Own, SubmitLane), (type("Below", (Process,), {}), ServerLane)])
def test_a_subclass_that_submits_in_a_way_of_its_own_has_a_lane_for_that(kind, lane, execution):
    assert type(kind(concurrency=2).lane(execution)) is lane


def test_a_server_has_twice_the_requests_that_run(execution):
    assert Process(concurrency=3).lane(execution).slots == 6


def test_the_server_starts_with_the_lane_and_a_lost_one_is_replaced(servers, execution):
    lane = Process(concurrency=2, timeout=5).lane(execution)
    lane.wait(1)
    assert servers == []
    lane.open()
    layers = [execution.layer("A", index=index) for index in (0, 1)]
    lane.begin(layers, lambda place, result: None)
    lane.wait(3)
    assert [server.log for server in servers] == [[([0, 1], 5), 3]]
    servers[0].closed = True
    lane.begin(layers[:1], lambda place, result: None)
    assert [server.log for server in servers[1:]] == [[([0], 5)]]


LOADED = SimpleNamespace(program="main.py")
BY_VALUE = SimpleNamespace(program=None)


@pytest.mark.parametrize(
    ("loads", "running", "closed"),
    [
        (None, {}, True),  # a fork of this process as it was when the flow was called
        (BY_VALUE, {}, True),
        (LOADED, {}, False),  # kept for further runs
        (LOADED, {1: "a request"}, True),
    ],
)
def test_a_server_is_kept_where_it_loaded_the_program_and_is_idle(loads, running, closed, execution):
    lane = Process().lane(execution)
    lane.client = server = Server(loads, running)
    lane.close()
    assert server.closed is closed


def test_a_lane_that_was_never_opened_closes(execution):
    Process().lane(execution).close()


@pytest.mark.parametrize("carry", [copy.copy, lambda executor: pickle.loads(pickle.dumps(executor))])
def test_an_executor_travels_with_its_limits_and_without_its_server(carry):
    executor = Process(concurrency=3, timeout="1m")
    executor._client = Server()  # type: ignore[assignment]
    _ = executor.semaphore
    carried = carry(executor)
    assert vars(carried) == {"concurrency": 3, "timeout": 60, "_client": None}
