"""Threads that run splits: their start, rejected settings, and the reported ends."""

from __future__ import annotations

import copy
import pickle
import threading
from contextvars import ContextVar
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.executors.lanes import SubmitLane
from laminar.configurations.executors.thread import ThreadLane
from laminar.configurations.layers import Container
from laminar.exceptions import FlowError
from laminar.worker.split import Outputs, SplitFailed

HERE: ContextVar[str] = ContextVar("here", default="")
seen: list[object] = []


class Case(Flow): ...


@Case.register
class A(Layer):
    def __call__(self) -> None:
        seen.append((threading.current_thread().name.split("_")[0], HERE.get()))


@Case.register
class Broken(Layer):
    def __call__(self) -> None:
        raise ValueError("no")


@Case.register
class Timed(Layer):
    @hooks.submission
    def limit(self) -> None:
        self.configuration.container.timeout = 5


class Own(Thread):
    async def submit(self, *, layer: Layer) -> Any: ...


@pytest.fixture
def execution():
    seen.clear()
    return Case(datastore=Memory(), executor=Thread()).execution("one")


@pytest.fixture
def lane(execution):
    lane = Thread(concurrency=2).lane(execution)
    lane.open()
    yield lane
    lane.close()


def ends_of(lane: Any, *layers: Layer) -> dict[int, Any]:
    found: dict[int, Any] = {}
    lane.begin(layers, found.__setitem__)
    while len(found) < len(layers):
        lane.wait(10)
    return found


@pytest.mark.parametrize(("kind", "lane"), [(Thread, ThreadLane), (Own, SubmitLane), (type("Below", (Thread,), {}), ThreadLane)])
def test_a_subclass_that_submits_in_a_way_of_its_own_has_a_lane_for_that(kind, lane, execution):
    made = kind(concurrency=2).lane(execution)
    assert type(made) is lane and made.slots == (4 if lane is ThreadLane else 2)  # some wait for a thread


def test_splits_run_in_threads_that_see_the_context_of_who_begins_them(lane, execution):
    token = HERE.set("begun here")
    try:
        ends = ends_of(lane, execution.layer("A", index=0, splits=1))
    finally:
        HERE.reset(token)
    assert ends == {0: Outputs()} and seen == [("laminar", "begun here")]


def test_a_failure_is_the_answer_of_its_place_and_the_rest_run_on(lane, execution):
    layers = [execution.layer(name, index=0, splits=1) for name in ("Broken", "A")]
    ends = ends_of(lane, *layers)
    assert isinstance(ends[0], SplitFailed) and "ValueError: no" in ends[0].what
    assert ends[1] == Outputs()


def test_ends_are_called_by_wait_alone(lane, execution):
    found: dict[int, Any] = {}
    lane.wait(0)
    lane.begin([execution.layer("A", index=0, splits=1)], found.__setitem__)
    lane.executor._pool.submit(lambda: None).result()
    assert found == {}
    lane.wait(10)
    assert list(found) == [0]


def test_a_timeout_that_a_hook_sets_fails_the_split_and_a_gate_is_not_limited(lane, execution):
    layer = execution.layer("Timed", index=0, splits=1)
    layer.configuration.container = Container(timeout=5)
    ends = ends_of(lane, layer)
    assert "a hook gives it a timeout" in ends[0].what
    layer._binding.gate = True
    assert ends_of(lane, layer) == {0: True}


def test_a_timeout_is_refused_of_the_executor_and_of_a_layer(execution):
    with pytest.raises(FlowError, match="Executor Thread has a timeout, and a thread cannot be stopped") as raised:
        Thread(timeout=3)
    assert "test_thread.py:" in raised.value.where
    Thread().check(execution)

    class Limited(Flow): ...

    Limited.register(container=Container(timeout=3))(type("Slow", (Layer,), {"__module__": __name__}))
    with pytest.raises(FlowError, match="Layer 'Slow' has a timeout"):
        Thread().check(Limited(datastore=Memory(), executor=Thread()).execution("one"))


def test_threads_end_with_the_last_run_that_uses_them(execution):
    executor = Thread(concurrency=1)
    lanes = [executor.lane(execution) for _ in range(2)]
    for lane in lanes:
        lane.open()
    pool = executor._pool
    lanes[0].close()
    assert executor._pool is pool is not None
    assert ends_of(lanes[1], execution.layer("A", index=0, splits=1)) == {0: Outputs()}
    lanes[1].close()
    assert executor._pool is None
    lanes[1].close()  # once more does nothing
    assert executor._users == 0


@pytest.mark.parametrize("carry", [copy.copy, lambda executor: pickle.loads(pickle.dumps(executor))])
def test_an_executor_travels_without_its_threads(carry, lane):
    executor = lane.executor
    _ = executor.semaphore
    assert vars(carry(executor)) == {"concurrency": 2, "timeout": None, "_pool": None, "_users": 0}
