"""A budget counts the emitted documents."""

from __future__ import annotations

import json

from hypothesis import given

from laminar.compiler import optimizer
from laminar.compiler.check.budget import measure
from laminar.compiler.emit import emitter
from laminar.compiler.target import Target
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
def test_size_is_that_of_the_document_as_json(made):
    made = optimizer.optimize(made)
    (document,) = emitter.emit(made, Target())
    assert measure(emitter.emit(made, Target())).size == len(
        json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    )


def test_size_grows_with_the_flow():
    one, two = plan(task("A")), plan(task("A"), task("B", "A"))
    sizes = [measure(emitter.emit(optimizer.optimize(made), Target())).size for made in (one, two)]
    assert 50 < sizes[1] - sizes[0] <= 200
