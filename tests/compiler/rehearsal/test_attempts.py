"""Retries: by policy, by expression, up to the limit."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Outcome, Refused
from tests.support.workflow_blocks import Script, dag, lines, parameters, pod, run, task, workflow

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


def test_a_limit_counts_the_attempts_after_the_first():
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


def test_retries_without_a_retry_strategy_is_refused_and_in_an_expression_stays_as_it_is_written():
    def ran(argument: str) -> str:
        script = Script()
        container = {"args": ["{{inputs.parameters.name}}", "0", argument]}
        run(workflow(dag("main", task("A")), pod(container=container)), script)
        return script.pods[0].args[2]

    assert ran("{{=int(retries) + 1}}") == "{{=int(retries) + 1}}"
    with pytest.raises(Refused, match="Argo cannot resolve"):
        ran("{{retries}}")


def test_an_expression_may_read_inputs_and_retries():
    container = {"args": ["{{inputs.parameters.name}}", "0", "{{=inputs.parameters.index + retries + lastRetry.exitCode}}"]}
    script = Script({"A": [75, 0]})
    run(workflow(dag("main", task("A")), pod(container=container, retryStrategy={"limit": "2"})), script)
    assert [one.args[2] for one in script.pods] == ["000", "0175"]


def test_the_limit_is_looked_at_before_the_expression():
    assert tried([75, 75, 70], expression="lastRetry.exitCode == '75'")[0] == "A Retry Failed: No more retries left"


def test_a_failed_retry_node_has_the_outputs_of_its_last_pod():
    template = pod(retryStrategy={"limit": "1"})
    script = Script({"A": [Outcome(75, {"x": "first"}), Outcome(75, {"x": "last"})]})
    trace = run(
        workflow(dag("main", task("A"), task("B", depends="A.Failed", give={"arg": "{{tasks.A.outputs.parameters.x}}"})), template),
        script,
    )
    assert [node.outputs for node in trace.nodes[1:4]] == [{"x": "last"}, {"x": "first"}, {"x": "last"}]
    assert trace.node("B").phase == "Succeeded"


def test_a_patch_that_cannot_be_made_is_an_error_without_a_pod_tried_to_the_limit():
    script = Script()
    patch = "{{=[1, 2][int(retries) + 5]}}"
    trace = run(
        workflow(dag("main", task("A")), pod(podSpecPatch=patch, retryStrategy={"limit": "1", "retryPolicy": "Always"})), script
    )
    assert lines(trace) == [
        "A Retry Error: No more retries left",
        "A(0) Pod Error: Error applying PodSpecPatch",
        "A(1) Pod Error: Error applying PodSpecPatch",
    ]
    assert script.pods == []


def test_a_patch_that_cannot_be_made_is_the_tasks_error_where_errors_are_not_tried_again():
    patch = "{{=[1, 2][int(retries) + 5]}}"
    assert lines(run(workflow(dag("main", task("A")), pod(podSpecPatch=patch, retryStrategy={"limit": "1"})))) == [
        "A Retry Error: task 'w.A' errored: Error applying PodSpecPatch",
        "A(0) Pod Error: Error applying PodSpecPatch",
    ]
    assert lines(run(workflow(dag("main", task("A")), pod(podSpecPatch="{")))) == [
        "A Pod Error: task 'w.A' errored: Error applying PodSpecPatch"
    ]


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
    assert tried([1], expression=expression)[0].startswith("A Retry Error: task 'w.A' errored: unable to ")


def test_a_limit_that_is_no_number_is_an_error_after_the_first_attempt():
    assert tried([1], limit="x") == [
        "A Retry Error: task 'w.A' errored: strconv.ParseInt: parsing \"x\": invalid syntax",
        "A(0) Pod Failed: main: Error (exit code 1)",
    ]


def test_a_pod_that_passes_its_memory_limit_is_oomkilled_and_tried_again_by_cause():
    assert tried([Outcome(137, oom=True), 0], retryPolicy="Always", expression=BY_CAUSE) == [
        "A Retry Succeeded",
        "A(0) Pod Failed: main: OOMKilled (exit code 137)",
        "A(1) Pod Succeeded",
    ]


def test_an_exit_code_is_text_for_the_expression():
    assert tried([75], expression="lastRetry.exitCode == 75")[0] == "A Retry Failed: retryStrategy.expression evaluated to false"
    assert tried([75, 0], expression="lastRetry.exitCode == '75'")[0] == "A Retry Succeeded"


def test_an_output_loses_its_last_line_end():
    assert run(workflow(dag("main", task("A")), pod()), Script(outputs={"A": "a\n\n"})).node("A").outputs == {"x": "a\n"}


def test_a_file_that_is_not_there_is_the_default_and_without_one_an_error():
    assert run(workflow(dag("main", task("A")), pod())).node("A").outputs == {"x": "{}"}
    template = pod(outputs={"parameters": [{"name": "x", "valueFrom": {"path": "/tmp/x"}}]})
    trace = run(workflow(dag("main", task("A")), template))
    assert lines(trace) == ["A Pod Error: failed to read output 'x': /tmp/x does not exist"]


def test_inputs_have_defaults_and_are_given_by_tasks():
    inner = dag("inner", task("A", give={"index": "{{inputs.parameters.i}}"}), inputs=parameters(i="5"))
    tasks = [task("N", "inner"), task("M", "inner", give={"i": "7"}, depends="N")]
    script = Script()
    run(workflow(dag("main", *tasks), inner, pod()), script)
    assert script.ran == ["A5", "A7"]


def test_the_log_and_outcome_of_a_pod_are_kept_in_its_node():
    trace = run(workflow(dag("main", task("A")), pod()), Script({"A": [Outcome(0, {"x": "1"}, log="said\n")]}))
    assert (trace.node("A").log, trace.node("A").outputs) == ("said\n", {"x": "1"})
