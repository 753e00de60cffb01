"""Retry and catch: counted attempts, delays, kept artifacts, on inherited flows too."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.executors import Executor, Process, Thread
from laminar.configurations.executors.base import SplitKilled
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError
from laminar.worker.split import SplitFailed


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


def in_threads(flow: type[Flow]) -> Flow:
    return flow(datastore=Memory(), executor=Thread())


def test_a_failing_split_is_tried_again_by_itself(flow):
    ran = []

    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]), retry=Retry(attempts=2, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            ran.append((self.index, self.attempt))
            if (self.index, self.attempt) == (1, 1):
                raise ValueError
            self.value = self.attempt

    assert list(in_threads(flow)(rows=[1, 2, 3]).layer(A).value) == [1, 2, 1]
    assert sorted(ran) == [(0, 1), (1, 1), (1, 2), (2, 1)]


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_attempts_are_total_tries(flow, attempts):
    ran = []

    @flow.register(retry=Retry(attempts=attempts, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            ran.append(self.attempt)
            raise ValueError

    with pytest.raises(ExecutionError) as raised:
        in_threads(flow)()
    assert ran == list(range(1, attempts + 1))
    assert raised.value.attempt == attempts


def test_it_waits_delay_times_backoff_to_the_attempt_minus_one_plus_jitter(flow):
    times = []

    @flow.register(retry=Retry(attempts=3, delay=0.1, backoff=3, jitter=0.5))
    class A(Layer):
        def __call__(self) -> None:
            times.append(time.monotonic())
            if self.attempt < 3:
                raise ValueError

    in_threads(flow)()
    first, second = times[1] - times[0], times[2] - times[1]
    assert 0.1 <= first < 0.1 * 1.5 + 0.5
    assert 0.3 <= second < 0.3 * 1.5 + 0.5


@pytest.mark.parametrize(("kills", "finishes"), [(2, True), (3, False)])
def test_attempts_that_were_killed_do_not_count_and_are_tried_again_twice(kills, finishes, flow, tmp_path):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            if self.attempt <= kills:
                os.kill(os.getpid(), signal.SIGKILL)
            self.value = self.attempt

    made = flow(datastore=Local(str(tmp_path)), executor=Process())
    if finishes:
        assert made().layer(A).value == 3
    else:
        with pytest.raises(ExecutionError, match="it was killed by SIGKILL"):
            made()


def test_a_crash_of_the_layers_own_counts_as_its_failure(flow, tmp_path):
    @flow.register(retry=Retry(attempts=2, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            os.kill(os.getpid(), signal.SIGSEGV)

    with pytest.raises(ExecutionError, match=r"\(attempt 2\): it was ended by SIGSEGV"):
        flow(datastore=Local(str(tmp_path)), executor=Process())()


def test_catch_covers_subclasses_keeps_what_was_set_and_nothing_is_tried_again(flow, tmp_path):
    @flow.register(catch=Catch(OSError, LookupError), retry=Retry(attempts=3, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            self.value = self.attempt
            raise FileNotFoundError(2, "gone")

    execution = flow(datastore=Local(str(tmp_path)), executor=Process())()
    record = execution.flow.configuration.datastore.load("Case", execution.id, "A", 0)
    assert execution.layer(A).value == 1 and execution.finished
    assert (record.attempt, record.caught) == (1, "FileNotFoundError: [Errno 2] gone")
    assert 'raise FileNotFoundError(2, "gone")' in record.caught_traceback


def test_what_catch_does_not_name_fails_the_layer_and_is_tried_again(flow):
    ran = []

    @flow.register(catch=Catch(KeyError), retry=Retry(attempts=2, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            ran.append(self.attempt)
            raise LookupError

    with pytest.raises(ExecutionError):
        in_threads(flow)()
    assert ran == [1, 2]


def test_each_split_of_a_fan_out_catches_for_itself(flow):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]), catch=Catch(ZeroDivisionError))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.before = parameters.rows
            self.inverse = 1 / parameters.rows

    layer = in_threads(flow)(rows=[1, 0, 2]).layer(A)
    assert list(layer.before) == [1, 0, 2]
    assert list(layer.inverse) == [1.0, 0.5]


def test_retry_catch_and_container_hold_on_inherited_flows(flow):
    ran = []

    @flow.register(retry=Retry(attempts=2, delay=0), catch=Catch(KeyError), container=Container(memory=7))
    class A(Layer):
        def __call__(self) -> None:
            ran.append((self.flow.name, self.attempt, self.configuration.container.memory))
            if self.attempt == 1:
                raise ValueError
            raise KeyError

    class Child(flow): ...

    @Child.register
    class B(Layer):
        def __call__(self, a: A) -> None: ...

    assert in_threads(Child)().layer(B).state.finished
    assert ran == [("Child", 1, 7), ("Child", 2, 7)]


def test_the_remote_traceback_and_the_cause_come_along_where_it_can_be_pickled(flow, tmp_path):
    class Unpicklable(Exception):
        def __reduce__(self):
            raise TypeError("never")

    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            raise ValueError("across")

    class Other(Flow): ...

    @Other.register
    class B(Layer):
        def __call__(self) -> None:
            raise Unpicklable("stays")

    with pytest.raises(ExecutionError, match="ValueError: across") as raised:
        flow(datastore=Local(str(tmp_path)), executor=Process())()
    assert isinstance(raised.value.__cause__, ValueError)
    assert 'raise ValueError("across")' in str(raised.value)
    with pytest.raises(ExecutionError, match="Unpicklable: stays") as raised:
        Other(datastore=Local(str(tmp_path)), executor=Process())()
    assert raised.value.__cause__ is None


class Reporting(Executor):
    """Report what each attempt is told to: a failure that is one, a kill, or what a container says of itself."""

    isolated = False

    def __init__(self, *outcomes: str) -> None:
        super().__init__(concurrency=1)
        self.outcomes = list(outcomes)
        self.attempts: list[int] = []

    async def submit(self, *, layer):
        self.attempts.append(layer.attempt)
        outcome = self.outcomes.pop(0) if self.outcomes else "done"
        if outcome == "done":
            return self.here(layer)
        failed = SplitKilled("killed") if outcome == "killed" else SplitFailed("failed")
        failed.layer, failed.index, failed.retryable = layer.name, layer.index, outcome == "again"
        raise failed


@pytest.mark.parametrize(
    ("attempts", "outcomes", "made", "finished"),
    [
        (1, ["failed"], [1], False),
        (2, ["again", "failed"], [1, 2], False),
        (2, ["again"], [1, 2], True),
        (1, ["killed"], [1, 2], True),
        (1, ["killed", "killed"], [1, 2, 3], True),
        (1, ["killed", "killed", "killed"], [1, 2, 3], False),
        # A container reports only that it may be retried. Where all attempts were made, they did not all count.
        (1, ["again"], [1, 2], True),
        (1, ["again", "again", "again"], [1, 2, 3], False),
        (2, ["again", "again"], [1, 2, 3], True),
        (2, ["killed", "again", "failed"], [1, 2, 3], False),
    ],
)
def test_an_attempt_that_does_not_count_is_replaced_twice_and_others_are_made_as_often_as_was_said(
    flow, attempts, outcomes, made, finished
):
    @flow.register(retry=Retry(attempts=attempts, delay=0))
    class A(Layer):
        def __call__(self) -> None: ...

    executor = Reporting(*outcomes)
    flow = flow(datastore=Memory(), executor=executor)
    if finished:
        assert flow().finished
    else:
        with pytest.raises(ExecutionError):
            flow()
    assert executor.attempts == made


def test_pauses_between_attempts_draw_nothing_from_the_programs_random_numbers(flow):
    @flow.register(retry=Retry(attempts=2, delay=0.001))
    class A(Layer):
        def __call__(self) -> None:
            if self.attempt == 1:
                raise ValueError

    before = random.getstate()
    assert in_threads(flow)().finished
    assert random.getstate() == before
