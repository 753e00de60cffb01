"""Expressions are those that Argo evaluated on a real cluster, and hold nothing that would break them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.templates.expression import RESERVED, Length, pods, pods_of_input, splits, term

A = "tasks.A.outputs.parameters.lengths"
FOO = Length.of_pod(A, "foo")
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(sorted(RESERVED))
LENGTHS = st.builds(Length.of_pod, st.just(A), NAMES) | st.builds(Length.of_all, st.just(A), NAMES) | st.integers(0, 50)


def of_parameter(name: str) -> Length:
    return Length.of_parameter(term("workflow", "parameters", name))


@pytest.mark.parametrize(
    "made, expected",
    [
        (pods([FOO]), "{{=string(max(1, sum(fromJSON(tasks.A.outputs.parameters.lengths).foo)))}}"),
        (splits([FOO]), "{{=string(int(sum(fromJSON(tasks.A.outputs.parameters.lengths).foo)))}}"),
        (
            pods([Length.of_all(A, "baz")]),
            "{{=string(max(1, sum(map(fromJSON(tasks.A.outputs.parameters.lengths), {sum(#.baz)}))))}}",
        ),
        (
            pods([Length.of_split(A, "baz", 1)]),
            "{{=string(max(1, fromJSON(tasks.A.outputs.parameters.lengths)[1].baz[0]))}}",
        ),
        (
            pods([FOO], batch=2),
            "{{=string(max(1, int(ceil(sum(fromJSON(tasks.A.outputs.parameters.lengths).foo) / 2))))}}",
        ),
        (
            pods([of_parameter("names")]),
            "{{=let a = fromJSON(workflow.parameters.names); string(max(1, type(a) == 'array' ? len(a) : 1))}}",
        ),
        (
            splits([of_parameter("a-b"), 2]),
            "{{=let a = fromJSON(workflow.parameters['a-b']); string(2 * (type(a) == 'array' ? len(a) : 1))}}",
        ),
        (
            splits([FOO, Length.of_pod(A, "bar")]),
            "{{=let a = fromJSON(tasks.A.outputs.parameters.lengths); string(int(sum(a.foo) * sum(a.bar)))}}",
        ),
        (pods_of_input("splits", 5), "{{=string(max(1, int(ceil(int(inputs.parameters.splits) / 5))))}}"),
    ],
)
def test_expression_is_as_it_ran(made, expected):
    assert made == expected


@pytest.mark.parametrize(
    "lengths, batch, expected",
    [([], 1, ("1", "1")), ([3, 4], 1, ("12", "12")), ([3, 4], 5, ("3", "12")), ([0, 4], 1, ("1", "0")), ([FOO, 0], 9, ("1", "0"))],
)
def test_constants_are_folded(lengths, batch, expected):
    assert (pods(lengths, batch), splits(lengths)) == expected


@given(st.lists(LENGTHS, max_size=4), st.integers(1, 9))
def test_expression_survives_json_and_argos_search_for_its_end(lengths, batch):
    for made in (pods(lengths, batch), splits(lengths)):
        text = json.dumps(made, ensure_ascii=False)[1:-1]
        assert '"' not in text
        assert text.find("}}") in (-1, len(text) - 2)
        assert text.count("{{") <= 1


@given(st.lists(LENGTHS, min_size=1, max_size=4))
def test_source_is_parsed_once_where_it_is_read_more_than_once(lengths):
    assert splits(lengths).count("fromJSON(") <= 1


@given(NAMES)
def test_member_is_an_identifier_or_a_quoted_text(name):
    member = term("x", name)[1:]
    assert re.fullmatch(r"\.[A-Za-z_][A-Za-z0-9_]*|\['[^'\n]*'\]", member)


def test_27_sources_have_names_of_their_own():
    made = splits([of_parameter(f"p{place}") for place in range(60)])
    bound = re.findall(r"let (\w+) =", made)
    assert len(set(bound)) == 60
