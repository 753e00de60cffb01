"""Loops: counts, items, aggregates, parallelism."""

from __future__ import annotations

import json
import time

import pytest

from laminar.compiler.rehearsal import Outcome
from tests.support.workflow_blocks import RETRYING, Counting, Script, dag, lines, loop, parameters, pod, run, task, workflow

READS = {"index": "0", "arg": "{{tasks.L.outputs.parameters.x}}"}


ECHO = {"args": ["{{inputs.parameters.name}}", "{{inputs.parameters.index}}", "{{inputs.parameters.arg}}"]}


def aggregate(script: Script, count: str = "3", **fields: object) -> str:
    """Return the value that a task below a loop reads of it."""
    run(workflow(dag("main", loop("L", count), task("B", depends="L", give=READS)), pod(container=ECHO, **fields)), script)
    return script.pods[-1].args[2]


def test_each_item_is_a_node_of_its_own_with_its_number():
    script = Script()
    trace = run(workflow(dag("main", loop("L", "2")), pod()), script)
    assert lines(trace) == ["L TaskGroup Succeeded", "L(0:0) Pod Succeeded", "L(1:1) Pod Succeeded"]
    assert script.ran == ["L0", "L1"]


def test_a_count_is_an_expression_over_outputs_of_tasks_above():
    count = "{{=string(max(1, sum(map(fromJSON(tasks.A.outputs.parameters.x), {sum(#.foo)}))))}}"
    trace = run(workflow(dag("main", loop("A", "2"), loop("L", count, depends="A")), pod()), Script(outputs={"A": '{"foo":[1,2]}'}))
    assert sum(node.name.startswith("w.L(") for node in trace.nodes) == 6


@pytest.mark.parametrize(
    ("count", "message"),
    [
        ("2.5", 'strconv.Atoi: parsing "2.5": invalid syntax'),
        ("{{=string(1000000.0)}}", 'strconv.Atoi: parsing "1e+06": invalid syntax'),
        ("{{=let p = [1]; p[3]}}", 'strconv.Atoi: parsing "{{=let p = [1]; p[3]}}": invalid syntax'),
        ("{{=let p = nil; p}}", 'strconv.Atoi: parsing "{{=let p = nil; p}}": invalid syntax'),
        ("9223372036854775808", 'strconv.Atoi: parsing "9223372036854775808": value out of range'),
        ("{{=[1][3]}}", "failed to evaluate expression: There is no element 3 in a list of 1."),
    ],
)
def test_a_count_that_is_no_whole_number_is_an_error(count, message):
    assert lines(run(workflow(dag("main", loop("L", count)), pod()))) == [f"L Skipped Error: {message}"]


def test_an_aggregate_is_a_list_in_order_and_json_in_it_stays_json():
    assert aggregate(Script(outputs={"L": ['{"a":[1]}', "2", "text"]})) == '[{"a":[1]},2,"text"]'


def test_an_aggregate_of_one_iteration_is_a_list_too():
    assert aggregate(Script(), count="1") == "[{}]"


def test_an_aggregate_of_none_is_the_default_a_scalar():
    assert aggregate(Script(), count="0") == "{}"


def test_an_aggregate_holds_a_retried_iteration_once_and_in_order():
    script = Script({"L": [1, 0]}, {"L": ["0", "1", "2"]})
    assert aggregate(script, retryStrategy=RETRYING) == "[0,1,2]"


def test_an_aggregate_holds_succeeded_iterations_only():
    script = Script(outputs={"L": ["0", "1", "2"]})

    def failing(pod_):
        outcome = script(pod_)
        return Outcome(1, outcome.files) if pod_.args[:2] == ("L", "1") else outcome

    run(workflow(dag("main", loop("L", "3"), task("B", depends="L.Failed", give=READS)), pod(container=ECHO)), failing)  # type: ignore[arg-type]
    assert script.pods[-1].args[2] == "[0,2]"


def test_a_loop_with_a_failed_iteration_has_failed():
    trace = run(workflow(dag("main", loop("L", "3")), pod()), Script({"L": [1]}))
    assert [trace.node("L").phase, trace.phase] == ["Failed", "Failed"]


