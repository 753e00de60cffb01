"""A document holds its templates, and its pods are those that a restricted namespace admits."""

from __future__ import annotations

import pytest

from laminar.templates.workflow import USER, document, starter, workflow_spec

TEMPLATES = [{"name": "main", "dag": {"tasks": []}}]


def made(kind: str = "Workflow", metadata: dict[str, str] | None = None, **more):
    return document(kind, metadata=metadata or {"name": "train"}, entrypoint="main", templates=TEMPLATES, **more)


def test_pods_run_as_a_user_without_rights():
    security = made()["spec"]["securityContext"]
    assert security == {"runAsNonRoot": True, "runAsUser": USER, "seccompProfile": {"type": "RuntimeDefault"}}
    assert made(group=5)["spec"]["securityContext"]["fsGroup"] == 5


def test_parameters_and_labels_are_there_only_where_they_are_given():
    assert {"arguments", "workflowMetadata"} & set(made()["spec"]) == set()
    spec = made(parameters=[{"name": "rows", "value": "[1]"}], workflow_labels={"team": "x"})["spec"]
    assert spec["arguments"] == {"parameters": [{"name": "rows", "value": "[1]"}]}
    assert spec["workflowMetadata"] == {"labels": {"team": "x"}}


@pytest.mark.parametrize(
    ("kind", "reference"),
    [("WorkflowTemplate", {"name": "train"}), ("ClusterWorkflowTemplate", {"name": "train", "clusterScope": True})],
)
def test_a_starter_refers_to_its_template(kind, reference):
    started = starter(made(kind))
    assert started["spec"] == {"workflowTemplateRef": reference}
    assert (started["kind"], started["metadata"]) == ("Workflow", {"generateName": "train-"})


def test_a_starter_is_in_the_namespace_of_its_template():
    assert starter(made("WorkflowTemplate", {"name": "a", "namespace": "ml"}))["metadata"]["namespace"] == "ml"


def test_the_workflows_spec_is_the_one_inside_a_schedule():
    inner = made()["spec"]
    assert workflow_spec(made()) == inner
    assert workflow_spec({"spec": {"schedules": ["@daily"], "workflowSpec": inner}}) == inner
