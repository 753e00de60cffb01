"""A part of a document knows its value, its line and its place in words."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from laminar.compiler.argo.parts import Part
from laminar.compiler.yaml.reader import read_text

TEXT = """\
kind: Workflow
metadata: {generateName: a-}
spec:
  templates:
  - name: main
    dag:
      tasks:
      - name: first
        arguments: {parameters: [{name: rows, value: 1}]}
  - name: row
    steps:
    - - {name: one, template: x}
    - - {name: two, inline: {container: {image: i}}}
"""
(SOURCE,) = read_text(TEXT, "a.yaml")
WHOLE = Part(SOURCE)
TASK = WHOLE.at("spec", "templates", 0, "dag", "tasks", 0)


def test_value_of_a_place_that_is_not_there_is_none():
    assert WHOLE.at("spec", "templates", 7, "name").value is None
    assert WHOLE.at("kind", "x").value is None
    assert WHOLE.at("kind", 0).value is None


def test_items_are_the_mappings_of_a_list():
    assert [part.text("name") for part in WHOLE.at("spec", "templates").items()] == ["main", "row"]
    assert WHOLE.at("kind").items() == []
    assert len(WHOLE.at("spec", "templates", 1, "steps").elements()) == 2


def test_text_of_a_number_is_its_digits_and_of_the_rest_empty():
    parameter = TASK.at("arguments", "parameters", 0)
    assert (parameter.text("value"), parameter.text("name"), WHOLE.text("spec"), WHOLE.text("none")) == ("1", "rows", "", "")


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ((), "Workflow a-"),
        (("spec",), "Workflow a-, field spec"),
        (("spec", "templates", 0), "Workflow a-, template main"),
        ((*TASK.place, "arguments", "parameters", 0, "value"), "Workflow a-, template main, task first, field arguments.parameters[rows].value"),
        (("spec", "templates", 1, "steps", 0, 0, "template"), "Workflow a-, template row, step one, field template"),
        (("spec", "templates", 1, "steps", 1, 0, "inline", "container"), "Workflow a-, template row, step two, field inline.container"),
        (("spec", "templates", 1, "steps", 1), "Workflow a-, template row, field steps[1]"),
    ],
)  # fmt: skip
def test_place_in_words_names_template_task_or_step_and_field(place, where):
    assert Part(SOURCE, place).where == where


def test_line_is_that_of_the_part_or_of_the_nearest_one_around_it():
    assert TASK.at("name").line == 8
    assert TASK.at("depends").line == 8
    assert WHOLE.line == 1


def test_texts_are_all_texts_inside_with_their_places():
    assert [(text.place[-1], text.value) for text in TASK.texts()] == [("name", "first"), ("name", "rows")]
