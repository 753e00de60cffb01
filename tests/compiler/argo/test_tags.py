"""Tags are found as Argo finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler.argo.tags import constant, pieces, tags


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain }} {x}", []),
        ("{{a}}{{ b }}", [("a", False, True), ("b", False, True)]),
        ("{{=1 + 1}} {{= x }}", [("1 + 1", True, True), ("x", True, True)]),
        ("{{ =1}}", [("=1", False, True)]),
        ("{{a", [("a", False, False)]),
        ("{{{a}}}", [("{a", False, True)]),
        ("{{}}", [("", False, True)]),
    ],
)
def test_a_tag_reaches_to_the_next_end(text, found):
    assert [(tag.text, tag.is_expression, tag.closed) for tag in tags(text)] == found


@given(st.text(st.sampled_from("{}=a ")))
def test_the_pieces_of_a_text_are_the_text(text):
    assert "".join(before + str(tag or "") for before, tag in pieces(text)) == text


def test_a_value_takes_the_place_of_each_tag():
    assert constant("a{{x}}b{{=y}}c{{", "1") == "a1b1c1"
