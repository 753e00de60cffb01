"""Executions: parameters, layers, execute, schedule, resume, next, results."""

from __future__ import annotations

import pytest

from laminar import Execution, Flow, Layer, Parameters
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.executors import Process, Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError, FlowError, SchedulerError

ran: list[str] = []


class Case(Flow): ...


@Case.register
class A(Layer):
    foo: str

    def __call__(self, parameters: Parameters) -> None:
        ran.append("A")
        self.foo = f"A of {parameters.foo}"
        self.shard(rows=[1, 2])


@Case.register(foreach=ForEach([Parameter(A, "rows")]))
class B(Layer):
    def __call__(self, a: A) -> None:
        ran.append(f"B{self.index}")
        if broken and a.rows == 2:
            raise ValueError("broken")
        self.value = a.rows * 10


@Case.register
class C(Layer):
    def __call__(self, b: B) -> None:
        ran.append("C")
        self.total = sum(b.value)


@Case.register
class D(Layer):
    def __call__(self, a: A) -> None:
        ran.append("D")


broken = False


@pytest.fixture
def flow(monkeypatch):
    ran.clear()
    monkeypatch.setattr(f"{__name__}.broken", False, raising=False)
    globals()["broken"] = False
    return Case(datastore=Memory(), executor=Thread(concurrency=1))


def test_layer_takes_a_name_a_class_and_an_instance(flow):
    execution = flow(foo="x")
    for layer in ("A", A, A()):
        assert execution.layer(layer).foo == "A of x"
    assert execution.layer(A(), index=0, splits=2).splits == 2
    with pytest.raises(FlowError, match="registers no layer 'E'"):
        execution.layer("E")


def test_parameters_gives_the_execution_an_id_where_it_had_none(flow):
    execution = flow.execution()
    assert execution.id is None
    returned = execution.parameters(foo="bar")
    assert returned is execution and execution.id is not None
    assert execution.layer(Parameters).foo == "bar"
    assert flow.execution("mine").parameters(foo=1).id == "mine"


def test_execute_runs_one_split_now_in_this_process(flow):
    execution = flow.execution("one").parameters(foo="x")
    assert execution.execute(layer=flow.layer(A)) is execution
    execution.execute(layer=flow.layer(B, index=1, splits=2))
    assert ran == ["A", "B1"]
    assert execution.layer(B, index=1).value == 20
    assert not execution.layer(B).state.finished
    assert not execution.finished


def test_schedule_runs_exactly_the_layers_of_the_mapping_again_if_they_had_finished(flow):
    execution = flow(foo="x")
    ran.clear()
    assert execution.schedule(dependencies={"B": {"A"}, "C": {"B"}}) is execution
    assert ran == ["B0", "B1", "C"]
    ran.clear()
    execution.schedule(dependencies={"A": set()})
    assert ran == ["A"]


def test_schedule_refuses_before_anything_runs_what_cannot_run(flow):
    execution = flow.execution("one").parameters(foo="x")
    with pytest.raises(SchedulerError, match="neither scheduled nor finished"):
        execution.schedule(dependencies={"D": {"A"}})
    with pytest.raises(SchedulerError, match="registers no layer 'E'"):
        execution.schedule(dependencies={"E": set()})
    with pytest.raises(SchedulerError, match="cycle: A -> C -> A"):
        execution.schedule(dependencies={"A": {"C"}, "C": {"A"}})
    assert ran == []


def test_resume_runs_only_what_has_not_finished_and_what_does_not_depend_on_a_failure_has_run(flow):
    globals()["broken"] = True
    with pytest.raises(ExecutionError, match=r"Layer 'B' of flow 'Case' failed \(split 1 of 2, attempt 1\)"):
        flow(execution="one", foo="x")
    assert sorted(ran) == ["A", "B0", "B1", "D"]
    ran.clear()
    globals()["broken"] = False
    execution = flow.execution("one").resume()
    assert ran == ["B1", "C"]
    assert execution.layer(C).total == 30
    assert execution.finished


def test_several_failures_raise_the_first_in_graph_order_and_count_the_others():
    class Failing(Flow): ...

    @Failing.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class X(Layer):
        def __call__(self) -> None:
            raise ValueError(f"split {self.index}")

    with pytest.raises(ExecutionError, match=r"ValueError: split 0 \(2 other splits failed too\)"):
        Failing(datastore=Memory(), executor=Thread())(rows=[1, 2, 3])


def test_resuming_an_unknown_id_is_an_error_that_names_the_newest(flow):
    flow(execution="known", foo="x")
    with pytest.raises(ExecutionError, match="the newest are: known"):
        flow.execution("unknown").resume()


def test_flow_execution_and_retry(flow):
    execution = flow.execution("one", retry=True)
    assert (execution.id, execution.flow, execution.retry) == ("one", flow, True)
    assert Execution("one", flow).retry is False
    assert not execution.running


