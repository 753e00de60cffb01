"""The order of tasks: depends, when, skips, omissions, failures."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Refused
from tests.support.workflow_blocks import Script, dag, lines, loop, pod, run, task, workflow

A = "A Pod Succeeded"
OMITTED = "omitted: depends condition not met"


def test_a_task_whose_when_is_false_is_skipped_and_the_workflow_succeeds():
    trace = run(workflow(dag("main", task("A", when="1 == 2")), pod()))
    assert lines(trace) == ["A Skipped Skipped: when '1 == 2' evaluated false"]
    assert trace.succeeded


def test_a_bare_name_accepts_succeeded_and_skipped():
    trace = run(workflow(dag("main", task("A"), task("S", when="false"), task("B", depends="A && S")), pod()))
    assert "B Pod Succeeded" in lines(trace)


def test_a_bare_name_accepts_neither_failed_nor_omitted():
    tasks = [task("A"), task("B", depends="A"), task("C", depends="B"), task("D")]
    trace = run(workflow(dag("main", *tasks), pod()), Script({"A": [1]}))
    assert lines(trace) == [
        "A Pod Failed: main: Error (exit code 1)",
        f"B Skipped Omitted: {OMITTED}",
        f"C Skipped Omitted: {OMITTED}",
        "D Pod Succeeded",
    ]
    assert trace.phase == "Failed"


@pytest.mark.parametrize(
    ("depends", "runs"),
    [
        ("A.Succeeded", True),
        ("A.Failed", False),
        ("F.Failed", True),
        ("F.Succeeded", False),
        ("S.Skipped", True),
        ("S.Succeeded", False),
        ("O.Omitted", True),
        ("O", False),
        ("E.Errored", True),
        ("E.Failed", False),
        ("A && !F", True),
        ("F || A", True),
        ("F || S && E", False),
        ("(F || S) && A", True),
        ("A.Daemoned", False),
        ("L.AnySucceeded", True),
        ("L.AllFailed", False),
        ("M.AllFailed", True),
    ],
)
def test_depends_is_a_condition_over_how_tasks_ended(depends, runs):
    tasks = [
        task("A"),
        task("F"),
        task("S", when="false"),
        task("O", depends="F"),
        task("E", give={"index": "{{=string(1/'0')}}"}),
        loop("L", "2"),
        loop("M", "2"),
        task("X", depends=depends),
    ]
    trace = run(workflow(dag("main", *tasks), pod()), Script({"F": [1], "M": [1]}))
    assert trace.node("X").phase == ("Succeeded" if runs else "Omitted")


def test_a_dag_below_whose_failure_something_succeeds_has_succeeded():
    trace = run(workflow(dag("main", task("A"), task("B", depends="A.Failed")), pod()), Script({"A": [1]}))
    assert trace.succeeded


def test_a_nested_dag_whose_layer_was_skipped_is_succeeded():
    inner = dag("inner", task("S", when="false"), task("T", depends="S", when="{{tasks.S.status}} == Succeeded"))
    trace = run(workflow(dag("main", task("N", "inner"), task("A", depends="N.Succeeded")), inner, pod()))
    assert lines(trace) == [
        A,
        "N DAG Succeeded",
        "N.S Skipped Skipped: when 'false' evaluated false",
        "N.T Skipped Skipped: when 'Skipped == Succeeded' evaluated false",
    ]


def test_what_does_not_depend_on_a_failure_runs_on():
    inner = dag("inner", task("F"), task("G"))
    tasks = [task("N", "inner"), task("B", depends="N"), task("D"), task("E", depends="D")]
    script = Script({"F": [1]})
    trace = run(workflow(dag("main", *tasks), inner, pod()), script)
    assert script.ran == ["F0", "G0", "D0", "E0"]
    assert [trace.node(name).phase for name in ("N", "B")] == ["Failed", "Omitted"]


@pytest.mark.parametrize("when", ["", "true", "Succeeded == Succeeded", "'a b' == 'a b' && 2 > 1", "!(a == b) || false"])
def test_when_takes_words_texts_and_numbers(when):
    assert run(workflow(dag("main", task("A", when=when)), pod())).node("A").phase == "Succeeded"


@pytest.mark.parametrize("when", ["1", "a", " ", "a ==", "(true", "a-b == a-b"])
def test_a_when_that_is_no_condition_is_an_error(when):
    trace = run(workflow(dag("main", task("A", when=when)), pod()))
    assert trace.node("A").phase == "Error"
    assert trace.phase == "Error"


@pytest.mark.parametrize(
    ("depends", "message"),
    [
        ("B", "depends on 'B', which is no task"),
        ("X", "in a cycle: X -> X"),
        ("A &&", "ends where a name belongs"),
        ("A B", "has 'B' where an operator belongs"),
        ("A.Done", "the status 'Done'"),
        ("(A", "has a '\\(' that is not closed"),
        ("let", "Argo cannot read the name 'let'"),
        ("1A", "Argo cannot read the name '1A'"),
        ("A.AnySucceeded", "'A' is no loop"),
    ],
)
def test_a_depends_that_argo_does_not_take_is_refused(depends, message):
    with pytest.raises(Refused, match=message):
        run(workflow(dag("main", task("A"), task("X", depends=depends)), pod()))


def test_a_loop_of_count_zero_is_one_skipped_node_and_what_is_below_runs():
    reads = {"index": "0", "arg": "{{tasks.L.outputs.parameters.x}}"}
    script = Script()
    trace = run(workflow(dag("main", loop("L", "0"), task("B", depends="L", give=reads)), pod()), script)
    assert lines(trace) == ["B Pod Succeeded", "L Skipped Skipped: Skipped, empty params"]


def test_a_when_on_a_loop_skips_each_item_and_what_is_below_runs():
    tasks = [loop("L", "2", when="{{item}} == 1"), task("B", depends="L")]
    trace = run(workflow(dag("main", *tasks), pod()))
    assert lines(trace) == [
        "B Pod Succeeded",
        "L TaskGroup Succeeded",
        "L(0:0) Skipped Skipped: when '0 == 1' evaluated false",
        "L(1:1) Pod Succeeded",
    ]


def test_reading_a_loop_whose_items_are_skipped_would_hang():
    tasks = [loop("L", "2", when="false"), task("B", depends="L", give={"index": "{{tasks.L.outputs.parameters.x}}"})]
    with pytest.raises(Refused, match="the workflow would hang"):
        run(workflow(dag("main", *tasks), pod()))


@pytest.mark.parametrize(
    ("when", "nodes"),
    [
        ("true", ["L TaskGroup Succeeded", "L(0:0) Pod Succeeded", "L(1:1) Pod Succeeded"]),
        ("false", ["L Skipped Skipped: Skipped, empty params"]),
        (
            "{{item}} == 1",
            ["L TaskGroup Succeeded", "L(0:0) Skipped Skipped: when '0 == 1' evaluated false", "L(1:1) Pod Succeeded"],
        ),
    ],
)
def test_a_when_that_is_false_whatever_the_item_leaves_a_count_that_reads_tasks_alone(when, nodes):
    tasks = [task("A"), loop("L", "{{tasks.A.outputs.parameters.x}}", depends="A", when=when)]
    assert lines(run(workflow(dag("main", *tasks), pod()), Script(outputs={"A": "2"})))[1:] == nodes


def test_the_first_last_task_by_name_that_failed_is_the_dags_phase():
    failing = {"index": "{{=string(1/'0')}}"}
    for names, phase in (("AB", "Failed"), ("BA", "Error")):
        document = workflow(dag("main", task(names[1], give=failing), task(names[0])), pod())
        assert run(document, Script({names[0]: [1]})).phase == phase
