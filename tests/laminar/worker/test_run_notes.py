"""Notes about dropped values and collections that were not split; errors for attributes that no layer would read."""

from __future__ import annotations

import numpy as np
import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError
from laminar.worker import split


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


def ran(flow: type[Flow], layer: str, capsys: pytest.CaptureFixture[str], index: int = 0, splits: int = 1) -> list[str]:
    """Run a split and return the notes that it printed."""
    execution = flow(datastore=Memory(), executor=Thread()).execution("one").parameters(rows=[1, 2])
    split.run(execution.layer(layer, index=index, splits=splits))
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("laminar: note: ")]


def test_a_value_that_a_call_returns_is_dropped_with_a_note(flow, capsys):
    @flow.register
    class Fit(Layer):
        model: list[int]

        def __call__(self):
            return [1, 2]

    (note,) = ran(flow, "Fit", capsys)
    assert "Fit.__call__ returned a value of type 'list', which is dropped: set it on the layer, as self.model = ..." in note
    assert "test_run_notes.py:" in note


def test_a_fan_out_notes_it_once(flow, capsys):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class Fit(Layer):
        def __call__(self):
            return 1

    assert len(ran(flow, "Fit", capsys, 0, 2)) == 1
    assert ran(flow, "Fit", capsys, 1, 2) == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([1, 2, 3], "a list of 3"),
        ((1, 2), "a tuple of 2"),
        (range(4), "a range of 4"),
        ({1, 2}, "a set of 2"),
        ([], "a list of 0"),
        (np.arange(5), "a ndarray of 5"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_fan_out_over_a_set_collection_runs_once_with_a_note_of_what_to_write(flow, capsys, value, shown):
    @flow.register
    class List(Layer):
        def __call__(self) -> None:
            self.files = value

    @flow.register(foreach=ForEach([Parameter(List, "files")]))
    class Read(Layer):
        def __call__(self, list: List) -> None: ...

    (note,) = ran(flow, "List", capsys)
    assert f"Read runs once over List.files, which was set to {shown}" in note
    assert "write self.shard(files=...) in List.__call__" in note


@pytest.mark.parametrize("value", [[1], "abc", {"a": 1, "b": 2}, None, 3, np.ones((2, 2))], ids=lambda value: str(value)[:12])
def test_one_element_is_no_reason_for_a_note(flow, capsys, value):
    @flow.register
    class List(Layer):
        def __call__(self) -> None:
            self.files = value

    @flow.register(foreach=ForEach([Parameter(List, "files")]))
    class Read(Layer):
        def __call__(self, list: List) -> None: ...

    assert ran(flow, "List", capsys) == []


def test_a_sharded_collection_is_no_reason_for_a_note(flow, capsys):
    @flow.register
    class List(Layer):
        def __call__(self) -> None:
            self.shard(files=[1, 2])

    @flow.register(foreach=ForEach([Parameter(List, "files")]))
    class Read(Layer):
        def __call__(self, list: List) -> None: ...

    assert ran(flow, "List", capsys) == []


# what no other layer would see


def test_setting_an_attribute_on_a_dependency_is_an_error_that_says_where_to_set_it(flow):
    @flow.register
    class Rows(Layer):
        def __call__(self) -> None:
            self.rows = [1]

    @flow.register
    class Fit(Layer):
        def __call__(self, rows: Rows, parameters: Parameters) -> None:
            rows._cache = 1  # private: nobody expects others to see it
            if parameters.which == "rows":
                rows.clean = 2
            else:
                parameters.rate = 3

    for which, name in (("rows", "clean"), ("parameters", "rate")):
        with pytest.raises(
            ExecutionError, match=f"Layer 'Fit' sets '{name}' on '(Rows|Parameters)', which it only reads"
        ) as raised:
            flow(datastore=Memory(), executor=Thread())(which=which)
        assert raised.value.fix.startswith(f"keep it on the layer itself: self.{name} = ...")


@pytest.mark.parametrize(
    ("change", "kept"),
    [(lambda layer: layer.losses.append(1), [1]), (lambda layer: layer.losses, None), (lambda layer: None, None)],
    ids=["changed", "read", "untouched"],
)
def test_a_class_value_changed_in_place_is_stored_as_if_it_had_been_set(flow, change, kept):
    @flow.register
    class Fit(Layer):
        losses: list[int] = []

        def __call__(self) -> None:
            change(self)

    store = Memory()
    execution = flow(datastore=store, executor=Thread())(execution="one")
    assert ("losses" in store.load("Case", "one", "Fit", 0).artifacts) == (kept is not None)
    assert execution.layer(Fit).losses == (kept or [])
    assert Fit.losses == []


def test_each_split_changes_its_own_copy_of_a_class_value(flow):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class Fit(Layer):
        seen: list[int] = []

        def __call__(self, parameters: Parameters) -> None:
            self.seen.append(parameters.rows)

    execution = flow(datastore=Memory(), executor=Thread(concurrency=1))(rows=[1, 2, 3])
    assert list(execution.layer(Fit).seen) == [[1], [2], [3]]
