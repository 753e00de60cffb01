"""A path is known where Argo replaces it, and nowhere else."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from laminar.compiler.lint import validate
from laminar.compiler.yaml.reader import read_text

TEXT = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a, labels: {team: x}}
spec:
  entrypoint: main
  serviceAccountName: runner
  onExit: bye
  priority: 1
  arguments: {parameters: [{name: p, value: x}]}
  templates:
  - name: main
    dag:
      tasks:
      - {name: A, template: pod, arguments: {parameters: [{name: in, value: a}]}}
      - name: B
        depends: A
        template: pod
        withItems: [{k: "1"}, {k: "2"}]
        arguments: {parameters: [{name: in, value: "TASK"}]}
        hooks: {running: {template: bye, expression: "HOOK == 'Running'"}}
      - name: C
        inline:
          inputs: {parameters: [{name: own, value: x}]}
          container: {image: i, command: [c], args: ["INLINE"]}
    outputs: {parameters: [{name: o, valueFrom: {expression: "OUTPUT", default: x}}]}
  - name: row
    steps:
    - - {name: one, template: pod, arguments: {parameters: [{name: in, value: a}]}}
    - - {name: two, template: pod, arguments: {parameters: [{name: in, value: "STEP"}]}}
  - name: pod
    inputs: {parameters: [{name: in}], artifacts: [{name: file, path: /f, optional: true}]}
    outputs:
      parameters: [{name: out, globalName: shared, valueFrom: {path: /o, default: x}}]
      artifacts: [{name: log, path: /l}]
    retryStrategy: {limit: "1", expression: "RETRY"}
    metrics: {prometheus: [{name: m, help: h, when: "METRIC == Succeeded", counter: {value: "1"}}]}
    container: {image: i, command: [c], args: ["POD"]}
  - {name: bye, container: {image: i, command: [c], args: ["EXIT"]}}
"""

RIGHT = {
    "TASK": ["{{item.k}}", "{{item}}", "{{tasks.A.outputs.parameters.out}}", "{{tasks.A.outputs.artifacts.log}}", "{{tasks.A.status}}",
             "{{workflow.parameters.p}}", "{{workflow.parameters}}", "{{=tasks['A'].outputs.result}}", "{{=item.k + '1'}}", "{{tasks.name}}"],
    "HOOK": ["tasks.B.status", "tasks.A.status", "workflow.status"],
    "INLINE": ["{{inputs.parameters.own}}", "{{pod.name}}", "{{workflow.name}}"],
    "OUTPUT": ["tasks.A.outputs.parameters.out", "tasks['B'].status", "tasks.A.status ?? 'none'"],
    "STEP": ["{{steps.one.outputs.parameters.out}}", "{{steps.one.id}}", "{{steps.name}}", "{{=steps.one.outputs.result}}"],
    "RETRY": ["asInt(lastRetry.exitCode) > 1", "{{inputs.parameters.in}} == 'x'", "lastRetry.status == 'Failed'", "retries == '0'"],
    "METRIC": ["{{status}}", "{{duration}}", "{{outputs.parameters.out}}", "{{resourcesDuration.cpu}}", "{{exitCode}}"],
    "POD": ["{{inputs.parameters.in}}", "{{inputs.artifacts.file.path}}", "{{outputs.artifacts.log.path}}", "{{node.name}}", "{{retries}}",
            "{{workflow.labels.team}}", "{{workflow.labels.json}}", "{{workflow.creationTimestamp.Y}}", "{{workflow.priority}}",
            "{{workflow.outputs.parameters.shared}}", "{{ inputs.parameters.in }}", "{{=inputs.parameters['in']}}", "{{lastRetry.message}}"],
    "EXIT": ["{{workflow.failures}}", "{{workflow.status}}", "{{workflow.duration}}", "{{workflow.mainEntrypoint}}"],
}  # fmt: skip

WRONG = {
    "TASK": [("{{item.z}}", "R109"), ("{{tasks.C.status}}", "R107"), ("{{tasks.Z.status}}", "R106"), ("{{steps.one.id}}", "R111"),
             ("{{tasks.A.outputs.parameters.z}}", "R108"), ("{{tasks.A.outputs.files}}", "R108"), ("{{tasks.A.state}}", "R108"),
             ("{{workflow.parameters.q}}", "R104"), ("{{=tasks.Z.status}}", "R106"), ("{{=nothing}}", "R101"), ("{{=let a = item; a}}", "X106")],
    "HOOK": [("tasks.C.status", "R107"), ("steps.B.status", "R111"), ("task.B.status", "R101")],
    "INLINE": [("{{inputs.parameters.other}}", "R105"), ("{{item}}", "R109")],
    "OUTPUT": [("tasks.Z.status", "R106"), ("inputs.parameters.z", "R105"), ("item", "R109")],
    "STEP": [("{{steps.two.id}}", "R107"), ("{{tasks.one.id}}", "R111"), ("{{item}}", "R109"), ("{{steps.one.ids}}", "R108")],
    "RETRY": [("lastRetry.code == '1'", "R108"), ("asInt(lastRetry.exitCode) >", "X101"), ("{{inputs.parameters.z}} == 1", "R105")],
    "METRIC": [("{{state}}", "R101"), ("{{steps}}", "R111"), ("{{outputs.parameters.z}}", "R108"), ("{{status}} = x &&", "X109")],
    "POD": [("{{inputs.parameters.z}}", "R105"), ("{{inputs.artifacts.z.path}}", "R105"), ("{{outputs.artifacts.z.path}}", "R108"),
            ("{{node.id}}", "R108"), ("{{pod.id}}", "R111"), ("{{workflow.labels.z}}", "R103"), ("{{workflow.size}}", "R103"),
            ("{{tasks.A.status}}", "R111"), ("{{item}}", "R109"), ("{{cronworkflow.name}}", "R111"), ("{{input.parameters.in}}", "R101"),
            ("{{workflow.outputs.parameters.z}}", "R108"), ("{{inputs.parameters.in", "X108"), ("{{inputs.in}}", "R111")],
    "EXIT": [("{{retries}}", "R110"), ("{{outputs.parameters.z}}", "R108")],
}  # fmt: skip

PLAIN = {"HOOK": "tasks.B.status", "OUTPUT": "tasks.A.status", "RETRY": "retries == '0'", "METRIC": "{{status}}"}


def codes(place: str, text: str) -> list[str]:
    document = TEXT
    for name in RIGHT:
        document = document.replace(name, text if name == place else PLAIN.get(name, "x"))
    found = validate(read_text(document, "a.yaml"))
    return [finding.code for finding in found if finding.code not in ("C109", "K101")]


@pytest.mark.parametrize(("place", "text"), [(place, text) for place, texts in RIGHT.items() for text in texts])
def test_path_that_argo_replaces_is_right(place, text):
    assert codes(place, text) == []


@pytest.mark.parametrize(("place", "text", "code"), [(place, *each) for place, texts in WRONG.items() for each in texts])
def test_path_that_argo_does_not_know_is_found(place, text, code):
    assert code in codes(place, text)


def test_single_word_that_is_near_no_variable_of_one_word_is_left_alone():
    assert codes("TASK", "{{state}}") == ["R102"]
    assert codes("TASK", "{{items}}") == ["R101"]


@pytest.mark.parametrize("text", ["{{ jinja }}", "{{.Go.Template}}", "{% if %}", "${{ github.ref }}", "{{{{x}}}}", "{{ end"])
def test_braces_of_another_language_in_a_command_are_no_mistake(text):
    assert codes("POD", text) == []
