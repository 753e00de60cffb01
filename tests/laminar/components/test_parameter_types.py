"""Values and texts become values of a declared type, and go to JSON and back unchanged."""

from __future__ import annotations

import datetime
import json
from enum import Enum
from typing import Annotated, Any, Literal, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.components.parameter_types import choices, converted, encoded, from_text, shown
from laminar.configurations.datastores import Accessor

DAY, TIME = datetime.date(2026, 1, 31), datetime.datetime(2026, 1, 31, 4, 0, tzinfo=datetime.timezone.utc)


class Color(Enum):
    RED = "red"
    BLUE = 2


class Model: ...


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (float, 1, 1.0),
        (int, 3, 3),
        (bool, False, False),
        (str, "x", "x"),
        (Any, object, object),
        (None, None, None),
        (int | None, None, None),
        (Optional[float], 2, 2.0),  # noqa: UP045
        (int | float, 2, 2),
        (float | int, 2, 2),
        (str | datetime.date, "2026-01-31", "2026-01-31"),
        (Literal["a", 1], 1, 1),
        (Color, "red", Color.RED),
        (Color, Color.BLUE, Color.BLUE),
        (list, (1, "a"), [1, "a"]),
        (list[float], range(2), [0.0, 1.0]),
        (tuple[int, str], [1, "a"], [1, "a"]),
        (dict[str, float], {"a": 1}, {"a": 1.0}),
        (list[list[int]], [[1], []], [[1], []]),
        (datetime.date, "2026-01-31", DAY),
        (datetime.datetime, "2026-01-31T04:00:00Z", TIME),
        (list[datetime.date], ["2026-01-31"], [DAY]),
        (Annotated[float, "Step size."], 1, 1.0),
    ],
)
def test_a_value_becomes_one_of_the_declared_type(kind, given, value):
    made = converted(kind, given)
    assert (made, type(made)) == (value, type(value))
    assert converted(kind, json.loads(json.dumps(encoded(made)))) == made if given is not object else True


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (float, "1", "a number"),
        (float, True, "a number"),
        (int, 1.5, "a whole number"),
        (int, True, "a whole number"),
        (bool, 1, "True or False"),
        (str, 1, "a text"),
        (int | None, "x", "a whole number or None"),
        (Literal["a", 1], True, "one of 'a', 1"),
        (Color, "green", "one of 'red', 2"),
        (list[int], [1, "a"], "a whole number in item 1"),
        (list, {1}, "a list"),
        (tuple[int, int], [1], "a list of 2 values"),
        (dict[str, int], {"a": "b"}, "a whole number in item 'a'"),
        (dict, [], "a dict"),
        (datetime.date, "20260131", "a date such as"),
        (datetime.date, TIME, "a date such as"),
        (datetime.datetime, "today", "a time such as"),
        (Model, 1, "a Model"),
    ],
)
def test_a_value_of_another_type_is_rejected_with_what_is_expected(kind, given, expected):
    with pytest.raises(ValueError, match=f"^{expected}"):
        converted(kind, given)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (float, "1", 1.0),
        (float, ".5", 0.5),
        (int, "3", 3),
        (bool, "yes", True),
        (str, "5", "5"),
        (int | None, "null", None),
        (int | None, "5", 5),
        (str | None, "5", "5"),
        (int | str, "5", 5),
        (Literal["a", 1], "1", 1),
        (Literal["a", None], "a", "a"),
        (Color, "RED", Color.RED),
        (Color, "red", Color.RED),
        (list[float], "[1]", [1.0]),
        (dict, '{"a": 1}', {"a": 1}),
        (datetime.date, "2026-01-31", DAY),
        (Any, "[1]", [1]),
        (Any, "data.csv", "data.csv"),
        (Annotated[int, "How many."], "2", 2),
    ],
)
def test_a_text_becomes_a_value_of_the_declared_type(kind, text, value):
    made = from_text(kind, text)
    assert (made, type(made)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (float, "fast", "a number"),
        (int, "1.5", "a whole number"),
        (int, "x", "a whole number"),
        (bool, "2", "true or false"),
        (int | None, "x", "a whole number or null"),
        (Literal["a", "b"], "c", "one of 'a', 'b'"),
        (list[int], "1,2", "a JSON list"),
        (list[int], '["a"]', "a whole number in item 0"),
        (dict, "[]", "a JSON object"),
        (Model, "x", "a Model, which no text can name"),
    ],
)
def test_a_text_of_another_type_is_rejected_with_what_is_expected(kind, text, expected):
    with pytest.raises(ValueError, match=f"^{expected}"):
        from_text(kind, text)


KINDS = {
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(),
    bool: st.booleans(),
    datetime.date: st.dates(),
    datetime.datetime: st.datetimes(),
    list[datetime.date | None]: st.lists(st.none() | st.dates()),
    dict[str, list[float]]: st.dictionaries(st.text(), st.lists(st.floats(allow_nan=False, allow_infinity=False))),
}


@given(st.sampled_from(list(KINDS)).flatmap(lambda kind: st.tuples(st.just(kind), KINDS[kind])))
def test_a_value_survives_the_way_through_json(drawn):
    kind, value = drawn
    assert converted(kind, json.loads(json.dumps(encoded(value)))) == value == converted(kind, value)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Literal["a", "b"], ["a", "b"]),
        (Literal["a"] | None, ["a", None]),
        (Annotated[Literal["a"], "x"], ["a"]),
        (Color, [Color.RED, Color.BLUE]),
        (int | None, []),
        (Literal["a"] | int, []),
        (None, []),
    ],
)
def test_the_choices_are_those_of_a_type_that_lists_its_values(kind, values):
    assert choices(kind) == values


def test_types_are_shown_as_they_are_written():
    assert [shown(kind) for kind in (list[int], dict[str, float], int | None, Annotated[int, "x"], Any)] == [
        "list[int]",
        "dict[str, float]",
        "int | None",
        "int",
        "Any",
    ]


def test_what_a_linker_passes_on_keeps_its_elements_where_they_are():
    rows = Accessor.__new__(Accessor)
    assert converted(list[int], rows) is rows


def test_values_of_numpy_become_those_of_python():
    np = pytest.importorskip("numpy")
    for kind, found, value in [(int, np.int64(3), 3), (float, np.float32(0.5), 0.5), (bool, np.bool_(True), True)]:
        made = converted(kind, found)
        assert (made, type(made)) == (value, type(value))
    assert converted(list[int], np.array([1, 2])) == [1, 2]
