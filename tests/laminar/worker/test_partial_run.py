"""A planner's pod: lengths and states of layers outside of a part, and removal of documents inside."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import SchedulerError
from laminar.program.recording import Step
from laminar.worker.partial_run import prepare


class Case(Flow): ...


@Case.register
class A(Layer):
    def __call__(self) -> None:
        self.shard(rows=[1, 2, 3])


@Case.register
class S(Layer):
    @hooks.entry
    def never(self, a: A) -> bool:
        return False


@Case.register(foreach=ForEach([Parameter(A, "rows"), Parameter(Parameters, "names")]))
class B(Layer):
    def __call__(self, a: A) -> None:
        self.value = a.rows


@Case.register(foreach=ForEach([Parameter(B, "value", index=1)]))
class C(Layer): ...


@Case.register
class D(Layer):
    def __call__(self, s: S, b: B) -> None: ...


@pytest.fixture
def execution():
    return Case(datastore=Memory(), executor=Thread())(names=["x", "y"])


def step(execution, **dependencies: set[str]) -> Step:
    return Step(execution, action="schedule", dependencies=dependencies)


def test_lengths_and_states_of_what_is_outside_are_published_and_what_is_inside_is_removed(execution):
    outputs = prepare(execution, step(execution, B=set(), D={"B"}))
    assert outputs.lengths == {"A.rows": [3], "Parameters.names": [2]}
    assert outputs.entries == {"D": False}  # S was skipped
    assert execution.layer(A).state.finished and not execution.layer(B).state.finished


def test_one_split_of_a_fan_out_has_a_length_of_its_own(execution):
    assert prepare(execution, step(execution, C=set())).lengths == {"B[1].value": [1]}


def test_what_is_inside_as_well_is_counted_when_it_has_run(execution):
    outputs = prepare(execution, step(execution, A=set(), B={"A"}, C={"B"}))
    assert outputs.lengths == {"Parameters.names": [2]}
    assert outputs.entries == {}


def test_a_resumed_run_looks_up_the_parameters_alone(execution):
    outputs = prepare(execution, Step(execution, action="resume"))
    assert outputs.lengths == {"Parameters.names": [2]}
    assert execution.layer(B).state.finished


def test_nothing_is_removed_where_a_dependency_is_missing(execution):
    execution.flow.configuration.datastore.remove("Case", execution.id, "A")
    with pytest.raises(SchedulerError, match="'B' needs 'A', which is neither scheduled nor finished"):
        prepare(execution, step(execution, B=set()))
    assert execution.layer(B).state.finished
