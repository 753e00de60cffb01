"""Find the layers that a resumed execution runs again, and run them on this machine."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError
from laminar.worker.job import ExecutionScope
from laminar.worker.unfinished_layers import unfinished_layers
from tests.support.small_flows import BROKEN, RAN, Declined, forget, note

ROWS = {"count": 3}


class Train(Flow): ...


@Train.register
class Read(Layer):
    def __call__(self) -> None:
        note(self)
        self.shard(rows=range(ROWS["count"]))


@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Fit(Layer):
    def __call__(self, read: Read) -> None:
        note(self)
        self.score = read.rows * 10


@Train.register(foreach=ForEach([Parameter(Fit, "score", index=None)]))
class Check(Layer):
    def __call__(self, fit: Fit) -> None:
        note(self)
        self.good = fit.score


@Train.register(foreach=ForEach([Parameter(Parameters, "names")]))
class Named(Layer):
    def __call__(self, parameters: Parameters) -> None:
        note(self)


@Train.register
class Skipped(Declined):
    def __call__(self, read: Read) -> None: ...


@Train.register
class Best(Layer):
    def __call__(self, check: Check) -> None:
        note(self)
        self.best = max(check.good)


@pytest.fixture(autouse=True)
def _fresh():
    ROWS["count"] = 3
    forget()


def started():
    execution = Train(datastore=Memory(), executor=Thread())(names=["a", "b"])
    RAN.clear()
    return execution


def left(execution):
    return unfinished_layers(ExecutionScope.of_execution(execution), execution.flow.nodes)


def test_of_a_finished_execution_only_what_was_skipped_is_left():
    assert left(started()) == {"Skipped"}


def test_what_failed_is_left_with_what_stands_below_it():
    BROKEN.add("Check")
    flow = Train(datastore=Memory(), executor=Thread())
    with pytest.raises(ExecutionError):
        flow(execution="one", names=["a"])
    assert left(flow.execution("one")) == {"Check", "Best", "Skipped"}


def test_a_fan_out_is_left_where_its_source_has_another_number_of_elements_and_so_are_those_that_iterate_over_it():
    execution = started()
    ROWS["count"] = 2
    execution.schedule(dependencies={Read: ()})
    assert left(execution) == {"Fit", "Check", "Skipped"}
    RAN.clear()
    execution.resume()
    assert sorted(RAN) == ["Check", "Check", "Fit", "Fit"]
    assert list(execution.layer(Check).good) == [0, 10]


def test_a_fan_out_over_a_fan_out_that_runs_again_with_as_many_elements_is_kept():
    execution = started()
    execution.flow.configuration.datastore.remove("Train", execution.id, "Fit")
    assert left(execution) == {"Fit", "Check", "Skipped"}  # its elements are not known yet
    RAN.clear()
    execution.resume()
    assert RAN == ["Fit"] * 3


def test_a_fan_out_whose_source_is_gone_is_kept():
    execution = started()
    store = execution.flow.configuration.datastore
    store.remove("Train", execution.id, "Parameters")
    assert "Named" not in left(execution)
