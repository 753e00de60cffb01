"""Which workflows are refused because their parts do not fit together."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Refused
from tests.support.workflow_blocks import changed, dag, loop, pod, run, task, workflow


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("entrypoint", "gone", "'gone' is no template"),
        ("templates.0.dag.tasks.0.template", "gone", "There is no template 'gone'"),
        ("templates.0.dag.tasks.0.template", "main", "call each other in a cycle: main -> main"),
        ("templates.0.dag.tasks.0.arguments", {"parameters": []}, "'pod' needs the argument 'name'"),
        ("templates.0.dag.tasks.0.name", "L", "'L' is used twice"),
        ("templates.1.name", "main", "'main' is used twice"),
        ("templates.1.outputs", {"parameters": [{"name": "x", "valueFrom": {"expression": "1"}}]}, "of a container is no file"),
    ],
)
def test_parts_that_do_not_fit_are_refused_with_their_place(path, value, message):
    with pytest.raises(Refused) as caught:
        run(changed(path, value))
    assert message in str(caught.value)
    assert caught.value.where.startswith("w")


@pytest.mark.parametrize(
    "broken",
    [
        task("A", give={"arg": "{{workflow.parameters.missing}}"}),
        task("A", give={"arg": "{{inputs.parameters.missing}}"}),
        task("A", give={"arg": "{{item}}"}),
        loop("A", "2", when="{{retries}} == 1"),
    ],
    ids=str,
)
def test_a_tag_that_can_have_no_value_is_refused(broken):
    with pytest.raises(Refused, match="Argo cannot resolve"):
        run(workflow(dag("main", broken), pod()))
