"""Documents are read as Argo does: calls of templates, optional arguments, references."""

from __future__ import annotations

from laminar.compiler.argo.documents import Document, Library
from laminar.compiler.argo.parts import Part
from laminar.compiler.yaml.reader import read_text

TEXT = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a, labels: {laminar/flow: A}}
spec:
  entrypoint: main
  hooks: {exit: {template: bye}}
  templates:
  - name: main
    inputs:
      parameters: [{name: a}, {name: b, default: x}, {name: c, valueFrom: {supplied: {}}}]
      artifacts: [{name: d}, {name: e, optional: true}, {name: f, raw: {data: x}}]
    steps:
    - - {name: one, template: bye}
      - {name: two, inline: {dag: {tasks: [{name: deep, inline: {suspend: {}}}]}}}
    - - {name: three, templateRef: {name: t, template: any}, withItems: [1]}
  - name: bye
    dag: {tasks: [{name: last, template: main, hooks: {running: {template: bye, expression: x}}}]}
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: t}
spec:
  templates: [{name: any, suspend: {}}]
---
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: c}
spec:
  schedules: []
  workflowSpec: {workflowTemplateRef: {name: t}, entrypoint: any}
"""
SOURCES = read_text(TEXT, "a.yaml")
LIBRARY = Library.of(SOURCES)
WORKFLOW, TEMPLATE, CRON = LIBRARY.documents
MAIN, BYE = WORKFLOW.templates


def test_steps_have_their_group_and_tasks_have_none():
    assert [(step.name, step.group, step.what) for step in MAIN.calls] == [
        ("one", 0, "step"),
        ("two", 0, "step"),
        ("three", 1, "step"),
    ]
    assert [(task.name, task.group, task.what) for task in BYE.calls] == [("last", -1, "task")]


def test_hooks_are_called_by_the_key_they_stand_under():
    (hook,) = BYE.calls[0].hooks
    assert (hook.name, hook.what) == ("running", "hook")
    assert [hook.name for hook in WORKFLOW.hooks] == ["exit"]


def test_inputs_with_a_value_or_a_source_need_no_argument():
    assert [MAIN.is_given(name) for name in "abc"] == [False, True, True]
    assert [MAIN.is_placed(name) for name in "def"] == [False, True, True]


def test_bodies_are_templates_with_those_inside_tasks_and_steps():
    assert [template.works for template in WORKFLOW.bodies] == [["steps"], ["dag"], ["dag"], ["suspend"]]


def test_call_finds_its_template_by_name_inline_or_in_another_document():
    one, two, three = MAIN.calls
    assert LIBRARY.called(WORKFLOW, one) is BYE
    assert LIBRARY.called(WORKFLOW, two).works == ["dag"]
    assert LIBRARY.called(WORKFLOW, three) is TEMPLATE.templates[0]
    assert three.is_loop


def test_document_of_a_template_reference_has_the_templates():
    assert LIBRARY.base(CRON) is TEMPLATE
    assert LIBRARY.base(WORKFLOW) is WORKFLOW
    assert Library.of(SOURCES[2:]).base(CRON) is None


def test_workflow_inside_a_cron_workflow_is_its_spec():
    assert CRON.spec.text("entrypoint") == "any"
    assert [document.is_started for document in LIBRARY.documents] == [True, False, True]


def test_label_of_laminars_marks_its_own_documents():
    assert [document.is_own for document in LIBRARY.documents] == [True, False, False]
    assert Document(Part(SOURCES[0])).is_own
