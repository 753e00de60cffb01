"""Exceeded limits are found, exactly from the limit on."""

from __future__ import annotations

import pytest

from laminar.compiler.target import Limits
from tests.support.small_workflows import POD, of_spec, of_template


@pytest.mark.parametrize(("extra", "codes"), [(0, []), (1, ["L101"])])
def test_number_of_tasks(extra, codes):
    tasks = ", ".join(f"{{name: t{number}, template: other}}" for number in range(Limits().tasks + extra))
    assert of_template(f"dag: {{tasks: [{tasks}]}}") == codes


@pytest.mark.parametrize(("extra", "codes"), [(0, []), (1, ["L101"])])
def test_number_of_parameters(extra, codes):
    parameters = ", ".join(f"{{name: p{number}, value: x}}" for number in range(Limits().parameters + extra))
    assert of_spec(f"arguments: {{parameters: [{parameters}]}}") == codes


@pytest.mark.parametrize(("extra", "codes"), [(0, []), (1, ["L103"])])
def test_length_of_an_argument(extra, codes):
    text = "x" * (Limits().text_bytes + extra)
    assert of_template(f"container: {{image: a, command: [b], args: [{text}]}}") == codes


@pytest.mark.parametrize(("argument", "codes"), [("{{workflow.name}}", []), ("{{workflow.parameters.json}}", ["L104"])])
def test_parameters_that_reach_a_pod_together(argument, codes):
    parameters = f"arguments: {{parameters: [{{name: p, value: {'x' * Limits().parameter_bytes}}}]}}\n"
    container = POD.replace("[echo]", f'[echo, "{argument}"]')
    assert of_spec(parameters + f"templates: [{{name: main, {container}}}]") == codes


def test_size_of_the_document():
    parameters = ", ".join(f"{{name: p{number}, value: {'x' * 3000}}}" for number in range(400))
    assert of_spec(f"arguments: {{parameters: [{parameters}]}}") == ["L102"]
