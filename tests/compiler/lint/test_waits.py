"""Tasks wait for tasks of their own DAG, in one language, and never for each other."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.documents import Template
from laminar.compiler.argo.parts import Part
from laminar.compiler.lint.waits import ancestors
from laminar.compiler.yaml.reader import read_text
from tests.support.small_workflows import of_task


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("depends: A", []),
        ("dependencies: [A]", []),
        ('depends: "A.Succeeded || A.Failed"', []),
        ('depends: "!A"', []),
        ("depends: A A", ["W101"]),
        ("depends: A.Done", ["W101"]),
        ("depends: Z", ["W102"]),
        ("dependencies: [Z]", ["W102"]),
        ("depends: A.AllFailed", ["W103"]),
        ("depends: B", ["W105"]),
        ("depends: 1A", ["W102", "W104"]),
        ("depends: A, dependencies: [A]", ["W106"]),
        ("depends: A, continueOn: {failed: true}", ["W106"]),
        ("dependencies: [A], continueOn: {failed: true}", []),
    ],
)
def test_wait_of_a_task(fields, codes):
    assert of_task(fields) == codes


def template(text: str) -> Template:
    (source,) = read_text(text, "a.yaml")
    return Template(Part(source))


def test_ancestors_of_a_task_are_all_that_it_waits_for_at_last():
    dag = "dag: {tasks: [{name: A}, {name: B, depends: A}, {name: C, depends: B.Failed}, {name: D, depends: A && C}]}"
    assert ancestors(template(dag)) == {"A": set(), "B": {"A"}, "C": {"A", "B"}, "D": {"A", "B", "C"}}


def test_ancestors_of_a_step_are_the_groups_before():
    steps = "steps: [[{name: a}, {name: b}], [{name: c}], [{name: d}]]"
    assert ancestors(template(steps)) == {"a": set(), "b": set(), "c": {"a", "b"}, "d": {"a", "b", "c"}}


def test_cycle_does_not_hang_what_is_asked_of_it():
    assert ancestors(template("dag: {tasks: [{name: A, depends: B}, {name: B, depends: A}]}")) == {"A": {"A", "B"}, "B": {"A", "B"}}
