"""Outputs have sources of their kind of template; metrics can be emitted."""

from __future__ import annotations

import pytest

from tests.support.small_workflows import of_template

DAG = "dag: {tasks: [{name: A, template: other}]}"


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("outputs: {parameters: [{name: a, valueFrom: {path: /a}}]}", []),
        ("outputs: {parameters: [{name: a, value: x}]}", []),
        ("outputs: {parameters: [{name: a}]}", ["O101"]),
        ('outputs: {parameters: [{name: a, valueFrom: {path: /a, expression: "1"}}]}', ["O101"]),
        ('outputs: {parameters: [{name: a, valueFrom: {expression: "1"}}]}', ["O102"]),
        (DAG + ", outputs: {parameters: [{name: a, valueFrom: {path: /a}}]}", ["O102"]),
        (DAG + ', outputs: {parameters: [{name: a, valueFrom: {parameter: "{{tasks.A.status}}"}}]}', []),
        (DAG + ", outputs: {artifacts: [{name: a, path: /a}]}", ["O102"]),
        (DAG + ", inputs: {artifacts: [{name: a, path: /a, raw: {data: x}}]}", ["O102"]),
        ("suspend: {}, outputs: {parameters: [{name: a, valueFrom: {supplied: {}}}]}", []),
    ],
)
def test_output_of_a_template(fields, codes):
    assert of_template(fields) == codes


@pytest.mark.parametrize(
    ("metric", "codes"),
    [
        ('{name: m, help: h, counter: {value: "1"}}', []),
        ('{name: m, help: h, gauge: {realtime: false, value: "{{resourcesDuration.cpu}}"}}', []),
        ('{name: m, help: h, gauge: {realtime: true, value: "{{resourcesDuration.cpu}}"}}', ["O104"]),
        ("{name: m, help: h}", ["O104"]),
        ('{name: m-x, help: h, counter: {value: "1"}}', ["O104"]),
        ("{name: m, help: h, counter: {}}", ["F111", "O104"]),
        ('{name: m, counter: {value: "1"}}', ["F111"]),
        ('{name: m, help: h, when: "{{status}} == Succeded", counter: {value: "1"}}', ["X107"]),
    ],
)
def test_metric_of_a_template(metric, codes):
    assert of_template(f"metrics: {{prometheus: [{metric}]}}") == codes
