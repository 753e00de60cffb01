"""The text of an expression is split into expr-lang's tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler.argo.expressions import ExprError
from laminar.compiler.argo.expressions.tokens import WORDS, tokenize


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.value) for token in tokenize(text)][:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", [("name", "a"), ("operator", "."), ("name", "b")]),
        ("1..3", [("number", "1"), ("operator", ".."), ("number", "3")]),
        ("1.5e-3", [("number", "1.5e-3")]),
        ("0x1F + 0b1", [("number", "0x1F"), ("operator", "+"), ("number", "0b1")]),
        ("a?.b ?? c", [("name", "a"), ("operator", "?."), ("name", "b"), ("operator", "??"), ("name", "c")]),
        (
            "x not in [1]",
            [("name", "x"), ("operator", "not"), ("operator", "in"), ("bracket", "["), ("number", "1"), ("bracket", "]")],
        ),
        ("'a\\tb'", [("text", "a\tb")]),
        ("`a\\tb`", [("text", "a\\tb")]),
        ("a // rest", [("name", "a")]),
        ("a /* b */ c", [("name", "a"), ("name", "c")]),
        ("$env.x", [("name", "$env"), ("operator", "."), ("name", "x")]),
        ("", []),
    ],
)
def test_tokens_of_a_text(text, expected):
    assert kinds(text) == expected


@pytest.mark.parametrize("word", sorted(WORDS))
def test_word_of_the_language_is_an_operator(word):
    assert kinds(word) == [("operator", word)]
    assert kinds(word + "x") == [("name", word + "x")]


def test_position_is_the_offset_in_the_text():
    assert [token.position for token in tokenize("ab + 'c'")] == [0, 3, 5, 8]


@pytest.mark.parametrize(("text", "place"), [("a & b", 2), ("'abc", 0), ("a @", 2), (r"'\q'", 1)])
def test_characters_that_are_no_token_are_refused_with_their_place(text, place):
    with pytest.raises(ExprError) as caught:
        list(tokenize(text))
    assert caught.value.position == place


@given(st.text(max_size=20))
def test_any_text_is_split_or_refused(text):
    try:
        tokens = list(tokenize(text))
    except ExprError as error:
        place = error.position
    else:
        place = tokens[-1].position
        assert (tokens[-1].kind, place) == ("end", len(text))
    assert 0 <= place <= len(text)