def test_item_is_text_in_an_expression():
    give = {"index": "{{item}}", "arg": "{{=fromJSON(workflow.parameters.xs)[int(item)]}}"}
    looped = {**task("L", give=give), "withSequence": {"count": "2"}}
    script = Script()
    run(workflow(dag("main", looped), pod(container=ECHO), arguments=parameters(xs='["a","b"]')), script)
    assert [one.args[2] for one in script.pods] == ["a", "b"]


@pytest.mark.parametrize(("count", "items"), [("{{=1 + 1}}", ["0:0", "1:1"]), ("-1", ["0:0", "1:-1", "2:-2"])])
def test_a_count_may_be_a_number_and_a_negative_one_counts_down(count, items):
    trace = run(workflow(dag("main", loop("L", count)), pod()))
    assert [node.name for node in trace.pods] == [f"w.L({item})" for item in items]


def test_one_item_with_an_argument_that_cannot_be_made_is_the_error_of_the_whole_loop():
    give = {"index": "{{item}}", "arg": "{{=fromJSON(workflow.parameters.xs)[int(item)]}}"}
    looped = {**task("L", give=give), "withSequence": {"count": "2"}}
    trace = run(workflow(dag("main", looped), pod(), arguments=parameters(xs='["a"]')))
    assert lines(trace) == ["L Skipped Error: failed to evaluate expression: There is no element 1 in a list of 1."]


BROKEN = "{{=fromJSON(workflow.parameters.xs)[5]}}"


@pytest.mark.parametrize(
    ("fields", "node"),
    [
        ({"when": "false"}, "B Skipped Skipped: when 'false' evaluated false"),
        ({"withSequence": {"count": "0"}}, "B Skipped Error: failed to evaluate expression: There is no element 5 in a list of 1."),
        ({}, "B Skipped Error: failed to evaluate expression: There is no element 5 in a list of 1."),
    ],
)
def test_an_argument_that_cannot_be_made_matters_unless_when_is_false(fields, node):
    document = workflow(dag("main", task("B", give={"arg": BROKEN}, **fields)), pod(), arguments=parameters(xs='["a"]'))
    assert lines(run(document)) == [node]


def test_let_together_with_item_is_an_error_and_a_closure_is_none():
    def ended(arg: str) -> list[str]:
        looped = {**task("L", give={"index": "{{item}}", "arg": arg}), "withSequence": {"count": "1"}}
        return lines(run(workflow(dag("main", looped), pod())))

    assert ended("{{=let p = [7]; p[int(item)]}}") == ["L Skipped Error: failed to evaluate expression: p is missing"]
    assert ended("{{=map([7], {# + int(item)})[0]}}")[0] == "L TaskGroup Succeeded"
    assert ended("{{=let p = [7]; p[0]}}")[0] == "L TaskGroup Succeeded"


def test_a_tag_of_a_users_stays_in_a_task_and_is_an_error_in_a_loop():
    looped = {**task("L", give={"index": "{{item}}", "arg": "{{of a user}}"}), "withSequence": {"count": "1"}}
    script = Script()
    trace = run(workflow(dag("main", task("A", give={"arg": "{{of a user}}"}), looped), pod(container=ECHO)), script)
    assert script.pods[0].args[2] == "{{of a user}}"
    assert lines(trace)[1:] == ["L Skipped Error: failed to resolve {{of a user}}"]


def test_a_template_of_its_own_bounds_a_loops_parallelism():
    inner = dag("inner", loop("W", "6"), parallelism=2)
    counting = Counting()
    trace = run(workflow(dag("main", task("W", "inner")), inner, pod(retryStrategy=RETRYING)), counting, concurrency=6)  # type: ignore[arg-type]
    assert trace.succeeded
    assert counting.most == 2
    assert [node.name for node in trace.nodes[1:4]] == ["w.W", "w.W.W", "w.W.W(0:0)"]


def test_a_thousand_iterations_take_a_moment():
    began = time.monotonic()
    count = "{{=string(len(fromJSON(tasks.A.outputs.parameters.x)))}}"
    script = Script(outputs={"A": json.dumps(list(range(1000)))})
    assert run(workflow(dag("main", task("A"), loop("L", count, depends="A")), pod(retryStrategy=RETRYING)), script).succeeded
    assert len(script.pods) == 1001
    assert time.monotonic() - began < 20
