"""Retries: by policy, by expression, up to the limit."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Outcome, Refused
from tests.support.rehearsed import Script, dag, lines, pod, run, task, workflow

BY_CAUSE = (
    "asInt(lastRetry.exitCode) == 75 || (!(lastRetry.message contains 'specified deadline')"
    " && (lastRetry.status == 'Error' || asInt(lastRetry.exitCode) in [-1, 128, 137, 143]))"
)
LOST = Outcome(-1, error="pod deleted")
OVERDUE = Outcome(-1, overdue=True)


def tried(codes: list[object], **strategy: object) -> list[str]:
    template = pod(retryStrategy={"limit": "2", **strategy})
    return lines(run(workflow(dag("main", task("A")), template), Script({"A": codes})))


@pytest.mark.parametrize("code", [1, 70, 78, 139])
def test_by_cause_these_exit_codes_are_final(code):
    assert tried([code], retryPolicy="Always", expression=BY_CAUSE) == [
        "A Retry Failed: retryStrategy.expression evaluated to false",
        f"A(0) Pod Failed: main: Error (exit code {code})",
    ]


@pytest.mark.parametrize("code", [75, 137, 128, 143])
def test_by_cause_these_exit_codes_are_tried_again(code):
    assert tried([code, 0], retryPolicy="Always", expression=BY_CAUSE) == [
        "A Retry Succeeded",
        f"A(0) Pod Failed: main: Error (exit code {code})",
        "A(1) Pod Succeeded",
    ]


def test_by_cause_a_lost_pod_is_tried_again():
    assert tried([LOST, 0], retryPolicy="Always", expression=BY_CAUSE) == [
        "A Retry Succeeded",
        "A(0) Pod Error: pod deleted",
        "A(1) Pod Succeeded",
    ]


def test_by_cause_a_passed_deadline_is_final():
    assert tried([OVERDUE], retryPolicy="Always", expression=BY_CAUSE) == [
        "A Retry Failed: retryStrategy.expression evaluated to false",
        "A(0) Pod Failed: Pod was active on the node longer than the specified deadline",
    ]


def test_a_limit_counts_the_attempts_behind_the_first():
    assert tried([75]) == [
        "A Retry Failed: No more retries left",
        "A(0) Pod Failed: main: Error (exit code 75)",
        "A(1) Pod Failed: main: Error (exit code 75)",
        "A(2) Pod Failed: main: Error (exit code 75)",
    ]


@pytest.mark.parametrize(
    ("policy", "ended", "attempts"),
    [("OnFailure", 1, 3), ("OnFailure", LOST, 1), ("OnError", 1, 1), ("OnError", LOST, 3), ("Always", 1, 3), ("Always", LOST, 3)],
)
def test_a_policy_says_which_ends_are_tried_again(policy, ended, attempts):
    assert len(tried([ended], retryPolicy=policy)) == attempts + 1


def test_retries_counts_from_0_in_each_attempt():
    container = {"args": ["{{inputs.parameters.name}}", "{{inputs.parameters.index}}", "{{=string(int(retries) + 1)}}{{retries}}"]}
    script = Script({"A": [1, 1, 0]})
    run(workflow(dag("main", task("A")), pod(container=container, retryStrategy={"limit": "2"})), script)
    assert [one.args[2] for one in script.pods] == ["10", "21", "32"]


def test_retries_without_a_retry_strategy_is_an_error():
    container = {"args": ["{{inputs.parameters.name}}", "0", "{{retries}}"]}
    trace = run(workflow(dag("main", task("A")), pod(container=container)))
    assert lines(trace) == ["A Pod Error: failed to resolve {{retries}}"]


def test_a_patch_that_cannot_be_made_is_an_error_without_a_pod_tried_to_the_limit():
    script = Script()
    patch = "{{=[1, 2][int(retries) + 5]}}"
    trace = run(
        workflow(dag("main", task("A")), pod(podSpecPatch=patch, retryStrategy={"limit": "1", "retryPolicy": "Always"})), script
    )
    assert [node.phase for node in trace.nodes[1:]] == ["Error", "Error", "Error"]
    assert script.pods == []


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ({}, "without limit tries for ever"),
        ({"limit": "1", "retryPolicy": "OnTransientError"}, "'OnTransientError' is not known"),
        ({"limit": "1", "backoff": {"duration": "1s", "factor": 1.5}}, "a number"),
        ({"limit": "1", "affinity": {}}, "'affinity' is not known"),
    ],
)
def test_strategies_that_are_not_known_are_refused(strategy, message):
    with pytest.raises(Refused, match=message):
        run(workflow(dag("main", task("A")), pod(retryStrategy=strategy)))


@pytest.mark.parametrize("expression", ["lastRetry.exitCode == 75 &&", "nothing", "1"])
def test_an_expression_that_cannot_be_evaluated_is_an_error(expression):
    assert tried([1], expression=expression)[0].startswith("A Retry Error: retryStrategy.expression")


def test_an_exit_code_is_text_for_the_expression():
    assert tried([75], expression="lastRetry.exitCode == 75")[0] == "A Retry Failed: retryStrategy.expression evaluated to false"
    assert tried([75, 0], expression="lastRetry.exitCode == '75'")[0] == "A Retry Succeeded"
