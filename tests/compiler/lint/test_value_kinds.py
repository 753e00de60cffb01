"""The certain result of an expression is found without evaluating it."""

from __future__ import annotations

import pytest

from laminar.compiler.argo.expressions import parse
from laminar.compiler.lint.value_kinds import constant_of, may_be_nothing


@pytest.mark.parametrize("text", ["nil", "x ? nil : '1'", "x ? '1' : (y ? nil : '2')", "let a = 1; nil", "1; nil"])
def test_expression_with_a_nil_branch_may_be_nothing(text):
    assert may_be_nothing(parse(text))


@pytest.mark.parametrize("text", ["'1'", "x", "x.y ?? nil", "nil; 1", "let a = nil; 1", "x == nil", "x == nil ? '1' : '2'"])
def test_expression_without_one_is_not_said_to_be(text):
    assert not may_be_nothing(parse(text))


@pytest.mark.parametrize(("text", "value"), [("1 + 1", 2), ("max(0, -3)", 0), ("'a'", "a"), ("x + 1", None), ("int('a')", None)])
def test_value_of_what_depends_on_nothing_is_known(text, value):
    assert constant_of(parse(text)) == value
