"""Hooks that a pod evaluates for the layers below it: whether they may run, in which pods, and failing hooks."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import DatastoreError, FlowError
from laminar.worker import hook_answers, split
from laminar.worker.hook_answers import answered_by, answers, confirm
from laminar.worker.split import SplitFailed


class Case(Flow): ...


calls: list[str] = []
verdict: dict[str, object] = {}


def hook(name: str) -> object:
    calls.append(name)
    found = verdict.get(name, True)
    if isinstance(found, Exception):
        raise found
    return found


@Case.register
class A(Layer):
    def __call__(self) -> None:
        self.size = 64


@Case.register
class B(Layer):
    @hooks.entry
    def check(self, a: A) -> object:
        return hook("B")

    def __call__(self, a: A) -> None: ...


@Case.register(foreach=ForEach([Parameter(Parameters, "rows")]))
class C(Layer):
    @hooks.entry
    def check(self, a: A) -> object:
        return hook("C")

    @hooks.submission
    def size(self, a: A) -> None:
        hook("C.size")
        self.configuration.container = replace(self.configuration.container, memory=a.size * (1 + self.index % 2))

    def __call__(self, a: A) -> None: ...


@Case.register
class D(Layer):
    @hooks.submission
    def size(self, a: A) -> None:
        hook("D.size")
        self.configuration.container = replace(self.configuration.container, **verdict.get("D.fields", {}))

    def __call__(self, a: A) -> None: ...


@pytest.fixture
def execution():
    calls.clear()
    verdict.clear()
    made = Case(datastore=Memory(), executor=Thread()).execution("one").parameters(rows=[0, 1, 2, 3])
    split.run(made.layer(A, index=0, splits=1))
    return made


def patches(found: dict[str, object]) -> list[object]:
    return [json.loads(base64.b64decode(text)) for text in found["is"]]  # type: ignore[attr-defined]


def test_a_pod_answers_for_the_layers_that_it_evaluates(execution):
    verdict["B"] = False
    found = answers(execution, "A", answered_by(execution, "A"))
    assert (found["B"], found["C"]) == (False, True)
    assert found["C-patches"]["of"] == [0, 1, 0, 1]
    assert [patch["containers"][0]["resources"]["limits"]["memory"] for patch in patches(found["C-patches"])] == ["64M", "128M"]
    assert patches(found["D-patches"]) == [{}]
    assert execution.layer(B).state.skipped


def test_a_second_run_gives_the_same_answers_and_evaluates_nothing(execution):
    first = answers(execution, "A", answered_by(execution, "A"))
    calls.clear()
    verdict["B"] = False
    assert answers(execution, "A", answered_by(execution, "A")) == first
    assert calls == []


def test_a_run_that_resumes_evaluates_again_where_a_hook_said_no(execution):
    verdict["B"] = False
    answers(execution, "A", ["B"])
    execution.retry, verdict["B"] = True, True
    assert answers(execution, "A", ["B"]) == {"B": True}


def test_a_skipped_layers_submission_hooks_are_not_called(execution):
    verdict["C"] = False
    assert patches(answers(execution, "A", ["C"])["C-patches"]) == [{}]
    assert "C.size" not in calls


# failures are those of the layer whose hook it is


@pytest.mark.parametrize("name", ["B", "C"])
def test_a_failing_entry_hook_lets_the_layer_run_to_fail_in_its_own_pod(execution, name):
    verdict[name] = ValueError("no")
    found = answers(execution, "A", answered_by(execution, "A"))
    assert found["B"] is True and found["C"] is True
    assert not any(key.endswith(hook_answers.FAILURE) for key in found)  # not the workflow's business
    with pytest.raises(SplitFailed, match=f"Layer '{name}' .*entry hook {name}.check: ValueError: no") as raised:
        confirm(execution, name)
    assert not raised.value.retryable
    confirm(execution, "D")


def test_a_failing_submission_hook_fails_its_own_layer(execution):
    verdict["D.size"] = ValueError("no")
    assert patches(answers(execution, "A", ["B", "D"])["D-patches"]) == [{}]
    with pytest.raises(SplitFailed, match=r"submission hook D\.size: ValueError: no"):
        confirm(execution, "D")


def test_a_submission_hook_that_changes_what_a_pod_cannot_change_fails_its_own_layer(execution):
    verdict["D.fields"] = {"workdir": "/elsewhere"}
    assert answers(execution, "A", ["B", "D"])["B"] is True
    with pytest.raises(FlowError, match="changes its container's workdir"):
        confirm(execution, "D")


def test_a_failure_that_has_passed_lets_the_layer_run(execution):
    verdict["B"] = ValueError("no")
    answers(execution, "A", ["B"])
    verdict["B"] = True
    confirm(execution, "B")


def test_a_hook_that_failed_first_and_says_no_afterwards_fails_the_layer(execution):
    verdict["B"] = ValueError("no")
    answers(execution, "A", ["B"])
    verdict["B"] = False
    with pytest.raises(SplitFailed, match=r"its hooks failed first .*ValueError: no.*, and returned false afterwards"):
        confirm(execution, "B")


def test_resuming_evaluates_again_where_a_hook_failed(execution):
    verdict["B"] = ValueError("no")
    answers(execution, "A", ["B"])
    execution.retry, verdict["B"] = True, False
    assert answers(execution, "A", ["B"]) == {"B": False}


def test_an_outage_that_a_hook_meets_is_no_answer_but_another_attempt(execution):
    outage = DatastoreError("The storage is out of reach.")
    outage.transient = True
    verdict["B"] = outage
    with pytest.raises(SplitFailed) as raised:
        answers(execution, "A", ["B"])
    assert raised.value.retryable
    verdict["B"] = True
    assert answers(execution, "A", ["B"]) == {"B": True}


def test_a_gate_fails_with_its_layers_hook(execution):
    verdict["B"] = ValueError("no")
    with pytest.raises(SplitFailed, match=r"entry hook B\.check: ValueError: no"):
        answers(execution, "B-gate", ["B"])


# partial runs


@pytest.mark.parametrize(
    ("scheduled", "layers"),
    [
        (None, ["B", "C", "D"]),
        ({"A": set()}, []),
        ({"A": set(), "B": {"A"}}, ["B"]),
        ({"A": set(), "B": {"A"}, "D": set()}, ["B"]),  # a gate evaluates the hooks of a layer that does not wait for A
    ],
)
def test_a_partial_run_answers_for_the_layers_that_it_schedules(execution, scheduled, layers):
    assert answered_by(execution, "A", scheduled) == layers
