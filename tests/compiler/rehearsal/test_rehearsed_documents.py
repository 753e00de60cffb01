"""Which documents are run, how YAML is read, and what is refused."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from laminar.compiler.rehearsal import Refused, read, rehearse, shape, structure, workflows
from tests.support.rehearsed import Script, dag, loop, parameters, pod, run, task, workflow

REFERENCE = Path(__file__).parent.parent.parent / "data" / "argo" / "reference-2.yaml"
ROOT = Path(__file__).parent.parent.parent.parent
EMITTED = [
    *(path for path in sorted((ROOT / "tests/golden/compiler").glob("*.yaml")) if path.stem != "base"),  # a site's onExit
    *sorted((ROOT / "examples").glob("*.yaml")),
]
ECHO = {"args": ["{{inputs.parameters.name}}", "{{workflow.parameters.n}}"]}


def plain() -> dict[str, Any]:
    return workflow(dag("main", task("A")), pod(container=ECHO), arguments=parameters(n="1"))


def of_kind(kind: str, name: str = "t") -> dict[str, Any]:
    document = plain()
    document.update(kind=kind, metadata={"name": name})
    return document


@pytest.mark.parametrize("kind", ["Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate"])
def test_a_document_runs_by_itself(kind):
    trace = rehearse([of_kind(kind)], run_pod=Script())
    assert [node.name for node in trace.nodes] == ["t", "t.A"]


@pytest.mark.parametrize("cluster", [False, True])
def test_a_thin_workflow_runs_its_template_with_its_own_arguments(cluster):
    template = of_kind("ClusterWorkflowTemplate" if cluster else "WorkflowTemplate")
    reference = {"name": "t", **({"clusterScope": True} if cluster else {})}
    thin = {
        "kind": "Workflow",
        "metadata": {"generateName": "thin-"},
        "spec": {"workflowTemplateRef": reference, "arguments": parameters(n="2")},
    }
    script = Script()
    trace = rehearse([template, thin], run_pod=script)
    assert trace.nodes[0].name == "thin"
    assert script.ran == ["A2"]


def test_a_cron_workflow_runs_its_spec_once():
    document = {
        "kind": "CronWorkflow",
        "metadata": {"name": "nightly"},
        "spec": {"schedules": ["0 0 * * *"], "workflowSpec": plain()["spec"]},
    }
    script = Script()
    assert rehearse([document], run_pod=script).nodes[0].name == "nightly"
    assert script.ran == ["A1"]


def test_rights_in_the_same_file_are_passed_over():
    assert len(workflows([{"kind": "ServiceAccount", "metadata": {"name": "laminar"}}, plain()])) == 1


def test_several_workflows_are_found_in_their_order():
    assert [one.name for one in workflows([of_kind("Workflow", "b"), of_kind("Workflow", "a")])] == ["b", "a"]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([], "There is no workflow in it"),
        ([{"kind": "Deployment", "metadata": {"name": "x"}}], "The kind 'Deployment' is not known"),
        ([{"kind": "Workflow", "metadata": {"name": "x"}, "spec": {"workflowTemplateRef": {"name": "gone"}}}], "not in the file"),
        ([{"kind": "CronWorkflow", "metadata": {"name": "x"}, "spec": {"workflowSpec": {}}}], "no list of schedules"),
        ([{"kind": "Workflow", "metadata": {}, "spec": {}}], "has no name"),
        ([{"kind": "Workflow", "metadata": {"name": "x"}}], "has no spec"),
    ],
)
def test_documents_that_start_nothing_are_refused(documents, message):
    with pytest.raises(Refused, match=message):
        workflows(documents)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n", False),
        ("yes", True),
        ("1e3", 1000.0),
        ("0o17", 15),
        ("2020-01-01", "2020-01-01"),
        ("'n'", "n"),
        ("1.5", 1.5),
        ("a: b", {"a": "b"}),
    ],
)
def test_plain_words_are_what_argo_reads(text, value):
    (found,) = read(f"kind:\n  {text}\n")
    assert found["kind"] == value


def test_a_key_that_stands_twice_and_broken_yaml_are_refused_with_their_line():
    for text, line in (("a: 1\na: 2\n", 2), ("a: [1\nb: 2\n", 2)):
        with pytest.raises(Refused) as caught:
            read(text, shown="f.yaml")
        assert caught.value.where == f"f.yaml:{line}"


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a workflow with something changed at a path."""
    document = copy.deepcopy(workflow(dag("main", task("A"), loop("L", "2")), pod()))
    *parents, last = path.split(".")
    place: Any = document["spec"]
    for parent in parents:
        place = place[int(parent)] if parent.isdigit() else place[parent]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("onExit", "x", "'onExit' is not known"),
        ("entrypiont", "main", "did you mean 'entrypoint'"),
        ("entrypoint", "gone", "'gone' is no template"),
        ("podSpecPatch", "{{workflow.name}}", "in a workflow's podSpecPatch is not known"),
        ("synchronization", {}, "'synchronization' is not known"),
        ("templates.0.dag.failFast", False, "'failFast' is not known"),
        ("templates.0.dag.tasks.0.withParam", "[]", "withParam is quadratic"),
        ("templates.0.dag.tasks.0.withItems", [], "count a loop with withSequence"),
        ("templates.0.dag.tasks.0.dependencies", ["A"], "write depends"),
        ("templates.0.dag.tasks.0.continueOn", {}, "'continueOn' is not known"),
        ("templates.0.dag.tasks.0.template", "gone", "There is no template 'gone'"),
        ("templates.0.dag.tasks.0.template", "main", "call each other in a circle: main -> main"),
        ("templates.0.dag.tasks.0.arguments", {"parameters": []}, "'pod' is not given 'name'"),
        ("templates.0.dag.tasks.0.name", "L", "'L' stands there twice"),
        ("templates.0.dag.tasks.0.name", False, "a boolean, not a text"),
        ("templates.0.dag.tasks.1.withSequence", {"count": "1", "start": "1"}, "'start' is not known"),
        ("templates.0.steps", [], "write a dag"),
        ("templates.1.name", "main", "'main' stands there twice"),
        ("templates.1.script", {}, "write a container"),
        ("templates.1.daemon", True, "'daemon' is not known"),
        ("templates.1.sidecars", [], "'sidecars' is not known"),
        ("templates.1.container.envFrom", [], "'envFrom' is not known"),
        ("templates.1.container.args", [1], "a number, not a text"),
        ("templates.1.container.env", [{"name": "A", "value": 1.5}], "a number, not a text"),
        ("templates.1.container.env", [{"name": "A", "valueFrom": {"fieldRef": {}}}], "'fieldRef' is not known"),
        ("templates.1.outputs", {"artifacts": []}, "'artifacts' is not known"),
        ("templates.1.outputs", {"parameters": [{"name": "x", "valueFrom": {"expression": "1"}}]}, "of a container is no file"),
        ("templates.1.dag", {"tasks": []}, "is neither a dag nor a container"),
    ],
)
def test_what_the_rehearsal_does_not_know_is_refused_with_its_place(path, value, message):
    with pytest.raises(Refused) as caught:
        run(changed(path, value))
    assert message in str(caught.value)
    assert caught.value.where.startswith("w")


def test_fields_that_decide_nothing_here_are_passed_over():
    document = workflow(dag("main", task("A")), pod(metadata={"labels": {"a": "b"}}, tolerations=[]))
    document["spec"].update(ttlStrategy={"secondsAfterSuccess": 1}, podGC={}, archiveLogs=True, serviceAccountName="x")
    assert run(document).succeeded


@pytest.mark.parametrize("golden", EMITTED, ids=lambda path: path.stem)
def test_what_is_emitted_is_known_to_the_rehearsal(golden):
    for one in workflows(read(golden.read_text(encoding="utf-8"))):
        shape.check(one.spec, one.name)
        structure.check(one.spec, one.name)


def test_names_of_reference_two_are_found():
    assert [one.name for one in workflows(read(REFERENCE.read_text(encoding="utf-8")))] == ["ref2"]
