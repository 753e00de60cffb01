"""Calls name a template that exists, and pass its required inputs."""

from __future__ import annotations

import pytest

from tests.support.small_workflows import errors, of_spec, of_task

NEEDS = (
    "inputs: {parameters: [{name: a}, {name: b, default: x}], "
    "artifacts: [{name: f, path: /f}, {name: g, path: /g, optional: true}]}, suspend: {}"
)


def called(arguments: str) -> list[str]:
    """Return the codes for a task that calls a template with two inputs of each kind, one of them required."""
    needing = f"suspend: {{}}}}, {{name: needs, {NEEDS}"
    return of_task(f"arguments: {arguments}, template: needs", callee=needing)


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        ("{parameters: [{name: a, value: x}], artifacts: [{name: f, raw: {data: x}}]}", []),
        ('{parameters: [{name: a, value: x}, {name: b, value: z}], artifacts: [{name: f, from: "{{workflow.x}}"}]}', ["R103"]),
        ("{artifacts: [{name: f, raw: {data: x}}]}", ["C106"]),
        ("{parameters: [{name: a, value: x}]}", ["C108"]),
        ("{parameters: [{name: a}], artifacts: [{name: f, raw: {data: x}}]}", ["C107"]),
        ("{parameters: [{name: a, value: x}, {name: z, value: x}], artifacts: [{name: f, raw: {data: x}}]}", ["C105"]),
        ("{parameters: [{name: a, value: x}], artifacts: [{name: f, raw: {data: x}}, {name: z, raw: {data: x}}]}", ["C105"]),
        ("{parameters: [{name: a, value: x}], artifacts: [{name: f}]}", ["C111"]),
        ('{parameters: [{name: a, value: x}], artifacts: [{name: f, from: x, fromExpression: "1"}]}', ["C111"]),
    ],
)
def test_arguments_are_those_that_the_template_needs(arguments, codes):
    assert called(arguments) == codes


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("template: called", []),
        ("template: cale", ["C103"]),
        ("template: called, templateRef: {name: t, template: x}", ["C104"]),
        ("inline: {suspend: {}}", []),
        ("inline: {suspend: {}, container: {image: i, command: [c]}}", ["C101"]),
        ("templateRef: {name: t, template: x}", []),
        ('template: "{{workflow.name}}"', []),
        ("template: called, onExit: none", ["C103"]),
        ("template: called, onExit: one", []),
        ('template: called, hooks: {running: {template: one, expression: "true"}}', []),
        ("template: called, hooks: {running: {template: one}}", ["C112"]),
        ("template: called, hooks: {exit: {template: none}}", ["C103"]),
    ],
)
def test_call_names_one_template_that_exists(fields, codes):
    assert of_task(fields) == codes


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("entrypoint: main", []),
        ("entrypoint: mian", ["C103", "C109"]),
        ("onExit: main", []),
        ("onExit: none", ["C103"]),
        ("hooks: {exit: {template: main}}", []),
        ("hooks: {exit: {template: none}}", ["C103"]),
        ("hooks: {x: {template: main, expression: \"workflow.status == 'Running'\"}}", []),
    ],
)
def test_workflow_begins_and_ends_with_templates_that_exist(fields, codes):
    assert of_spec(fields) == codes


INPUT = "templates: [{name: main, inputs: {parameters: [{name: a}], artifacts: [{name: f, path: /f}]}, suspend: {}}]"


def test_entrypoint_gets_its_inputs_from_the_workflows_arguments():
    assert of_spec(INPUT) == ["C106", "C108"]
    assert of_spec("arguments: {parameters: [{name: a}], artifacts: [{name: f, raw: {data: x}}]}\n" + INPUT) == []


def test_template_that_only_a_recursion_calls_is_unused():
    assert of_spec("templates: [{name: main, suspend: {}}, {name: x, steps: [[{name: a, template: x}]]}]") == ["C109"]


REFERENCE = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a}
spec: {FIELDS, workflowTemplateRef: {name: t}}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: t}
spec:
  ENTRY
  serviceAccountName: a
  arguments: {parameters: [{name: needed}, {name: given, value: x}]}
  templates: [{name: main, suspend: {}}]
"""


@pytest.mark.parametrize(
    ("fields", "entry", "codes"),
    [
        ("arguments: {parameters: [{name: needed, value: x}]}", "entrypoint: main", []),
        ("arguments: {parameters: [{name: needed, value: x}]}, entrypoint: main", "", []),
        ("arguments: {parameters: [{name: needed, value: x}]}", "", ["C102"]),
        ("arguments: {parameters: [{name: needed, value: x}]}, entrypoint: mian", "", ["C103"]),
        ("arguments: {parameters: []}", "entrypoint: main", ["C106"]),
        ("arguments: {parameters: [{name: needed, value: x}, {name: z, value: x}]}", "entrypoint: main", ["C105"]),
    ],
)
def test_workflow_of_a_template_starts_it_as_it_wants_to_be_started(fields, entry, codes):
    assert errors(REFERENCE.replace("FIELDS", fields).replace("ENTRY", entry)) == codes
