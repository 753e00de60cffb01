"""Parameters and arguments have values that they can have."""

from __future__ import annotations

import pytest

from tests.support.small_workflows import of_spec


@pytest.mark.parametrize(
    ("parameter", "codes"),
    [
        ("{name: a, value: x}", []),
        ("{name: a}", []),
        ("{name: a, value: x, enum: [x, z]}", []),
        ("{name: a, enum: [x, z]}", []),
        ('{name: a, value: "{{workflow.name}}", enum: [x]}', []),
        ("{name: a, value: w, enum: [x, z]}", ["F104"]),
        ("{name: a, value: x, enum: [x, 1]}", ["F110"]),
        ("{name: a, value: z, enum: []}", ["F104"]),
        ("{name: a, value: 1}", ["F110"]),
        ("{name: a, valueFrom: {configMapKeyRef: {name: c, key: k}, default: x}}", []),
        ("{name: a, valueFrom: {supplied: {}}}", []),
        ("{name: a, valueFrom: {path: /a}}", ["C113"]),
        ("{name: a, valueFrom: {default: x}}", ["C113"]),
        ("{name: a.b, value: x}", ["N102"]),
        ("{name: json, value: x}", ["N107"]),
        ("{name: a, value: x}, {name: a, value: z}", ["N103"]),
    ],
)
def test_parameter_of_a_workflow(parameter, codes):
    assert of_spec(f"arguments: {{parameters: [{parameter}]}}") == codes
