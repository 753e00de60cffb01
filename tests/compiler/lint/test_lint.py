"""Correct documents have no findings, and unknown parts are reported as not checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from laminar.compiler import optimizer
from laminar.compiler.check import checker
from laminar.compiler.emit import emitter
from laminar.compiler.lint import Finding, Severity, validate
from laminar.compiler.target import Target
from laminar.compiler.yaml import writer
from laminar.compiler.yaml.reader import read, read_text
from tests.support.drawn_plans import plans

ROOT = Path(__file__).parent.parent.parent.parent
RIGHT = sorted([*ROOT.glob("tests/golden/compiler/*.yaml"), *ROOT.glob("examples/*.yaml"), *ROOT.glob("tests/data/argo/*.yaml")])


@pytest.mark.parametrize("file", RIGHT, ids=lambda file: file.stem)
def test_golden_and_reference_files_have_no_findings(file):
    assert [str(finding) for finding in validate(read(file))] == []


@given(plans())
def test_drawn_plans_have_no_findings(made):
    text = writer.dump(emitter.emit(checker.check(optimizer.optimize(made), Target()), Target()))
    assert [str(finding) for finding in validate(read_text(text, "drawn"))] == []


HAND_WRITTEN = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: hand-
spec:
  entrypoint: main
  serviceAccountName: runner
  onExit: bye
  arguments:
    parameters:
    - {name: message, value: hello}
    - {name: choice, value: a, enum: [a, b]}
  volumeClaimTemplates:
  - metadata: {name: work}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
  templates:
  - name: main
    dag:
      tasks:
      - {name: first, template: say, arguments: {parameters: [{name: text, value: "{{workflow.parameters.message}}"}]}}
      - name: each
        dependencies: [first]
        template: say
        withItems: [{k: "1"}, {k: "2"}]
        when: "{{item.k}} != 2"
        arguments: {parameters: [{name: text, value: "{{item.k}} {{tasks.first.outputs.result}}"}]}
      - name: listed
        dependencies: [first]
        template: say
        withParam: "{{tasks.first.outputs.parameters.list}}"
        arguments:
          parameters: [{name: text, value: "{{item}}"}]
          artifacts: [{name: file, from: "{{tasks.first.outputs.artifacts.log}}"}]
      - {name: last, dependencies: [each, listed], template: stepwise}
      - {name: other, templateRef: {name: elsewhere, template: any}}
  - name: say
    inputs:
      parameters: [{name: text}]
      artifacts: [{name: file, path: /tmp/in, optional: true}]
    retryStrategy: {limit: 3, retryPolicy: OnError}
    script:
      image: python:3.12
      command: [python]
      source: |
        print("{{inputs.parameters.text}}", f"{{{{x}}}}", "{{ jinja.value }}")
      env: [{name: TRY, value: "{{retries}}"}, {name: POD, value: "{{pod.name}}"}]
      resources: {limits: {cpu: 1, memory: 64Mi}}
      volumeMounts: [{name: work, mountPath: /work}]
    outputs:
      parameters: [{name: list, valueFrom: {path: /tmp/list, default: "[]"}}]
      artifacts: [{name: log, path: /tmp/log}]
  - name: stepwise
    steps:
    - - {name: one, template: say, arguments: {parameters: [{name: text, value: a}]}}
    - - {name: two, template: say, arguments: {parameters: [{name: text, value: "{{steps.one.outputs.result}}"}]}}
  - name: bye
    metrics: {prometheus: [{name: ended, help: h, when: "{{status}} == Succeeded", counter: {value: "1"}}]}
    container: {image: alpine, command: [echo], args: ["{{workflow.status}} {{workflow.duration}}"]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unrelated}
"""


def test_hand_written_workflow_is_right_and_what_is_not_known_is_said():
    found = validate(read_text(HAND_WRITTEN, "hand.yaml"))
    assert [str(finding) for finding in found if finding.severity is Severity.ERROR] == []
    unchecked = " ".join(finding.what for finding in found)
    for what in (
        "'elsewhere' is not among these files",
        "'ConfigMap' are not checked",
        "jinja",
    ):
        assert what in unchecked


def test_files_may_refer_to_each_other():
    workflow = HAND_WRITTEN.partition("---")[0]
    template = """\
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: elsewhere}
spec:
  templates:
  - {name: any, inputs: {parameters: [{name: size}]}, suspend: {}}
"""
    found = validate([*read_text(workflow, "hand.yaml"), *read_text(template, "template.yaml")])
    (finding,) = [finding for finding in found if finding.severity is Severity.ERROR]
    assert finding.what == "Task 'other' does not pass 'size', which template 'any' needs."


