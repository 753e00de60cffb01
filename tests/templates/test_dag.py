"""A DAG and its tasks hold the given values, and no field without content."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.depends import Wait, waits
from laminar.templates.dag import dag, depends, output, task


def test_a_task_without_options_has_a_name_a_template_and_nothing_else():
    assert task("A", template="layer", arguments={}) == {"name": "A", "template": "layer"}


def test_a_task_with_a_count_is_a_loop():
    made = task("B", template="layer", depends="A", when="x", count="3", arguments={"layer": "B", "flow": None})
    assert made == {
        "name": "B",
        "template": "layer",
        "depends": "A",
        "when": "x",
        "withSequence": {"count": "3"},
        "arguments": {"parameters": [{"name": "layer", "value": "B"}, {"name": "flow"}]},
    }


@pytest.mark.parametrize("names", [["A"], ["A", "B-2"], ["A", "B", "C"]])
def test_a_task_waits_for_each_name_without_a_status(names):
    assert waits(depends(names)) == [Wait(name, "") for name in names]


def test_a_task_that_needs_nothing_waits_for_nothing():
    assert depends([]) == ""


@pytest.mark.parametrize("source", ["parameter", "expression"])
def test_an_output_has_its_one_source_and_its_default(source):
    assert output("out", **{source: "x"}, default="[]") == {"name": "out", "valueFrom": {source: "x", "default": "[]"}}


def test_a_dag_declares_inputs_without_values():
    tasks = [task("A", template="layer", arguments={})]
    made = dag("Train", tasks, inputs=["lengths"], parallelism=2, outputs=[output("out", parameter="x", default="0")])
    assert made["inputs"] == {"parameters": [{"name": "lengths"}]}
    assert (made["parallelism"], made["dag"]) == (2, {"tasks": tasks})
    assert [one["name"] for one in made["outputs"]["parameters"]] == ["out"]


def test_a_dag_without_tasks_keeps_its_kind():
    assert dag("Train", []) == {"name": "Train", "dag": {"tasks": []}}
