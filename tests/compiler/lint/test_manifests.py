"""The objects of resource templates are checked: manifests, the pods in them, and workflows in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler.lint import Severity, validate
from laminar.compiler.yaml.reader import read_text

EXAMPLES = Path(__file__).parent.parent.parent / "data/argo/examples"


def spoilt(example: str, old: str, new: str) -> list[tuple[str, int]]:
    """Return code and line of the errors that a replacement brings."""
    text = (EXAMPLES / f"{example}.yaml").read_text()
    assert old in text
    found = validate(read_text(text.replace(old, new, 1), "example.yaml"))
    return [(finding.code, finding.line) for finding in found if finding.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("example", "old", "new", "expected"),
    [
        ("k8s-jobs", "        kind: Job\n", "", ("P111", 35)),
        ("k8s-jobs", "image: python", "imag: python", ("F101", 49)),
        ("k8s-jobs", "python:alpine3.23", "Python:alpine3.23", ("P102", 49)),
        ("k8s-jobs", "restartPolicy: Never", "restartPolicy: Nevr", ("F104", 51)),
        ("k8s-wait-wf", "entrypoint: sleep", "entrypoint: sleeps", ("C103", 31)),
        ("k8s-owner-reference", "container:", "contianer:", ("F101", 30)),
    ],
)
def test_slip_in_a_manifest_is_found_on_its_line(example, old, new, expected):
    assert expected in spoilt(example, old, new)


def test_reference_in_a_workflow_of_a_manifest_is_left_to_argo():
    """Argo replaces the outer workflow's tags first; the other tags are the inner one's."""
    assert spoilt("workflow-of-workflows", "workflowTemplateRef", "workflowTemplateRef") == []


def test_manifest_beside_manifest_from_is_found():
    assert spoilt("k8s-jobs", "action: create", "action: create\n      manifestFrom: {artifact: {name: a}}")[0][0] == "P111"
