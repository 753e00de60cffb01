"""Which fields of a workflow the rehearsal knows, and which it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler.rehearsal import Refused, read, shape, structure, workflows
from tests.support.workflow_blocks import changed, dag, pod, run, task, workflow

ROOT = Path(__file__).parent.parent.parent.parent


EMITTED = [
    *(path for path in sorted((ROOT / "tests/golden/compiler").glob("*.yaml")) if path.stem != "base"),  # a site's onExit
    *sorted((ROOT / "examples").glob("*.yaml")),
]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("onExit", "x", "'onExit' is not known"),
        ("entrypiont", "main", "did you mean 'entrypoint'"),
        ("synchronization", {}, "'synchronization' is not known"),
        ("templates.0.dag.failFast", False, "'failFast' is not known"),
        ("templates.0.dag.tasks.0.withParam", "[]", "withParam is quadratic"),
        ("templates.0.dag.tasks.0.withItems", [], "count a loop with withSequence"),
        ("templates.0.dag.tasks.0.dependencies", ["A"], "write depends"),
        ("templates.0.dag.tasks.0.continueOn", {}, "'continueOn' is not known"),
        ("templates.0.dag.tasks.0.name", False, "a boolean, not a text"),
        ("templates.0.dag.tasks.1.withSequence", {"count": "1", "start": "1"}, "'start' is not known"),
        ("templates.0.steps", [], "write a dag"),
        ("templates.1.script", {}, "write a container"),
        ("templates.1.daemon", True, "'daemon' is not known"),
        ("templates.1.sidecars", [], "'sidecars' is not known"),
        ("templates.1.container.envFrom", [], "'envFrom' is not known"),
        ("templates.1.container.args", [1], "a number, not a text"),
        ("templates.1.container.env", [{"name": "A", "value": 1.5}], "a number, not a text"),
        ("templates.1.container.env", [{"name": "A", "valueFrom": {"fieldRef": {}}}], "'fieldRef' is not known"),
        ("templates.1.outputs", {"artifacts": []}, "'artifacts' is not known"),
        ("templates.1.dag", {"tasks": []}, "is neither a dag nor a container"),
    ],
)
def test_what_the_rehearsal_does_not_know_is_refused_with_its_place(path, value, message):
    with pytest.raises(Refused) as caught:
        run(changed(path, value))
    assert message in str(caught.value)
    assert caught.value.where.startswith("w")


def test_fields_that_decide_nothing_here_are_ignored():
    document = workflow(dag("main", task("A")), pod(metadata={"labels": {"a": "b"}}, tolerations=[]))
    document["spec"].update(ttlStrategy={"secondsAfterSuccess": 1}, podGC={}, archiveLogs=True, serviceAccountName="x")
    assert run(document).succeeded


@pytest.mark.parametrize("golden", EMITTED, ids=lambda path: path.stem)
def test_what_is_emitted_is_known_to_the_rehearsal(golden):
    for one in workflows(read(golden.read_text(encoding="utf-8"))):
        shape.check(one.spec, one.name)
        structure.check(one.spec, one.name)
