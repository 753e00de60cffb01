"""Texts are read as Argo reads them: with tags, as bare expressions, or as another language's."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from tests.support.small_workflows import of_spec, of_template


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ('http: {url: "{{workflow.name}}", successCondition: "response.statusCode == 200 && response.body contains \'ok\'"}', []),
        ('http: {url: x, successCondition: "respons.statusCode == 200"}', ["R101"]),
        ('http: {url: x, successCondition: "response.statusCode == "}', ["X101"]),
        ("data: {source: {artifactPaths: {name: a, s3: {bucket: b}}}, transformation: [{expression: \"filter(data, {# endsWith 'x'})\"}]}", []),
        ('data: {source: {artifactPaths: {name: a}}, transformation: [{expression: "filter(dat, {true})"}]}', ["R101"]),
        ("resource: {action: get, successCondition: status.phase == Succeeded}", []),
        ('script: {image: a, command: [b], source: "print(f\'{{{{x}}}}\', {{jinja.x}})"}', []),
        ('script: {image: a, command: [b], source: "{{inputs.parameters.z}}"}', ["R105"]),
        ('script: {image: a, command: [b], source: "{{input.parameters.z}}"}', ["R101"]),
        ('memoize: {key: "{{workflow.nam}}", maxAge: 10s, cache: {configMap: {name: c}}}', ["R103"]),
        ('metadata: {labels: {a: "{{workflow.name}}"}, annotations: {b: "{{=workflow.uid}}"}}', []),
        ('container: {image: a, command: [b], env: [{name: expression, value: "a b c"}]}', []),
        ('synchronization: {mutexes: [{name: "{{workflow.namespac}}"}]}', ["R103"]),
    ],
)  # fmt: skip
def test_text_of_a_template(fields, codes):
    assert of_template(fields) == codes


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ('volumes: [{name: v, configMap: {name: "{{inputs.parameters.a}}"}}]', ["R105"]),
        ('volumes: [{name: v, configMap: {name: "{{tasks.a.outputs.parameters.b}}"}}]', []),
        ('templateDefaults: {container: {env: [{name: a, value: "{{inputs.parameters.a}}"}]}}', ["R105"]),
        ('templateDefaults: {retryStrategy: {limit: "1"}, container: {env: [{name: a, value: "{{retries}} {{pod.name}}"}]}}', []),
        ('templateDefaults: {container: {env: [{name: a, value: "{{workflow.nam}}"}]}}', ["R103"]),
        ('arguments: {parameters: [{name: p, value: "{{inputs.parameters.a}}"}]}', ["R111"]),
        ('workflowMetadata: {labelsFrom: {a: {expression: "workflow.parameters.x"}}}', ["R104"]),
        ('workflowMetadata: {labelsFrom: {a: {expression: "workflow.name +"}}}', ["X101"]),
        ("hooks: {a: {template: main, expression: \"workflow.status == 'Runing'\"}}", ["X107"]),
    ],
)
def test_text_of_a_workflow(fields, codes):
    assert of_spec(fields) == codes
