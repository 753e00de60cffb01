"""The documents that are run, the rules of YAML, and rejected documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from laminar.compiler.rehearsal import Refused, read, rehearse, workflows
from laminar.exceptions import FlowError
from tests.support.workflow_blocks import Script, dag, parameters, pod, task, workflow

REFERENCE = Path(__file__).parent.parent.parent / "data" / "argo" / "reference-2.yaml"


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


def test_rights_in_the_same_file_are_ignored():
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


@pytest.mark.parametrize(("text", "error"), [("a: 1\na: 2\n", Refused), ("a: [1\nb: 2\n", FlowError), ("a: 1\nn: 2\n", Refused)])
def test_a_key_that_is_used_twice_or_no_text_and_broken_yaml_are_refused_with_their_line(text, error):
    with pytest.raises(error) as caught:
        read(text, shown="f.yaml")
    assert caught.value.where == "f.yaml:2"


def test_a_document_that_is_no_mapping_is_refused():
    with pytest.raises(Refused, match="A document is a mapping, not list"):
        read("- a\n")


def test_names_of_reference_two_are_found():
    assert [one.name for one in workflows(read(REFERENCE.read_text(encoding="utf-8")))] == ["ref2"]


def test_a_value_that_the_enum_of_its_parameter_does_not_list_is_refused():
    listed = [{"name": "n", "value": "1", "enum": ["1", "2"], "description": "How many."}]
    document = workflow(dag("main", task("A")), pod(container=ECHO), arguments={"parameters": listed})
    assert rehearse([document], {"n": "2"}, run_pod=Script()).succeeded
    with pytest.raises(Refused, match="has the value '3', which its enum does not list"):
        rehearse([document], {"n": "3"}, run_pod=Script())
