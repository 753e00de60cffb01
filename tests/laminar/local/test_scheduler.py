"""Which splits of a layer run again, by the documents that it left."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory, Record
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter

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
