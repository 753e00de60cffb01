"""Layers: artifacts, defaults, shards, reading, and use without any flow."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Accessor, Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import Catch, ForEach, Parameter, Retry
from laminar.exceptions import ArtifactError, ExecutionError, FlowError, LayerError


class Case(Flow): ...


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


def run(flow: type[Flow], **parameters):
    return flow(datastore=Memory(), executor=Thread())(**parameters)


def test_layers_are_called_directly_without_any_flow():
    class Rows(Layer):
        rows: list[int]

    class Total(Layer):
        def __call__(self, rows: Rows) -> None:
            self.total = sum(rows.rows)
            self.shard(parts=iter(rows.rows))

    total = Total()
    total(Rows(rows=[1, 2]))
    assert (total.total, list(total.parts)) == (3, [1, 2])
    assert (total.index, total.splits, total.attempt, total.name) == (0, 1, 1, "Total")


def test_layers_compare_by_class_and_by_name():
    class A(Layer): ...

    class B(Layer): ...

    assert A() == A() and A() == "A" and A() != B() and hash(A()) == hash(A())


def test_artifacts_are_what_call_sets_private_names_excepted(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.public = 1
            self._private = 2

    layer = run(flow).layer(A)
    assert layer.artifacts == ("public",)
    with pytest.raises(AttributeError):
        layer._private  # noqa: B018


def test_a_stored_value_wins_over_a_class_value_and_a_class_value_is_the_default(flow):
    @flow.register
    class A(Layer):
        rate = 1
        other = 2

        def __call__(self) -> None:
            assert self.other == 2
            self.rate = 10

    layer = run(flow).layer(A)
    assert (layer.rate, layer.other, A.rate, A().rate) == (10, 2, 1, 1)


@pytest.mark.parametrize("name", ["index", "name", "flow", "state", "artifacts", "hooks", "shard", "attempt", "splits"])
def test_setting_a_reserved_name_is_an_error_at_that_line(name):
    class A(Layer):
        def __call__(self) -> None:
            setattr(self, name, 1)

    with pytest.raises(LayerError, match=f"sets '{name}'") as raised:
        A()()
    assert "test_layer.py:" in raised.value.where
    with pytest.raises(FlowError, match=f"defines '{name}'"):
        type("B", (Layer,), {name: 1})
    with pytest.raises(FlowError, match=f"defines '{name}'"):
        type("C", (Layer,), {"__annotations__": {name: int}})


def test_a_value_that_cannot_be_pickled_is_an_error_naming_the_attribute(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.generator = (x for x in ())

    with pytest.raises(ExecutionError, match="Attribute 'generator' of layer 'A' cannot be stored"):
        run(flow)


def test_a_shard_is_read_as_an_accessor_and_elements_come_one_by_one(flow):
    seen = []

    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            def rows():
                for number in range(5):
                    seen.append(number)
                    yield {"row": number}

            self.shard(rows=rows())
            self.first = self.rows[0]

    layer = run(flow).layer(A)
    assert isinstance(layer.rows, Accessor)
    assert len(layer.rows) == 5
    assert layer.rows[-1] == {"row": 4}
    assert list(layer.rows[1:3]) == [{"row": 1}, {"row": 2}]
    assert layer.first == {"row": 0}
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("count", [0, 1])
def test_a_shard_of_no_or_one_element_is_an_accessor_too(flow, count):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.shard(rows=range(count))

    assert list(run(flow).layer(A).rows) == list(range(count))
    assert isinstance(run(flow).layer(A).rows, Accessor)


def test_setting_and_sharding_one_attribute_or_sharding_it_twice_is_an_error(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.shard(rows=[1])
            with pytest.raises(LayerError, match="shards 'rows' twice"):
                self.shard(rows=[1])
            with pytest.raises(LayerError, match=r"shards 'rows' twice|both"):
                self.rows = 1
            self.value = 1
            with pytest.raises(LayerError, match="both"):
                self.shard(value=[1])

    assert run(flow).layer(A).value == 1


def test_a_shard_that_did_not_complete_counts_as_never_set(flow):
    @flow.register(catch=Catch(ValueError))
    class A(Layer):
        def __call__(self) -> None:
            def rows():
                yield 1
                raise ValueError("half way")

            self.before = 1
            self.shard(rows=rows())

    layer = run(flow).layer(A)
    assert layer.artifacts == ("before",)
    with pytest.raises(ArtifactError, match="caught ValueError: half way"):
        layer.rows  # noqa: B018


def test_a_missing_attribute_says_whether_it_was_never_set_or_the_layer_is_unfinished(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.value = 1

    made = flow(datastore=Memory(), executor=Thread())
    with pytest.raises(AttributeError, match="has not finished"):
        made.execution("none").layer(A).value  # noqa: B018
    with pytest.raises(AttributeError, match="finished without setting 'other'"):
        made().layer(A).other  # noqa: B018
    with pytest.raises(ArtifactError, match="Did you mean 'value'") as misspelled:
        made().layer(A).valeu  # noqa: B018
    assert misspelled.value.fix.startswith("read .value instead, or set self.valeu in A.__call__")
    with pytest.raises(AttributeError, match="belongs to no execution"):
        A().value  # noqa: B018


def test_retries_see_their_attempt_and_failures_name_flow_layer_split_and_attempt(flow):
    @flow.register(retry=Retry(attempts=3, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            if self.attempt < 3:
                raise ValueError("not yet")
            self.value = self.attempt

    assert run(flow).layer(A).value == 3

    class Other(Flow): ...

    @Other.register(retry=Retry(attempts=2, delay=0))
    class B(Layer):
        def __call__(self) -> None:
            raise KeyError("gone")

    with pytest.raises(ExecutionError, match=r"Layer 'B' of flow 'Other' failed \(attempt 2\): KeyError: 'gone'") as raised:
        run(Other)
    error = raised.value
    assert (error.flow, error.layer, error.index, error.attempt) == ("Other", "B", 0, 2)
    assert isinstance(error.__cause__, KeyError)
    assert "raise KeyError" in str(error)


def test_catch_keeps_what_was_set_and_the_exception(flow):
    @flow.register(catch=Catch(LookupError))
    class A(Layer):
        def __call__(self) -> None:
            self.value = 1
            raise KeyError("subclass")

    @flow.register
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.value = a.value + 1

    execution = run(flow)
    assert execution.layer(B).value == 2
    record = execution.flow.configuration.datastore.load("Case", execution.id, "A", 0)
    assert record.caught == "KeyError: 'subclass'"


def test_the_return_value_is_ignored_and_parameters_are_a_layer(flow):
    @flow.register
    class A(Layer):
        def __call__(self, parameters: Parameters) -> int:
            self.value = parameters.pair
            return 5

    assert run(flow, pair=(1, 2)).layer(A).value == [1, 2]


def test_values_json_cannot_carry_are_stored_as_artifacts_locally(flow):
    @flow.register
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.value = parameters.table

    assert run(flow, table={1: {2, 3}}).layer(A).value == {1: {2, 3}}


def test_every_split_reads_its_element_and_others_read_the_layer_flat(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.shard(rows=[10, 20, 30])

    @flow.register(foreach=ForEach([Parameter(A, "rows")]))
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.value = a.rows + self.index
            self.splits_seen = self.splits
            if self.index == 1:
                self.only = "one"

    layer = run(flow).layer(B)
    assert list(layer.value) == [10, 21, 32]
    assert list(layer.splits_seen) == [3, 3, 3]
    assert list(layer.only) == ["one"]
    assert layer.splits == 3
    assert layer.execution.layer(B, index=1).value == 21


def test_a_class_value_is_no_result_of_a_layer_that_has_not_finished(flow):
    @flow.register
    class A(Layer):
        rate = 1

    made = flow(datastore=Memory(), executor=Thread())
    with pytest.raises(AttributeError, match="Layer 'A' has not finished, so 'rate' cannot be read"):
        made.execution("none").layer(A).rate  # noqa: B018
    assert made.layer(A).rate == made().layer(A).rate == 1


@pytest.mark.parametrize("code", [None, 0, 3])
def test_leaving_by_sys_exit_fails_the_layer(flow, code):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            raise SystemExit(code)

    with pytest.raises(ExecutionError, match="SystemExit") as raised:
        run(flow)
    assert "return from __call__" in raised.value.fix


def test_reading_a_default_stores_nothing_however_large_it_is(flow):
    large = list(range(10_000))

    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class A(Layer):
        table = large

        def __call__(self, parameters: Parameters) -> None:
            self.row = parameters.rows

    store = Memory()
    execution = flow(datastore=store, executor=Thread())(rows=[1, 2])
    assert list(execution.layer(A).table) == [large, large]
    assert list(store.walk("artifacts")) == []


def test_a_private_attribute_cannot_be_sharded(flow):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            self.shard(_rows=[1])

    with pytest.raises(ExecutionError, match="shards '_rows': an attribute with a leading underscore is not stored"):
        flow(datastore=Memory(), executor=Thread())()


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (b"abc", "a bytes, whose elements would be numbers"),
        ({"a": 1}, "a mapping, whose elements would be its keys alone"),
        (pd.DataFrame({"a": [1]}), "a DataFrame, whose elements would be the names of its columns"),
        (5, "a int, which has no elements"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_clear_elements_cannot_be_sharded(values, problem):
    class A(Layer): ...

    with pytest.raises(LayerError, match=f"Layer 'A' shards 'rows', {problem}") as raised:
        A().shard(rows=values)
    assert raised.value.fix.startswith("write self.shard(rows=")


@pytest.mark.parametrize(
    "values", [[1], (1,), {1}, "a", range(1), np.ones((2, 2)), iter([1]), {"a": 1}.items()], ids=lambda value: type(value).__name__
)
def test_any_other_iterable_can_be_sharded(values):
    class A(Layer): ...

    a = A()
    a.shard(rows=values)
    assert len(a.rows) > 0


def test_an_attribute_that_only_a_constructor_sets_is_missing_with_the_reason(flow):
    @flow.register
    class A(Layer):
        def __init__(self) -> None:
            self.k = 3

        def __call__(self) -> None:
            self.value = self.k

    with pytest.raises(ExecutionError) as raised:
        run(flow)
    assert raised.value.fix == "set it first: self.k = ... in __call__, or give it a class value: a flow does not call A.__init__"
