"""Values are named, printed, compared and written as JSON as Go does it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler.argo.expressions import evaluate, parse
from laminar.compiler.argo.expressions.values import (
    Misfit,
    equal,
    from_json,
    is_number,
    shown,
    to_integer,
    to_json,
    to_text,
    type_of,
)

ENVIRONMENT = {
    "lengths": '{"foo":[2,3],"none":[0]}',
    "fan": [{"baz": [2]}, {"baz": [1, 4]}],
    "text": "abc",
    "yes": True,
    "nothing": None,
    "n": 3,
    "tasks": {"A": {"status": "Succeeded"}, "J-gate": {"status": "Skipped"}},
    "item": "1",
}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def value(text: str) -> Any:
    return evaluate(parse(text), ENVIRONMENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string(64 * 2 ** int('1'))", "128"),
        ("string(sum(fromJSON(lengths).foo))", "5"),
        ("string(5 / 2)", "2.5"),
        ("string(true)", "true"),
        ("string(nil)", "<nil>"),
        ("string(123456.0)", "123456"),
        ("string(1234567.0)", "1.234567e+06"),  # Go's %v of a float: int() before string() avoids it
        ("string(int(1234567.0))", "1234567"),
        ("string(0.00001)", "1e-05"),
        ("string(-0.5)", "-0.5"),
        ("string([1, 'a'])", "[1 a]"),
    ],
)
def test_texts_of_numbers_are_those_of_go(text, expected):
    assert value(text) == expected


@given(JSON)
def test_json_is_read_back_equal(value):
    assert equal(from_json(to_json(value)), from_json(json.dumps(value)))
    assert equal(from_json(to_json(value, indent="  ")), from_json(json.dumps(value)))


@given(JSON, JSON)
def test_equality_is_symmetric_and_never_mixes_types(left, right):
    assert equal(left, right) == equal(right, left)
    assert equal(left, left)
    if equal(left, right):
        assert type_of(left) == type_of(right) or (is_number(left) and is_number(right))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e20, "1e+20"),
        (123456789.0, "1.23456789e+08"),
        (1e-7, "1e-07"),
        (float("inf"), "+Inf"),
        (math.nan, "NaN"),
        ({"b": 1, "a": [True]}, "map[a:[true] b:1]"),
    ],
)
def test_text_of_a_value_is_that_of_gos_v_verb(value, text):
    assert to_text(value) == text


@pytest.mark.parametrize(("value", "text"), [(1e20, "100000000000000000000"), (1e21, "1e+21"), (1e-7, "1e-07"), (3.0, "3")])
def test_numbers_in_json_turn_to_exponents_later_than_in_texts(value, text):
    assert to_json(value) == text


@pytest.mark.parametrize("text", ["{", "NaN", "Infinity", ""])
def test_text_that_is_no_json_is_a_misfit(text):
    with pytest.raises(Misfit, match="is not JSON"):
        from_json(text)


@pytest.mark.parametrize("value", [math.nan, math.inf, print])
def test_value_that_json_does_not_have_is_a_misfit(value):
    with pytest.raises(Misfit):
        to_json(value)


def test_numbers_are_neither_truths_nor_texts():
    assert [is_number(value) for value in (1, 1.5, True, "1", None)] == [True, True, False, False, False]
    assert [to_integer(value, "x") for value in (1, 2.9, -2.9)] == [1, 2, -2]
    with pytest.raises(Misfit, match="An index is a number"):
        to_integer("1", "An index")


def test_long_value_is_cut_in_messages():
    assert len(shown("x" * 100)) == 60
