"""The scheduler: the order of starts, counted attempts, the raised failure, and layers that run again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory, Record
from laminar.configurations.executors import Thread
from laminar.configurations.executors.base import NotStarted, SplitKilled
from laminar.configurations.executors.lanes import End, InlineLane, Lane
from laminar.configurations.layers import ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError
from laminar.graph import LOST_ATTEMPTS
from laminar.worker import split_failure

if TYPE_CHECKING:
    from laminar.components.execution import Execution

Fault = Callable[[Layer], Exception | None]


class Recorder(InlineLane):
    """Run the begun splits in this thread; record which were begun together, and how many of them ran at once."""

    slots = 16

    def __init__(self, executor: Recorded) -> None:
        super().__init__(executor)
        self.recorded = executor

    def begin(self, layers: Sequence[Layer], end: End) -> None:
        self.recorded.begun.append([(layer.name, layer.index, layer.attempt) for layer in layers])
        super().begin(layers, end)
        self.recorded.most = max(self.recorded.most, len(self.begun))


class Recorded(Thread):
    """An executor whose attempts end as a fault says, or run."""

    def __init__(self, fault: Fault = lambda _: None) -> None:
        super().__init__()
        self.fault = fault
        self.begun: list[list[tuple[str, int | None, int]]] = []
        self.most = 0

    def lane(self, execution: Execution) -> Lane:
        return Recorder(self)

    def here(self, layer: Layer) -> Any:
        if error := self.fault(layer):
            raise error
        return super().here(layer)

    @property
    def attempts(self) -> list[int]:
        return [attempt for group in self.begun for _, _, attempt in group]


def killed(layer: Layer) -> SplitKilled:
    return SplitKilled(
        "it was killed", execution="e", flow=layer.flow.name, layer=layer.name, index=layer.index, attempt=layer.attempt
    )


def crashed(layer: Layer) -> split_failure.SplitFailed:
    return split_failure.failed_outside(layer, "it crashed")


def single(retry: Retry | None = None) -> type[Flow]:
    class Case(Flow): ...

    @Case.register(retry=retry or Retry(attempts=1))
    class A(Layer):
        def __call__(self) -> None:
            self.value = self.attempt

    return Case


def fan_out(**options: int) -> type[Flow]:
    class Case(Flow): ...

    @Case.register(foreach=ForEach([Parameter(Parameters, "rows")], **options), retry=Retry(attempts=1))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.value = parameters.rows

    return Case


def until(last: int, error: Callable[[Layer], Exception]) -> Fault:
    """Return a fault of all attempts up to this one."""
    return lambda layer: error(layer) if layer.attempt <= last else None


def run(flow: type[Flow], executor: Recorded, **parameters: Any) -> Execution:
    return flow(datastore=Memory(), executor=executor)(**parameters)


@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize("failing", [0, 1, 2, 3])
def test_a_failing_split_has_so_many_attempts_and_no_more(attempts, failing):
    executor = Recorded(until(failing, crashed))
    flow = single(Retry(attempts=attempts, delay=0))
    if failing < attempts:
        assert run(flow, executor).finished
    else:
        with pytest.raises(ExecutionError, match=rf"attempt {attempts}\): it crashed"):
            run(flow, executor)
    assert executor.attempts == list(range(1, min(failing + 1, attempts) + 1))


@pytest.mark.parametrize("lost", range(LOST_ATTEMPTS + 2))
def test_a_lost_attempt_is_replaced_twice_whatever_the_retry(lost):
    executor = Recorded(until(lost, killed))
    flow = single(Retry(attempts=1, delay=0))
    if lost <= LOST_ATTEMPTS:
        assert run(flow, executor).finished
    else:
        with pytest.raises(ExecutionError, match="it was killed"):
            run(flow, executor)
    assert executor.attempts == list(range(1, min(lost, LOST_ATTEMPTS) + 2))


def test_lost_attempts_leave_those_of_the_retry_as_they_are():
    faults = iter([killed, crashed, killed, crashed, crashed])
    executor = Recorded(lambda layer: next(faults)(layer))
    with pytest.raises(ExecutionError, match=r"attempt 5\): it crashed"):
        run(single(Retry(attempts=3, delay=0)), executor)
    assert executor.attempts == [1, 2, 3, 4, 5]


def test_a_split_that_was_not_started_starts_again_as_the_same_attempt():
    answers = iter([NotStarted(), None])
    executor = Recorded(lambda _: next(answers))
    assert run(single(), executor).finished
    assert executor.attempts == [1, 1]


def test_an_error_that_is_no_failure_of_a_split_ends_the_run():
    def broken(_: Layer) -> Exception:
        return RuntimeError("the executor is broken")

    with pytest.raises(RuntimeError, match="the executor is broken"):
        run(single(Retry(attempts=3, delay=0)), Recorded(broken))


@pytest.mark.parametrize(("parallelism", "most"), [(1, 1), (3, 3), (50, 5)])
def test_no_more_splits_of_a_layer_run_at_once_than_its_parallelism(parallelism, most):
    executor = Recorded()
    assert list(run(fan_out(parallelism=parallelism), executor, rows=list("abcde")).layer("A").value) == list("abcde")
    assert executor.most == most


def test_a_layer_at_its_parallelism_holds_no_other_back():
    flow = fan_out(parallelism=1)

    @flow.register(retry=Retry(attempts=1))
    class B(Layer):
        def __call__(self) -> None: ...

    executor = Recorded()
    run(flow, executor, rows=[1, 2, 3])
    assert [group[0][0] for group in executor.begun] == ["A", "B", "A", "A"]


def test_splits_of_a_batch_begin_together_in_order_and_a_retry_is_alone():
    executor = Recorded(lambda layer: killed(layer) if (layer.index, layer.attempt) == (2, 1) else None)
    run(fan_out(batch=2), executor, rows=[1, 2, 3, 4, 5])
    groups = [[(index, attempt) for _, index, attempt in group] for group in executor.begun]
    assert groups[:3] == [[(0, 1), (1, 1)], [(2, 1), (3, 1)], [(4, 1)]]
    assert groups[3:] == [[(2, 2)]]


@pytest.mark.parametrize(
    ("failing", "first", "others"),
    [([1], 1, ""), ([3, 1], 1, r" \(1 other split failed too\)"), ([4, 2, 3], 2, r" \(2 other splits failed too\)")],
)
def test_the_first_failure_by_index_is_raised_with_the_number_of_the_others(failing, first, others):
    executor = Recorded(lambda layer: crashed(layer) if layer.index in failing else None)
    with pytest.raises(ExecutionError, match=rf"split {first} of 5, attempt 1\): it crashed{others}$") as raised:
        run(fan_out(), executor, rows=[1, 2, 3, 4, 5])
    assert (raised.value.layer, raised.value.index) == ("A", first)


def test_the_first_failure_in_graph_order_is_raised_and_what_does_not_depend_on_it_runs():
    class Case(Flow): ...

    @Case.register(retry=Retry(attempts=2, delay=0))
    class Late(Layer):
        def __call__(self) -> None: ...

    @Case.register(retry=Retry(attempts=1))
    class Early(Layer):
        def __call__(self) -> None: ...

    @Case.register(retry=Retry(attempts=1))
    class Below(Layer):
        def __call__(self, early: Early) -> None: ...

    @Case.register(retry=Retry(attempts=1))
    class Apart(Layer):
        def __call__(self) -> None: ...

    executor = Recorded(lambda layer: crashed(layer) if layer.name in ("Late", "Early") else None)
    with pytest.raises(ExecutionError, match=r"'Late' .* \(1 other split failed too\)"):
        run(Case, executor)
    began = [name for group in executor.begun for name, _, _ in group]
    assert sorted(began) == ["Apart", "Early", "Late", "Late"]


# what a resumed execution runs again

ran: list[int] = []


class Case(Flow): ...


@Case.register(foreach=ForEach([Parameter(Parameters, "rows")]))
class Each(Layer):
    def __call__(self) -> None:
        ran.append(self.index)


@pytest.mark.parametrize(
    ("splits", "again"),
    [
        ({}, [0, 1]),
        ({0: 2}, [1]),
        ({1: 2}, [0]),
        ({0: 2, 1: 2}, []),
        ({0: 3}, [0, 1]),  # the layer had more splits
        ({0: 2, 1: 3}, [0, 1]),
        ({0: 3, 1: 3}, [0, 1]),
    ],
)
def test_a_changed_number_of_splits_runs_all_of_them_again(splits, again):
    ran.clear()
    store = Memory()
    execution = Case(datastore=store, executor=Thread(concurrency=1)).execution("one").parameters(rows=["x", "y"])
    for index, count in splits.items():
        store.save(Record(flow="Case", execution="one", layer="Each", index=index, splits=count))
    execution.resume()
    assert ran == again
    assert {index: record.splits for index, record in store.records("Case", "one", "Each").items()} == {0: 2, 1: 2}
    assert execution.layer("Each").state.finished
