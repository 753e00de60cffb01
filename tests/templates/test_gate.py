"""Conditions and pod patches are expressions that return the answers of hooks."""

from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laminar.compiler.argo.expressions import parse
from laminar.templates import gate

ENTRIES = ["tasks", "J-gate", "outputs", "parameters", "entries"]
TAG = re.compile(r"\{\{=(.*?)\}\}", re.DOTALL)


def attempted(text: str, attempt: int) -> str:
    """Return a text whose choices by ``retries`` are made as Argo makes them."""

    def choose(match: re.Match[str]) -> str:
        expression = match[1]
        decoded = expression.startswith("sprig.b64dec(")
        expression = expression.removeprefix("sprig.b64dec(").removesuffix(")") if decoded else expression
        listed, _, last = re.match(r"(\[.*\])(\[min\(int\(retries\), (\d+)\)\])\Z", expression).groups()
        value = re.findall("'([^']*)'", listed)[min(attempt, int(last))]
        return base64.b64decode(value).decode() if decoded else value

    return TAG.sub(choose, text)


patches = st.recursive(
    st.text(max_size=6) | st.integers(0, 3) | st.booleans(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
).map(lambda value: {"spec": value})


@settings(max_examples=50)
@given(st.lists(patches, min_size=1, max_size=4), st.integers(0, 5))
def test_each_attempt_has_its_own_patch_and_later_ones_the_last(made, attempt):
    text = gate.by_attempt([json.dumps(patch) for patch in made])
    assert json.loads(attempted(text, attempt)) == made[min(attempt, len(made) - 1)]


def test_patches_that_differ_in_plain_text_stay_readable():
    made = gate.by_attempt(['{"a":["1","x"]}', '{"a":["2","x"]}'])
    assert json.loads(made) == {"a": ["{{=['1','2'][min(int(retries), 1)]}}", "x"]}


@pytest.mark.parametrize("second", ['{"a":"it\'s"}', '{"b":"1"}', '{"a":"{{x}}"}', '{"a":2}', '{"a":["1"]}'])
def test_patches_that_no_expression_can_merge_are_chosen_as_a_whole(second):
    assert gate.by_attempt(['{"a":"1"}', second]).startswith("{{=sprig.b64dec([")


@pytest.mark.parametrize(
    "text",
    [
        gate.when(gate.answer(ENTRIES, "J")),
        gate.when_ran([["tasks", "A", "status"], ["inputs", "parameters", "B-status"]]),
        gate.patch(gate.patches(ENTRIES, "my-layer"), fan_out=False),
        gate.patch(gate.INPUT, fan_out=True),
        gate.passed(gate.patches(ENTRIES, "J")),
        gate.by_split(),
        gate.by_attempt(['{"a":1}', '{"a":2}']),
    ],
)
def test_every_expression_can_be_read(text):
    [expression] = TAG.findall(text)
    assert parse(expression)


def test_one_status_is_compared_without_an_expression():
    assert gate.when_ran([["tasks", "S", "status"]]) == "{{tasks.S.status}} == Succeeded"


def test_a_loops_patch_has_item_without_let():
    made = gate.patch(gate.INPUT, fan_out=True)
    assert "item" in made
    assert "let" not in made
