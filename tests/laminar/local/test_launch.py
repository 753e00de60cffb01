"""Starting, resuming and executing: parameters are stored first, and ids are used once."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError, FlowError, LayerError
from laminar.graph import PARAMETERS
from laminar.program import process_state

ran: list[str] = []


@pytest.fixture
def flow():
    class Case(Flow): ...

    @Case.register
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            ran.append("A")
            self.value = parameters.rows

    @Case.register
    class B(Layer):
        def __call__(self, a: A) -> None:
            ran.append("B")
            if a.value == "bad" and ran.count("B") == 1:
                raise ValueError("no")

    ran.clear()
    return Case(datastore=Memory(), executor=Thread())


def stored(flow: Flow, id: str) -> set[str]:
    return set(flow.configuration.datastore.layers(flow.name, id))


def test_a_start_makes_an_id_and_stores_the_parameters(flow):
    execution = flow(rows=3)
    assert execution.id is not None and execution.started
    assert stored(flow, execution.id) == {PARAMETERS, "A", "B"}
    assert execution.layer("A").value == 3


def test_an_id_with_records_is_refused_before_anything_runs(flow):
    flow(execution="mine", rows=1)
    ran.clear()
    with pytest.raises(ExecutionError, match=r"Execution 'mine' of flow 'Case' has records already\.") as raised:
        flow(execution="mine", rows=2)
    assert raised.value.where.startswith("tests/laminar/local/test_launch.py:") and ran == []


def test_resuming_runs_only_what_has_not_finished(flow):
    with pytest.raises(ExecutionError):
        flow(execution="mine", rows="bad")
    execution = flow.execution("mine").resume()
    assert execution.finished and execution.retry and ran == ["A", "B", "B"]


def test_latest_is_the_newest_execution(flow):
    flow(rows=1)
    newest = flow(rows=2)
    assert flow.execution("latest").resume().id == newest.id
    assert ran == ["A", "B"] * 2


@pytest.mark.parametrize("known", [[], ["one", "two"]])
def test_resuming_an_id_without_records_names_those_that_there_are(known, flow):
    for name in known:
        flow(execution=name, rows=1)
    with pytest.raises(
        ExecutionError, match=f"There is no execution 'other' .* among {len(known)} executions of flow Case"
    ) as raised:
        flow.execution("other").resume()
    expected = f"the newest are: {', '.join(reversed(known))}." if known else "run the flow first, or pass --datastore URL."
    assert raised.value.fix == expected


def test_executing_runs_one_layer_and_nothing_else(flow):
    execution = flow.execution("one").parameters(rows=5)
    execution.execute(layer=flow.layer("A"))
    assert ran == ["A"] and stored(flow, "one") == {PARAMETERS, "A"}
    assert execution.layer("A").value == 5


def test_a_schedule_runs_finished_layers_again(flow):
    execution = flow(rows=1)
    execution.schedule(dependencies={"B": ()})
    assert ran == ["A", "B", "B"]


def test_a_fan_out_over_a_parameter_that_is_not_passed_is_rejected_before_anything_is_stored():
    class Fan(Flow): ...

    @Fan.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None: ...

    flow = Fan(datastore=Memory(), executor=Thread())
    with pytest.raises(FlowError, match="rows"):
        flow(execution="mine", lines=[1])
    assert stored(flow, "mine") == set()


def test_a_worker_starts_no_flow(flow, monkeypatch):
    monkeypatch.setattr(process_state, "_worker", True)
    with pytest.raises(LayerError, match="Flow 'Case' is started inside a layer"):
        flow(rows=1)
    assert ran == []
