"""The calls of flows that a process has made, which its workers repeat."""

from __future__ import annotations

import pickle
import sys
import types

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.exceptions import ExecutionError
from laminar.program import call_log
from laminar.program.call_log import Call


class Case(Flow): ...


@Case.register
class Fit(Layer):
    def __call__(self) -> None:
        raise ValueError("no rows")


class Plain(Flow): ...


@Plain.register
class Only(Layer):
    def __call__(self) -> None: ...


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    monkeypatch.setattr(call_log, "calls", [])


def test_calls_are_noted_in_order_with_the_errors_that_they_raised():
    flow = Plain(datastore=Memory(), executor=Thread())
    flow(execution="one")
    with pytest.raises(ExecutionError):
        Case(datastore=Memory(), executor=Thread())(execution="two")
    first, second = call_log.calls
    assert first == Call("Plain", "one")
    assert (second.flow, second.execution, pickle.loads(second.error).layer) == ("Case", "two", "Fit")


def test_another_program_begins_with_no_calls(monkeypatch):
    Plain(datastore=Memory(), executor=Thread())(execution="one")
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    Plain(datastore=Memory(), executor=Thread())(execution="two")
    assert call_log.calls == [Call("Plain", "two")]


def test_a_call_that_is_not_run_has_no_execution():
    execution = Plain(datastore=Memory(), executor=Thread()).execution("one")
    execution.idle = True
    with call_log.noted(execution):
        pass
    assert call_log.calls == [Call("Plain")]


def test_the_calls_before_are_those_before_the_last_which_is_the_flows_own(monkeypatch):
    assert call_log.before("Plain") is None
    monkeypatch.setattr(call_log, "calls", [Call("Case", "one"), Call("Plain")])
    assert call_log.before("Plain") == (Call("Case", "one"),)
    assert call_log.before("Case") is None
