"""Outputs of tasks, for tasks below them and out of their dag."""

from __future__ import annotations

import pytest

from tests.support.workflow_blocks import Script, dag, lines, loop, parameters, pod, run, task, workflow


def test_a_reference_to_a_task_that_is_no_ancestor_is_an_error_before_the_pod():
    tasks = [task("A"), task("B", give={"arg": "{{tasks.A.outputs.parameters.x}}"})]
    trace = run(workflow(dag("main", *tasks), pod()))
    assert lines(trace)[1] == "B Skipped Error: failed to resolve {{tasks.A.outputs.parameters.x}}"


def test_a_reference_to_an_ancestor_further_up_is_none():
    tasks = [task("A"), task("B", depends="A"), task("C", depends="B", give={"arg": "{{tasks.A.outputs.parameters.x}}"})]
    assert run(workflow(dag("main", *tasks), pod())).succeeded


def test_a_reference_to_an_output_that_does_not_exist_is_an_error():
    tasks = [task("A"), task("B", depends="A", give={"arg": "{{=tasks.A.outputs.parameters.y ?? 'x'}}"})]
    assert run(workflow(dag("main", *tasks), pod())).node("B").phase == "Error"


@pytest.mark.parametrize("skip", [{"when": "false"}, {"withSequence": {"count": "0"}}])
def test_an_output_of_a_skipped_task_reads_as_its_default(skip):
    tasks = [task("S", **skip), task("B", depends="S", give={"index": "{{=string(len(tasks.S.outputs.parameters.x))}}"})]
    script = Script()
    run(workflow(dag("main", *tasks), pod()), script)
    assert script.ran == ["B2"]


def test_an_output_of_a_skipped_task_without_default_is_absent():
    template = pod(outputs={"parameters": [{"name": "x", "valueFrom": {"path": "/tmp/x"}}]})
    tasks = [task("S", when="false"), task("B", depends="S", give={"arg": "{{tasks.S.outputs.parameters.x}}"})]
    reason = "inputs.parameters.arg: argument references an absent optional (skipped/omitted node output with no default)"
    assert run(workflow(dag("main", *tasks), template)).node("B").type == "Pod"  # the input has a value of its own
    template["inputs"] = parameters(name=None, index="0", arg=None)
    tasks[0]["arguments"]["parameters"].append({"name": "arg", "value": ""})
    assert lines(run(workflow(dag("main", *tasks), template)))[0] == f"B Skipped Error: task 'w.B' errored: {reason}"
    tasks[1] = task("B", depends="S", give={"arg": "x{{tasks.S.outputs.parameters.x}}"})
    assert "is an absent optional" in run(workflow(dag("main", *tasks), template)).node("B").message


def made(source: dict[str, str], **options: object) -> str:
    """Return the value that a task reads from a nested dag's output made from a source."""
    inner = dag(
        "inner",
        task("A"),
        loop("L", "2"),
        task("S", when="false"),
        outputs={"parameters": [{"name": "y", "valueFrom": source}]},
    )
    container = {"args": ["{{inputs.parameters.name}}", "{{inputs.parameters.index}}", "{{inputs.parameters.arg}}"]}
    script = Script(outputs={"A": "a", "L": "[1]"})
    tasks = [task("N", "inner"), task("B", depends="N", give={"arg": "{{tasks.N.outputs.parameters.y}}"})]
    trace = run(workflow(dag("main", *tasks), inner, pod(container=container)), script)
    return script.pods[-1].args[2] if script.pods[-1].args[0] == "B" else trace.node("N").message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"parameter": "{{tasks.A.outputs.parameters.x}}"}, "a"),
        ({"parameter": "{{tasks.L.outputs.parameters.x}}"}, "[[1],[1]]"),
        ({"parameter": "{{tasks.S.outputs.parameters.x}}"}, "{}"),
        ({"parameter": "{{tasks.A.outputs.parameters.z}}", "default": "d"}, "d"),
        (
            {"parameter": "{{tasks.A.outputs.parameters.z}}"},
            "task 'w.N' errored: failed to resolve {{tasks.A.outputs.parameters.z}}",
        ),
        ({"expression": "tasks.S.status ?? 'none'", "default": "d"}, "Skipped"),
        ({"expression": "tasks.X.status", "default": "d"}, "d"),
        ({"expression": "len('abc')"}, "3"),
        ({"expression": "string(sum(fromJSON(tasks.L.outputs.parameters.x)[0]))"}, "1"),
    ],
)
def test_a_nested_dag_hands_out_what_its_tasks_do(source, expected):
    assert made(source) == expected
