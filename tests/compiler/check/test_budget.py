"""A budget counts the emitted documents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from laminar.compiler import optimizer
from laminar.compiler.check.budget import measure, size
from laminar.compiler.emit import emitter
from laminar.compiler.target import Target
from laminar.templates.workflow import workflow_spec
from tests.support.drawn_plans import plans
from tests.support.plans import chain, over, plan, task


def test_templates_and_tasks_are_counted_by_dag():
    made = optimizer.optimize(
        chain(
            ("Train", [task("Load"), task("Fit", "Load", fan_out=over(("Load", "rows"), parallelism=2))]),
            ("Judge", [task("Score")]),
        )
    )
    found = measure(emitter.emit(made, Target()))
    assert found.tasks == (("main", 3), ("Train", 2), ("Judge", 1), ("loop-Fit", 1))
    assert found.templates == 5


@given(plans())
def test_size_is_that_of_the_document_as_go_writes_it(made):
    made = optimizer.optimize(made)
    (document,) = emitter.emit(made, Target())
    assert measure(emitter.emit(made, Target())).size == len(as_go_writes_it(document))


def as_go_writes_it(document):
    """Return the JSON of a document by encoding/json of Go: HTML characters escaped, the struct of a task's arguments present."""
    written = json.loads(json.dumps(document))
    for template in workflow_spec(written)["templates"]:
        for task_ in template.get("dag", {}).get("tasks", ()):
            task_.setdefault("arguments", {})
    text = json.dumps(written, separators=(",", ":"), ensure_ascii=False)
    for character in "&<>\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


@pytest.mark.parametrize("character", ["&", "<", ">", "\u2028", "\u2029"])
def test_a_character_that_go_escapes_counts_six_bytes(character):
    assert size({"spec": {"x": character}}) - size({"spec": {"x": "a"}}) == 5


def test_size_grows_with_the_flow():
    one, two = plan(task("A")), plan(task("A"), task("B", "A"))
    sizes = [measure(emitter.emit(optimizer.optimize(made), Target())).size for made in (one, two)]
    assert 50 < sizes[1] - sizes[0] <= 200
