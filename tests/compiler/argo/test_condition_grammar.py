"""Conditions bind as Argo's do: ``!`` before ``&&`` before ``||``, and errors are named."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler.argo.condition_grammar import Condition, ConditionError, Tokens, parse, satisfied

PATTERN = re.compile(r"\s*(?:(?P<sign>&&|\|\||[!()])|(?P<word>[a-z]))")


def read(text: str) -> Condition:
    return parse(Tokens(text, PATTERN, "name"), lambda tokens: tokens.take()["word"])


def leaf(name: str) -> Condition:
    return ("leaf", name)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a", leaf("a")),
        ("a || b && c", ("||", leaf("a"), ("&&", leaf("b"), leaf("c")))),
        ("(a || b) && c", ("&&", ("||", leaf("a"), leaf("b")), leaf("c"))),
        ("!a && b", ("&&", ("!", leaf("a")), leaf("b"))),
        ("!(a && b)", ("!", ("&&", leaf("a"), leaf("b")))),
        ("!!a", ("!", ("!", leaf("a")))),
        ("a && b && c", ("&&", ("&&", leaf("a"), leaf("b")), leaf("c"))),
        (" ( ( a ) ) ", leaf("a")),
    ],
)
def test_operators_bind_by_their_rank(text, tree):
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends where a name belongs"),
        ("a &&", "ends where a name belongs"),
        ("!", "ends where a name belongs"),
        ("|| a", "has '||' where a name belongs"),
        ("()", "has ')' where a name belongs"),
        ("a b", "has 'b' where an operator belongs"),
        ("a !b", "has '!' where an operator belongs"),
        ("(a", "has a '(' that is not closed"),
        ("(a b", "has 'b' where an operator belongs"),
        ("a)", "has a ')' without '('"),
        ("a & b", "has '& b' at character 3, which is no name and no operator"),
        ("a && ?bcdefghijklm", "has '?bcdefghij' at character 6, which is no name and no operator"),
    ],
)
def test_a_text_that_is_no_condition_is_named(text, problem):
    with pytest.raises(ConditionError) as caught:
        read(text)
    assert str(caught.value) == problem


texts = st.recursive(
    st.sampled_from("abc"),
    lambda inner: st.one_of(
        inner.map(lambda one: f"!({one})"),
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(" ".join),
        inner.map(lambda one: f"({one})"),
    ),
    max_leaves=8,
)


@given(texts)
def test_a_condition_holds_as_the_same_one_in_python(text):
    source = text.replace("&&", " and ").replace("||", " or ").replace("!", " not ")
    tree = read(text)
    for values in itertools.product([False, True], repeat=3):
        names: dict[str, Any] = dict(zip("abc", values, strict=True))
        assert satisfied(tree, names.__getitem__) == eval(source, {}, names)


def test_every_operand_is_evaluated():
    seen: list[str] = []
    assert not satisfied(read("a && b || c && a"), lambda name: bool(seen.append(name)))
    assert seen == ["a", "b", "c", "a"]
