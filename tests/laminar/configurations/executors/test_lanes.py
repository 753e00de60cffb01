"""Lanes: attempts that begin at once, and whose ends come while the scheduler waits."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from laminar.configurations.executors.lanes import InlineLane, SubmitLane


class Executor:
    """Run layers that are texts: the text itself is the answer, ``fail`` raises, ``hang`` never ends."""

    concurrency = 3

    def __init__(self) -> None:
        self.log: list[str] = []

    def here(self, layer: str) -> str:
        self.log.append(layer)
        if layer.startswith("fail"):
            raise ValueError(layer)
        return layer

    async def open(self, execution: str) -> None:
        self.log.append(f"open {execution}")

    async def close(self) -> None:
        self.log.append("close")

    async def submit(self, *, layer: str) -> str:
        if layer.startswith("hang"):
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                self.log.append(f"cancelled {layer}")
                raise
        return self.here(layer)


class Split(str):
    """A layer that is a text, and keeps no log."""

    __slots__ = ()
    _binding = SimpleNamespace(log=None)


class Ends(list[tuple[str, int, Any]]):
    """Note the ends of several groups of splits by the group's name."""

    def of(self, group: str):
        return lambda place, result: self.append((group, place, str(result)))


def test_an_inline_lane_runs_what_was_begun_one_after_the_other_when_it_waits():
    executor, ends = Executor(), Ends()
    lane = InlineLane(executor)
    lane.open()
    lane.begin([Split("a"), Split("fail"), Split("b")], ends.of("x"))
    lane.begin([Split("c")], ends.of("y"))
    assert (executor.log, ends) == ([], [])
    lane.wait(None)
    assert executor.log == ["a", "fail", "b", "c"]
    assert ends == [("x", 0, "a"), ("x", 1, "fail"), ("x", 2, "b"), ("y", 0, "c")]
    lane.wait(0)
    lane.close()
    assert len(ends) == 4 and (lane.slots, lane.needs_loop) == (1, False)


def test_an_inline_lane_runs_what_an_end_begins():
    executor, results = Executor(), []
    lane = InlineLane(executor)

    def end(place: int, result: Any) -> None:
        results.append(result)
        if result == "a":
            lane.begin([Split("b")], end)

    lane.begin([Split("a")], end)
    lane.wait(None)
    assert results == ["a", "b"]


def test_an_inline_lane_lets_an_interruption_pass(monkeypatch):
    executor, ends = Executor(), Ends()

    def interrupted(layer: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(executor, "here", interrupted)
    lane = InlineLane(executor)
    lane.begin([Split("a")], ends.of("x"))
    with pytest.raises(KeyboardInterrupt):
        lane.wait(None)
    assert ends == []


@pytest.fixture
def submitting():
    executor = Executor()
    lane = SubmitLane(executor, "one")
    lane.open()
    yield lane, executor
    if not lane.runner.is_closed():
        lane.close()


def wait_for(lane: SubmitLane, ends: Ends, count: int) -> None:
    for _ in range(100):
        if len(ends) < count:
            lane.wait(0.01)


def test_a_submit_lane_has_as_many_slots_as_the_executor_and_opens_it(submitting):
    lane, executor = submitting
    assert (lane.slots, lane.needs_loop, executor.log) == (3, True, ["open one"])


def test_splits_of_one_group_are_submitted_in_order_and_failures_are_answers(submitting):
    lane, executor = submitting
    ends = Ends()
    lane.begin(["a", "fail", "b"], ends.of("x"))
    wait_for(lane, ends, 3)
    assert ends == [("x", 0, "a"), ("x", 1, "fail"), ("x", 2, "b")]
    assert executor.log[1:] == ["a", "fail", "b"]


def test_groups_run_beside_each_other(submitting):
    lane, _ = submitting
    ends = Ends()
    lane.begin(["hang", "never"], ends.of("x"))
    lane.begin(["b"], ends.of("y"))
    wait_for(lane, ends, 1)
    assert ends == [("y", 0, "b")]


def test_waiting_with_nothing_begun_ends_at_its_time(submitting):
    lane, _ = submitting
    lane.wait(0)
    lane.wait(None)
    assert lane.tasks == {}


def test_closing_cancels_what_runs_then_closes_the_executor_and_the_loop(submitting):
    lane, executor = submitting
    ends = Ends()
    lane.begin(["hang", "never"], ends.of("x"))
    lane.wait(0)
    lane.close()
    assert executor.log == ["open one", "cancelled hang", "close"]
    assert ends == [] and lane.runner.is_closed()
