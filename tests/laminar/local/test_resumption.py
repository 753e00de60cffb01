"""Which execution is resumed, with which parameters, and from which layer on."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Local
from laminar.configurations.executors import Thread
from laminar.exceptions import ExecutionError, FlowError

RUN: list[str] = []
FAILING: set[str] = set()


class Train(Flow): ...


class Named(Layer):
    def work(self, value: int) -> None:
        RUN.append(self.name)
        if self.name in FAILING:
            raise ValueError(self.name)
        self.out = value


@Train.register
class A(Named):
    def __call__(self, p: Parameters):
        self.work(p.n)


@Train.register
class B(Named):
    def __call__(self, a: A):
        self.work(a.out + 1)


@Train.register
class C(Named):
    def __call__(self, b: B):
        self.work(b.out + 1)


@Train.register
class D(Named):
    def __call__(self, a: A):
        self.work(a.out + 5)


@pytest.fixture
def flow(tmp_path):
    RUN.clear()
    FAILING.clear()
    return Train(datastore=Local(str(tmp_path / "store")), executor=Thread(concurrency=1))


def resumed(flow, id: str, **options) -> list[str]:
    RUN.clear()
    flow.execution(id).resume(**options)
    return sorted(RUN)


def test_a_layer_and_what_depends_on_it_run_again(flow):
    flow(n=1, execution="one")
    assert resumed(flow, "one", from_=B) == ["B", "C"]
    assert resumed(flow, "one", from_="A") == ["A", "B", "C", "D"]
    assert resumed(flow, "one") == []


def test_an_unknown_layer_is_refused_before_anything_is_set_aside(flow):
    flow(n=1, execution="one")
    with pytest.raises(FlowError, match="has no layer 'Bb' to run from"):
        flow.execution("one").resume(from_="Bb")
    assert resumed(flow, "one") == []


def test_results_are_restored_where_the_layer_fails(flow):
    before = flow(n=1, execution="one")
    kept = {name: before.flow.configuration.datastore.records("Train", "one", name) for name in "ABCD"}
    FAILING.add("B")
    with pytest.raises(ExecutionError):
        flow.execution("one").resume(from_=B)
    assert {name: flow.configuration.datastore.records("Train", "one", name) for name in "ABCD"} == kept
    assert flow.execution("one").layer(C).out == 3
    assert list(flow.configuration.datastore.walk("Train/executions/one/.history/aside")) == []


def test_a_result_is_not_restored_beside_new_inputs_and_is_kept_aside(flow, capsys):
    flow(n=1, execution="one")
    FAILING.add("C")
    with pytest.raises(ExecutionError):
        flow.execution("one").resume(from_=A)
    assert flow.execution("one").layer(C).state.finished is False
    assert "note: the earlier results of C are kept in" in capsys.readouterr().err
    names = [entry.name.partition("/")[2] for entry in flow.configuration.datastore.walk("Train/executions/one/.history/aside")]
    assert sorted(names) == ["A/0.json", "B/0.json", "C/0.json", "D/0.json"]
    FAILING.clear()
    assert resumed(flow, "one") == ["C"]


def test_nothing_is_left_aside_where_all_finished(flow):
    flow(n=1, execution="one")
    resumed(flow, "one", from_=A)
    assert list(flow.configuration.datastore.walk("Train/executions/one/.history/aside")) == []


def test_a_layer_with_a_cache_runs_again(tmp_path):
    class Cached(Flow): ...

    @Cached.register(cache=True)
    class Read(Layer):
        def __call__(self):
            self.out = 1

    flow = Cached(datastore=Local(str(tmp_path)), executor=Thread(concurrency=1))
    flow(execution="one")
    flow.execution("one").resume(from_=Read)
    flow(execution="two")
    reused = [flow.configuration.datastore.load("Cached", id, "Read", 0).reused for id in ("one", "two")]
    assert [bool(one) for one in reused] == [False, True]


def test_the_newest_execution_is_resumed_by_its_word_and_by_a_beginning(flow):
    FAILING.add("C")
    for id in ("early", "late"):
        with pytest.raises(ExecutionError):
            flow(n=1, execution=id)
    FAILING.clear()
    assert resumed(flow, "latest") == ["C"]
    assert flow.execution("late").finished
    assert resumed(flow, "ear") == ["C"]
    with pytest.raises(ExecutionError, match="There is no execution 'other'"):
        resumed(flow, "other")
