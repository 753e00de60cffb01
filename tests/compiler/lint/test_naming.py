"""Names, labels and annotations are those that Argo and Kubernetes allow."""

from __future__ import annotations

import pytest

from tests.support.small_workflows import errors

TEXT = """\
apiVersion: argoproj.io/v1alpha1
kind: KIND
metadata: {METADATA}
spec: {SPEC}
"""
WORKFLOW = "entrypoint: main, templates: [{name: main, suspend: {}}]"


def codes(metadata: str, kind: str = "Workflow") -> list[str]:
    spec = f"schedules: ['* * * * *'], workflowSpec: {{{WORKFLOW}}}" if kind == "CronWorkflow" else WORKFLOW
    return errors(TEXT.replace("KIND", kind).replace("METADATA", metadata).replace("SPEC", spec))


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("name: a-1.b", []),
        ("generateName: a-", []),
        ("generateName: " + 60 * "a" + "-", []),
        ("name: " + 63 * "a", []),
        ("name: " + 64 * "a", ["N105"]),
        ("name: A", ["N105"]),
        ("name: a-", ["N105"]),
        ("namespace: a", ["N104"]),
        ("name: a, labels: {a.b/c: d_e.f}", []),
        ('name: a, labels: {a: ""}', []),
        ("name: a, labels: {a: b c}", ["N106"]),
        ("name: a, labels: {a: " + 64 * "b" + "}", ["N106"]),
        ("name: a, labels: {a b: c}", ["N106"]),
        ("name: a, annotations: {a: any text}", []),
        ("name: a, annotations: {a/b/c: x}", ["N106"]),
    ],
)
def test_metadata_of_a_workflow(metadata, expected):
    assert codes(metadata) == expected


@pytest.mark.parametrize(("length", "expected"), [(47, []), (48, ["N105"])])
def test_prefix_of_a_cron_workflow_leaves_room_for_what_kubernetes_adds(length, expected):
    assert codes("generateName: " + (length - 1) * "a" + "-", "CronWorkflow") == expected


@pytest.mark.parametrize(("length", "expected"), [(52, []), (53, ["N105"])])
def test_name_of_a_cron_workflow_leaves_room_for_the_time(length, expected):
    assert codes("name: " + length * "a", "CronWorkflow") == expected
