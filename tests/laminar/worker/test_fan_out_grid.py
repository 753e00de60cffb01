"""ForEach: grids, chains of fan-outs, over Parameters, over one split, empty."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Accessor, Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import FlowError
from laminar.graph import Axis
from laminar.worker import fan_out_grid
from laminar.worker.job import ExecutionScope


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


def run(flow: type[Flow], **parameters):
    return flow(datastore=Memory(), executor=Thread())(**parameters)


def test_a_grid_runs_the_last_parameter_fastest(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.shard(x=["a", "b"], y=[1, 2, 3])
            self.z = "one element"

    @flow.register(foreach=ForEach([Parameter(A, "x"), Parameter(A, "y"), Parameter(A, "z")]))
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.value = (a.x, a.y, a.z)

    expected = [(x, y, "one element") for x in "ab" for y in (1, 2, 3)]
    assert list(run(flow).layer(B).value) == expected


def test_a_list_in_parameters_counts_its_elements_and_anything_else_is_one(flow):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rates"), Parameter(Parameters, "title")]))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.value = (parameters.rates, parameters.title, parameters.other)

    execution = run(flow, rates=[1, 2], title="n", other=[5, 6])
    assert list(execution.layer(A).value) == [(1, "n", [5, 6]), (2, "n", [5, 6])]


@pytest.fixture
def chained(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.shard(foo=[0, 1, 2])

    @flow.register(foreach=ForEach([Parameter(A, "foo")]))
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.shard(bar=[(a.foo, k) for k in range(a.foo)])
            if a.foo != 1:
                self.baz = a.foo

    return flow, A, B


def test_a_chain_over_all_splits_is_flat_and_in_order(chained):
    flow, _, B = chained

    @flow.register(foreach=ForEach([Parameter(B, "bar", index=None)]))
    class C(Layer):
        def __call__(self, b: B) -> None:
            self.value = b.bar

    assert list(run(flow).layer(C).value) == [(1, 0), (2, 0), (2, 1)]


def test_a_chain_over_one_split_goes_over_that_splits_elements(chained):
    flow, _, B = chained

    @flow.register(foreach=ForEach([Parameter(B, "bar", index=2)]))
    class C(Layer):
        def __call__(self, b: B) -> None:
            self.value = b.bar

    assert list(run(flow).layer(C).value) == [(2, 0), (2, 1)]


def test_a_split_that_never_set_the_attribute_contributes_no_element(chained):
    flow, _, B = chained

    @flow.register(foreach=ForEach([Parameter(B, "baz", index=None)]))
    class C(Layer):
        def __call__(self, b: B) -> None:
            self.value = b.baz

    execution = run(flow)
    assert list(execution.layer(C).value) == [0, 2]
    assert list(execution.layer(B).baz) == [0, 2]
    assert list(execution.layer(B).bar) == [(1, 0), (2, 0), (2, 1)]


def test_an_empty_fan_out_finishes_without_a_split_and_reads_as_empty(flow):
    ran = []

    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.shard(rows=[])

    @flow.register(foreach=ForEach([Parameter(A, "rows")]))
    class B(Layer):
        def __call__(self, a: A) -> None:
            ran.append(1)
            self.value = 1

    @flow.register(foreach=ForEach([Parameter(B, "value", index=None)]))
    class C(Layer):
        def __call__(self, b: B) -> None:
            ran.append(2)

    @flow.register
    class D(Layer):
        def __call__(self, b: B, c: C) -> None:
            self.values = list(b.value)

    execution = run(flow)
    assert ran == []
    assert isinstance(execution.layer(B).value, Accessor)
    assert len(execution.layer(B).value) == 0
    assert execution.layer(B).state.finished and execution.layer(C).state.finished
    assert execution.layer(D).values == []
    assert execution.layer(B).splits == 0


def test_index_must_be_said_over_a_fan_out_and_only_there(chained):
    flow, A, B = chained

    class One(flow): ...

    @One.register(foreach=ForEach([Parameter(B, "bar")]))
    class C(Layer): ...

    with pytest.raises(FlowError, match="it is unknown which of its splits"):
        run(One)

    class Two(flow): ...

    @Two.register(foreach=ForEach([Parameter(A, "foo", index=1)]))
    class D(Layer): ...

    with pytest.raises(FlowError, match="which is no fan-out"):
        run(Two)


def test_layers_that_are_not_gone_over_read_whole_in_a_split(chained):
    flow, A, B = chained

    @flow.register(foreach=ForEach([Parameter(A, "foo")]))
    class C(Layer):
        def __call__(self, a: A, b: B) -> None:
            self.value = (a.foo, list(b.baz))

    assert list(run(flow).layer(C).value) == [(0, [0, 2]), (1, [0, 2]), (2, [0, 2])]


def test_parallelism_bounds_the_splits_that_run_at_once(flow):
    import threading
    import time

    running, most = 0, 0
    lock = threading.Lock()

    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")], parallelism=2))
    class A(Layer):
        def __call__(self) -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1

    flow(datastore=Memory(), executor=Thread(concurrency=8))(rows=list(range(8)))
    assert most == 2


def test_a_source_that_was_skipped_has_no_elements_for_a_layer_that_decides_itself(flow):
    ran = []

    @flow.register
    class A(Layer):
        rows: list[int]

        @hooks.entry
        def never(self) -> bool:
            return False

    @flow.register(foreach=ForEach([Parameter(A, "rows")]))
    class B(Layer):
        @hooks.entry
        def always(self) -> bool:
            return True

        def __call__(self) -> None:
            ran.append(self.index)

    execution = run(flow)
    assert ran == []
    assert execution.layer(B).state.finished and execution.layer(B).splits == 0
    scope = ExecutionScope.of_execution(execution)
    assert fan_out_grid.length(scope, Axis("A", "rows")) == 0
    assert fan_out_grid.count(scope, "B") == 0