def test_finding_says_file_line_document_template_task_and_field():
    text = HAND_WRITTEN.replace("tasks.first.outputs.result", "tasks.first.outputs.parameters.rows")
    finding: Finding
    (finding,) = [finding for finding in validate(read_text(text, "hand.yaml")) if finding.severity is Severity.ERROR]
    assert (finding.part.source.file, finding.line) == ("hand.yaml", 26)
    assert (finding.document, finding.template, finding.task) == ("Workflow hand-", "main", "each")
    assert finding.field == "arguments.parameters[text].value"
    assert str(finding).startswith(
        "hand.yaml:26: error[R108] Template 'say' of task 'first' has no output parameter 'rows'.\n  at: Workflow hand-, "
    )


def test_gathering_a_loop_that_has_a_when_is_found():
    last = "{name: last, dependencies: [each, listed], template: stepwise}"
    value = "{{tasks.each.outputs.parameters.list}}"
    reading = f'{{name: last, dependencies: [each], template: say, arguments: {{parameters: [{{name: text, value: "{value}"}}]}}}}'
    text = HAND_WRITTEN.replace(last, reading)
    assert any("the workflow hangs" in finding.what for finding in validate(read_text(text, "hand.yaml")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- 1\n",
        "a: 1\n",
        "kind: Workflow\napiVersion: argoproj.io/v1alpha1\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {templates: 3, entrypoint: [], arguments: x}\n",
    ],
)
def test_strange_documents_give_findings_and_no_traceback(text):
    assert all(isinstance(str(finding), str) for finding in validate(read_text(text, "strange.yaml")))


@pytest.mark.parametrize("when", ["{{item.k}} = 2", "{{item.k}} ==", "&& x", "({{item.k}} == 2", "", "a | b"])
def test_when_that_is_no_condition_is_found(when):
    text = HAND_WRITTEN.replace("{{item.k}} != 2", when)
    assert any("when" in finding.what for finding in validate(read_text(text, "hand.yaml")) if finding.severity is Severity.ERROR)


@pytest.mark.parametrize(
    "when", ["'{{item.k}}' == '=2'", "{{item.k}} =~ '^a|b'", "!({{item.k}} >= 2) && x in (a, b)", "{{=string(true)}}"]
)
def test_when_that_is_a_condition_is_right(when):
    text = HAND_WRITTEN.replace("{{item.k}} != 2", when)
    assert [str(finding) for finding in validate(read_text(text, "hand.yaml")) if finding.severity is Severity.ERROR] == []


def test_expression_may_return_a_number_or_a_truth():
    text = HAND_WRITTEN.replace("{{item.k}} != 2", "{{=item.k != '2'}}").replace(
        'value: "{{retries}}"', 'value: "{{=asInt(retries) + 1}}"'
    )
    assert [str(finding) for finding in validate(read_text(text, "hand.yaml")) if finding.severity is Severity.ERROR] == []


def test_expression_of_a_tasks_argument_is_checked_without_braces():
    text = HAND_WRITTEN.replace(
        'value: "{{item.k}} {{tasks.first.outputs.result}}"', "valueFrom: {expression: tasks.frist.outputs.result}"
    )
    assert any("no task 'frist' in this DAG" in finding.what for finding in validate(read_text(text, "hand.yaml")))


def test_output_that_chooses_between_tasks_that_may_be_skipped_needs_no_default():
    choosing = """\
      tasks:
      - {name: a, template: one, when: "{{workflow.name}} == a"}
      - {name: b, template: one, when: "{{workflow.name}} != a"}
    outputs:
      parameters:
      - {name: found, valueFrom: {SOURCE}}
  - name: one
    suspend: {}
"""
    head = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: x}\n"
        "spec:\n  entrypoint: m\n  templates:\n  - name: m\n    dag:\n"
    )
    expression = "expression: \"tasks.a.status == 'Succeeded' ? tasks.a.outputs.result : tasks.b.outputs.result\""
    parameter = 'parameter: "{{tasks.a.outputs.result}}"'
    assert not any(
        "no default" in finding.what for finding in validate(read_text(head + choosing.replace("SOURCE", expression), "x"))
    )
    assert any("no default" in finding.what for finding in validate(read_text(head + choosing.replace("SOURCE", parameter), "x")))
