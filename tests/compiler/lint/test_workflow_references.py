"""A path that begins with ``workflow`` refers to what the workflow has."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.documents import Library
from laminar.compiler.lint.scope import Scope
from laminar.compiler.lint.workflow_references import WORKFLOW, wrong_workflow_path
from laminar.compiler.target import Limits
from laminar.compiler.yaml.reader import read_text

TEMPLATES = """
  templates:
  - {name: main, outputs: {parameters: [{name: o, globalName: shared, valueFrom: {path: /o}}]}, container: {image: i}}
"""
FULL = "  entrypoint: main\n  onExit: main\n  priority: 1\n  arguments: {parameters: [{name: rows, value: x}]}" + TEMPLATES
BARE = "  entrypoint: main" + TEMPLATES
REFERRING = "  workflowTemplateRef: {name: elsewhere}\n"


def codes(path: str, spec: str = BARE, *, kind: str = "Workflow", metadata: str = "name: a, labels: {team: x}") -> list[str]:
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec:\n{spec}"
    library = Library.of(read_text(text, "a.yaml"))
    [document] = library.documents
    scope = Scope(document, library, Limits())
    return [finding.code for finding in wrong_workflow_path(document.part, tuple(path.split(".")), scope)]


@pytest.mark.parametrize("name", sorted(set(WORKFLOW) - {"outputs"}))
def test_every_member_is_known_where_the_workflow_has_what_it_needs(name):
    assert codes(f"workflow.{name}", FULL) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("workflow", "R103"),
        ("workflow.nmae", "R103"),
        ("workflow.failures", "R111"),
        ("workflow.priority", "R111"),
        ("workflow.parameters.rows", "R104"),
        ("workflow.labels.taem", "R103"),
        ("workflow.annotations.team", "R103"),
        ("workflow.outputs.parameters.other", "R108"),
        ("workflow.outputs.artifacts.shared", "R108"),
        ("workflow.outputs.results", "R108"),
    ],
)
def test_what_the_workflow_does_not_have_is_found(path, code):
    assert codes(path) == [code]


@pytest.mark.parametrize(
    ("path", "spec"),
    [
        ("workflow.parameters.rows", FULL),
        ("workflow.parameters.json", BARE),
        ("workflow.labels.team", BARE),
        ("workflow.labels.json", BARE),
        ("workflow.labels.late", "  workflowMetadata: {labels: {late: x}}\n" + BARE),
        ("workflow.labels.made", "  workflowMetadata: {labelsFrom: {made: {expression: x}}}\n" + BARE),
        ("workflow.outputs.parameters.shared", BARE),
    ],
)
def test_what_the_workflow_has_is_right(path, spec):
    assert codes(path, spec) == []


@pytest.mark.parametrize("path", ["workflow.parameters.rows", "workflow.labels.other", "workflow.outputs.parameters.other"])
def test_what_a_template_elsewhere_decides_is_not_checked(path):
    assert codes(path, REFERRING) == ["K101"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("workflow.parameters.rows", ["R112"]),
        ("workflow.labels.other", ["K101"]),
        ("workflow.outputs.parameters.other", ["K101"]),
        ("workflow.failures", []),
        ("workflow.priority", []),
    ],
)
def test_a_template_leaves_to_its_callers_what_they_bring(path, found):
    assert codes(path, kind="WorkflowTemplate") == found


def test_a_template_without_an_entrypoint_is_only_called():
    assert codes("workflow.parameters.rows", TEMPLATES.lstrip("\n"), kind="WorkflowTemplate") == ["K101"]
