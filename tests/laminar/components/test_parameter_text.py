"""The text of -p becomes a value of the type that it replaces, or is reported."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.components.parameter_text import value_of


@pytest.mark.parametrize(
    ("text", "known", "value"),
    [
        ("False", True, False),
        ("yes", False, True),
        ("0", True, False),
        ("3", 1, 3),
        ("0.5", 1, 0.5),
        (".5", 1.0, 0.5),
        ("1e-3", 1.0, 0.001),
        ("5", "five", "5"),
        ("true", "on", "true"),
        ('"quoted"', "x", "quoted"),
        ('"half', "x", '"half'),
        ("[1, 2", "x", "[1, 2"),
        ("[1, 2]", (0,), [1, 2]),
        ('{"a": 1}', {}, {"a": 1}),
        ("data.csv", None, "data.csv"),
        ("3", None, 3),
        ("null", None, None),
    ],
)
def test_a_text_becomes_a_value_of_the_type_that_it_replaces(text, known, value):
    made = value_of(text, known)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("flase", True, "true or false"),
        ("2", True, "true or false"),
        ("many", 1, "a number"),
        ("true", 1, "a number"),
        ("NaN", 1.0, "a number"),
        ("[1,2", [1], "a JSON list"),
        ("1,2", [1], "a JSON list"),
        ("[1]", {}, "a JSON object"),
        ("[1,2", None, "valid JSON"),
        ('{"a": 1', None, "valid JSON"),
    ],
)
def test_a_text_of_another_type_is_an_error_that_says_what_is_expected(text, known, expected):
    with pytest.raises(ValueError, match=expected):
        value_of(text, known)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)


@given(JSON)
def test_the_json_of_a_value_replaces_a_value_of_its_type_unchanged(value):
    assert value_of(json.dumps(value), value) == value


class Color(Enum):
    RED = "red"
    BLUE = 2


@pytest.mark.parametrize(
    ("text", "known", "found"),
    [
        ("2026-02-03", date(2026, 1, 1), date(2026, 2, 3)),
        ("2026-02-03T04:05:06", datetime(2026, 1, 1), datetime(2026, 2, 3, 4, 5, 6)),
        ("BLUE", Color.RED, Color.BLUE),
        ("red", Color.BLUE, Color.RED),
        ("2", Color.RED, Color.BLUE),
        ("/y", Path("x"), Path("/y")),
    ],
    ids=str,
)
def test_a_date_a_member_and_a_path_keep_their_type(text, known, found):
    assert value_of(text, known) == found
    assert type(value_of(text, known)) is type(found)


@pytest.mark.parametrize(
    ("text", "known"), [("tomorrow", date(2026, 1, 1)), ("5", datetime(2026, 1, 1)), ("green", Color.RED)], ids=str
)
def test_a_text_that_is_no_date_or_member_is_refused(text, known):
    with pytest.raises(ValueError, match=r"RED, BLUE|2026-01-01"):
        value_of(text, known)
