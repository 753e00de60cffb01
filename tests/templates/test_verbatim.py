"""A user's text arrives as it is, through Argo's and Kubernetes' replacements."""

from __future__ import annotations

import json

from hypothesis import assume, example, given
from hypothesis import strategies as st

from laminar.templates.verbatim import has_tag, json_text, verbatim

TEXTS = st.text(st.sampled_from('${}()aA\\" \n')) | st.text()
VALUES = st.recursive(
    TEXTS | st.text(st.characters(categories=["Cs", "Ll"])),
    lambda parts: st.lists(parts) | st.dictionaries(TEXTS, parts),
    max_leaves=6,
)


def expand(text: str) -> str:
    """Replace as a kubelet does, every variable being set to "!"."""
    found, place = "", 0
    while place < len(text):
        here, behind = text[place], text[place + 1 : place + 2]
        if here == "$" and behind == "$":
            found, place = found + "$", place + 2
        elif here == "$" and behind == "(" and ")" in text[place:]:
            found, place = found + "!", text.index(")", place) + 1
        else:
            found, place = found + here, place + 1
    return found


@given(TEXTS)
@example("$$$(A)$")
@example("$((A)")
def test_kubernetes_leaves_a_text_as_it_was(text):
    assert expand(verbatim(text)) == text


@given(TEXTS)
def test_text_without_a_variable_is_not_touched(text):
    if "$$" not in text and "$(" not in text:
        assert verbatim(text) == text


@given(VALUES)
@example("{{{{{")
@example("$$(A) \\{{")
def test_json_is_changed_by_neither_and_keeps_its_value(value):
    assume(json.loads(json.dumps(value)) == value)  # not so for two halves of a surrogate pair, side by side
    text = json_text(json.dumps(value, ensure_ascii=False))
    assert not has_tag(text)
    assert expand(text) == text
    assert json.loads(text) == value
    text.encode()


def test_json_without_anything_special_is_not_touched():
    assert json_text('{"a": ["$5", "{x}", "ü"]}') == '{"a": ["$5", "{x}", "ü"]}'