def test_an_execution_is_running_while_this_process_schedules_it():
    class Running(Flow): ...

    @Running.register
    class X(Layer):
        def __call__(self) -> None:
            self.seen = (self.execution.running, self.state.running, self.state.finished)

    execution = Running(datastore=Memory(), executor=Thread())()
    assert execution.layer(X).seen == (True, True, False)
    assert not execution.running
    assert execution.finished


@pytest.mark.parametrize("kind", [Thread, Process])
def test_a_worker_knows_that_its_execution_is_running_and_a_bystander_that_it_is_not(kind, tmp_path):
    class Running(Flow): ...

    @Running.register
    class W(Layer):
        def __call__(self) -> None:
            self.value = 1

    @Running.register
    class X(Layer):
        def __call__(self, w: W) -> None:
            states = (self.execution.running, self.execution.finished, w.state.finished, w.state.running, self.state.running)
            self.seen = (*states, self.execution.retry)

    made = Running(datastore=Local(str(tmp_path)), executor=kind())
    execution = made()
    assert execution.layer(X).seen == (True, False, True, False, True, False)
    assert not made.execution(execution.id).running and made.execution(execution.id).finished
    assert not made.execution("other").finished


class Last(Flow): ...


@Last.register
class E(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.value = parameters.value


def test_next_links_flows_under_one_id(flow):
    store = flow.configuration.datastore
    last = Last(datastore=store, executor=Thread())
    first = flow(foo="x")
    second = first.next(flow=last, linker=lambda e: Parameters(value=e.layer(C).total))
    third = second.next(flow=last, linker=lambda e: Parameters(value=e.layer(E).value + 1))
    fourth = third.next(flow=last, linker=lambda e: Parameters(value=e.layer(E).value + 1))
    assert [e.layer(E).value for e in (second, third, fourth)] == [30, 31, 32]
    assert [e.id for e in (first, second, third, fourth)] == [first.id, first.id, f"{first.id}-2", f"{first.id}-3"]


def test_a_linker_may_pass_an_accessor_on_by_reference(flow):
    last = Last(datastore=flow.configuration.datastore, executor=Thread())
    second = flow(foo="x").next(flow=last, linker=lambda e: Parameters(value=e.layer(A).rows))
    assert list(second.layer(Parameters).value) == [1, 2]
    assert list(second.layer(E).value) == [1, 2]


def test_a_linker_that_returns_anything_else_is_an_error(flow):
    with pytest.raises(FlowError, match="returned dict, not Parameters"):
        flow(foo="x").next(flow=Last(datastore=Memory(), executor=Thread()), linker=lambda e: {})  # type: ignore[arg-type,return-value]


def test_results_are_listed(tmp_path):
    flow = Case(datastore=Local(str(tmp_path)), executor=Thread())
    store = flow.configuration.datastore
    flow(execution="b", foo="x")
    flow.execution("c").parameters()
    assert [execution.id for execution in store.list_executions(flow=flow)] == ["b", "c"]
    assert {layer.name for layer in store.list_layers(execution=flow.execution("b"))} == {"Parameters", "A", "B", "C", "D"}
    assert [artifact.name for artifact in store.list_artifacts(layer=flow.execution("b").layer(A))] == ["foo", "rows"]
    assert store.list_artifacts(layer=flow.execution("c").layer("Parameters")) == []


class TestHistory:
    """Earlier runs have the addresses of the command line, and their final states."""

    def test_executions_are_named_as_on_the_command_line(self):
        flow = Counting(datastore=Memory(), executor=Thread())
        first, second = flow(n=1), flow(n=2)
        assert [one.id for one in flow.executions()] == [second.id, first.id]
        assert flow.latest.id == flow.execution("latest").id == second.id
        assert first.id is not None
        assert flow.execution(first.id[-7:]).id == first.id
        assert (first.state, first.failures) == ("finished", ())

    def test_an_id_of_a_persons_own_is_never_completed(self):
        flow = Counting(datastore=Memory(), executor=Thread())
        flow(execution="exp-10", n=1)
        assert flow.execution("exp-1").id == "exp-1"
        assert flow.execution("exp-1").state == "unfinished"

    def test_latest_of_a_flow_that_never_ran_is_an_error(self):
        with pytest.raises(ExecutionError, match="There is no execution of flow Counting in "):
            Counting(datastore=Memory(), executor=Thread()).latest  # noqa: B018

    def test_a_failed_execution_has_its_failures(self):
        flow = Counting(datastore=Memory(), executor=Thread())
        with pytest.raises(ExecutionError):
            flow(execution="bad", n=-1)
        bad = flow.execution("bad")
        assert bad.state == "failed"
        assert [(one.layer, one.how, one.message) for one in bad.failures] == [("Count", "failed", "ValueError: too small")]


class Counting(Flow): ...


@Counting.register
class Count(Layer):
    def __call__(self, parameters: Parameters) -> None:
        if parameters.n < 0:
            raise ValueError("too small")
