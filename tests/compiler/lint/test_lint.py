"""What is right has no findings, what is not known is said to be not checked, and lint tells both apart."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given

from laminar.cli.main import cli
from laminar.compiler import optimizer
from laminar.compiler.check import checker
from laminar.compiler.emit import emitter
from laminar.compiler.lint import Finding, validate
from laminar.compiler.target import ARGO, Target
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
    assert [str(finding) for finding in found if not finding.unchecked] == []
    unchecked = " ".join(finding.what for finding in found)
    for what in (
        "kind 'steps' does is not checked",
        "'elsewhere' is not among these files",
        "'workflow.status'",
        "'ConfigMap' are not checked",
        "metrics",
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
    (finding,) = [finding for finding in found if not finding.unchecked]
    assert finding.what == "Task 'other' does not give 'size', which template 'any' needs."


def test_finding_says_file_line_document_template_task_and_field():
    text = HAND_WRITTEN.replace("tasks.first.outputs.result", "tasks.first.outputs.parameters.rows")
    finding: Finding
    (finding,) = [finding for finding in validate(read_text(text, "hand.yaml")) if not finding.unchecked]
    assert (finding.part.source.file, finding.line) == ("hand.yaml", 26)
    assert (finding.document, finding.template, finding.task) == ("Workflow hand-", "main", "each")
    assert finding.field == "arguments.parameters[text].value"
    assert str(finding).startswith(
        "hand.yaml:26: Template 'say' of task 'first' gives no parameter 'rows'.\n  at: Workflow hand-, "
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
    assert any("when" in finding.what for finding in validate(read_text(text, "hand.yaml")) if not finding.unchecked)


@pytest.mark.parametrize(
    "when", ["'{{item.k}}' == '=2'", "{{item.k}} =~ '^a|b'", "!({{item.k}} >= 2) && x in (a, b)", "{{=string(true)}}"]
)
def test_when_that_is_a_condition_is_right(when):
    text = HAND_WRITTEN.replace("{{item.k}} != 2", when)
    assert [str(finding) for finding in validate(read_text(text, "hand.yaml")) if not finding.unchecked] == []


def test_expression_may_give_a_number_or_a_truth_where_argo_writes_them_as_text():
    text = HAND_WRITTEN.replace("{{item.k}} != 2", "{{=item.k != '2'}}").replace(
        'value: "{{retries}}"', 'value: "{{=asInt(retries) + 1}}"'
    )
    assert any("gives no text" in finding.what for finding in validate(read_text(text, "hand.yaml"), ARGO["4.1"]))
    for version in ("3.7", "4.0"):
        assert not any("gives no text" in finding.what for finding in validate(read_text(text, "hand.yaml"), ARGO[version]))


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


# the command


def lint(*args: object) -> Result:
    return CliRunner().invoke(cli, ["lint", *map(str, args)])


def test_lint_exits_with_0_where_nothing_is_found():
    done = lint(ROOT / "tests/golden/compiler/linear.yaml", ROOT / "tests/golden/compiler/cron.yaml")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "2 files: nothing found\n"


def test_lint_exits_with_1_and_prints_findings(tmp_path):
    file = tmp_path / "wrong.yaml"
    file.write_text((ROOT / "tests/golden/compiler/linear.yaml").read_text().replace("depends: Load", "depends: Laod"))
    done = lint(file)
    assert done.exit_code == 1
    assert f"{file}:" in done.stdout
    assert "waits for 'Laod'" in done.stdout
    assert done.stderr == "1 file: 1 finding\n"


def test_lint_checks_what_a_program_compiles_to():
    done = lint(ROOT / "examples/wordcount.py")
    assert (done.exit_code, done.stdout) == (0, "")


def test_lint_reads_what_comes_through_a_pipe():
    text = (ROOT / "tests/golden/compiler/linear.yaml").read_text().replace("depends: Load", "depends: Laod")
    done = CliRunner().invoke(cli, ["lint", "-"], input=text)
    assert done.exit_code == 1
    assert done.stdout.startswith("standard input:")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n"])
def test_lint_of_nothing_is_an_error(tmp_path, text):
    file = tmp_path / "empty.yaml"
    file.write_text(text)
    for done in (lint(file), CliRunner().invoke(cli, ["lint", "-"], input=text)):
        assert done.exit_code == 1
        assert "holds no document" in str(done.exception)


def test_lint_says_what_is_not_checked_and_exits_with_0(tmp_path):
    file = tmp_path / "rights.yaml"
    file.write_text((ROOT / "templates/rbac.yaml").read_text())
    done = lint(file)
    assert done.exit_code == 0
    assert "not checked: " in done.stderr
    assert "'RoleBinding' are not checked" in done.stderr


def test_lint_of_a_file_that_is_no_yaml_says_the_line(tmp_path):
    from laminar.exceptions import FlowError

    file = tmp_path / "broken.yaml"
    file.write_text("a: 1\nb: [\n")
    done = lint(file)
    assert isinstance(done.exception, FlowError)
    assert done.exception.where.endswith("broken.yaml:3")


@pytest.mark.parametrize("code", [0, 1])
def test_argos_own_lint_runs_where_it_is_installed(tmp_path, monkeypatch, code):
    argo = tmp_path / "bin/argo"
    argo.parent.mkdir()
    argo.write_text(f'#!/bin/sh\necho "argo was given $*"\nexit {code}\n')
    argo.chmod(0o755)
    monkeypatch.setenv("PATH", str(argo.parent), prepend=os.pathsep)
    done = lint(ROOT / "tests/golden/compiler/linear.yaml")
    assert done.exit_code == code
    assert ("argo was given lint --offline --no-color" in done.stdout) == bool(code)
