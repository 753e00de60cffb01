"""Conditions for a mapping of layers to schedule."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer
from laminar.components.schedule_check import check_schedule, schedule_problems
from laminar.configurations.datastores import Memory, Record
from laminar.configurations.executors import Thread
from laminar.exceptions import SchedulerError
from laminar.program.recording import Step


class Case(Flow): ...


@Case.register
class A(Layer): ...


@Case.register
class B(Layer):
    def __call__(self, a: A) -> None: ...


@Case.register
class C(Layer): ...


@pytest.fixture
def execution():
    return Case(datastore=Memory(), executor=Thread()).execution("one")


def step(execution, dependencies):
    return Step(execution, action="schedule", dependencies=dependencies, where="main.py:3")


@pytest.mark.parametrize(
    ("dependencies", "messages"),
    [
        ({}, ["There is no layer to schedule."]),
        ({"X": set(), "A": {"Z", "Y"}}, [f"Flow 'Case' registers no layer {name!r}." for name in "XYZ"]),
        ({"A": {"B"}, "B": {"A"}, "X": set()}, ["Flow 'Case' registers no layer 'X'."]),
        ({"A": {"A"}}, ["The layers to schedule form a cycle: A -> A."]),
        ({"A": set(), "B": {"A"}}, []),
        ({"B": set()}, []),  # whatever has run
    ],
)
def test_unknown_names_or_else_a_cycle_are_problems_whatever_has_run(dependencies, messages, execution):
    problems = list(schedule_problems(step(execution, dependencies)))
    assert [problem.what for problem in problems] == messages
    assert all(isinstance(problem, SchedulerError) and problem.where == "main.py:3" and problem.fix for problem in problems)


def test_a_cycle_names_its_layers_in_order(execution):
    (problem,) = schedule_problems(step(execution, {"A": {"B"}, "B": {"C"}, "C": {"A"}}))
    assert problem.what.removesuffix(".").split(": ")[1] in ("A -> B -> C -> A", "B -> C -> A -> B", "C -> A -> B -> C")


@pytest.mark.parametrize(
    ("dependencies", "missing"),
    [
        ({"B": set()}, ["A"]),  # a dependency of the layer's own
        ({"B": {"C"}}, ["A", "C"]),
        ({"C": {"A"}}, ["A"]),
        ({"A": set(), "B": set()}, []),
        ({"A": set()}, []),
    ],
)
def test_dependencies_are_scheduled_or_finished(dependencies, missing, execution):
    if not missing:
        check_schedule(step(execution, dependencies))
        return
    with pytest.raises(SchedulerError) as raised:
        check_schedule(step(execution, dependencies))
    problems = raised.value.problems or (raised.value,)
    assert [problem.what.split("'")[3] for problem in problems] == missing
    for name in missing:
        execution.flow.configuration.datastore.save(Record(flow="Case", execution="one", layer=name))
    check_schedule(step(execution, dependencies))
