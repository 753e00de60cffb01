"""Test references to stored values, and the values that JSON keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from laminar.configurations.datastores.values.artifact import Artifact, Segment, exact_json
from laminar.exceptions import DatastoreError
from tests.support.store_contract import EXACT, typed

ADDRESS = "0123456789abcdef" * 4


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


class Count(int):
    pass


@given(value=EXACT)
def test_what_json_carries_comes_back_with_type_and_order(value: Any) -> None:
    text = exact_json(value)
    if text is not None:
        assert typed(json.loads(text)) == typed(value)


@pytest.mark.parametrize("value", [None, True, 0, -0.0, 1e300, "é\n", [], {}, {"b": [1.5, None], "a": {"x": False}}, "x" * 4094])
def test_small_plain_values_are_json(value: Any) -> None:
    assert exact_json(value) is not None


CHANGED_BY_JSON = [
    *(float("nan"), float("inf"), (1,), {1: 2}, b"x", Count(1), [Count(1)], {"a": {Count(1): 1}}, 1 << 3000),
    *("\ud800", {"\ud800": 1}, "x" * 4095, [1] * 3000, "é" * 2100, deep(5000), deep(40)),
]


@pytest.mark.parametrize("value", CHANGED_BY_JSON, ids=lambda value: type(value).__name__)
def test_what_json_would_change_is_not_json(value: Any) -> None:
    assert exact_json(value) is None


def test_a_list_within_itself_is_not_json() -> None:
    value: list[Any] = []
    value.append(value)
    assert exact_json(value) is None


@pytest.mark.parametrize(
    ("artifact", "text"),
    [
        (Artifact(json="[1,2.0]"), '{"json":[1,2.0]}'),
        (Artifact(data=b"\x80"), '{"pickle":"gA=="}'),
        (Artifact(data=b"\x80", protocol="T"), '{"bytes":"gA==","protocol":"T"}'),
        (Artifact(address=ADDRESS, stored=9), f'{{"address":"{ADDRESS}","size":9}}'),
        (Artifact(parts=()), '{"parts":[]}'),
        (
            Artifact(parts=(Segment(ADDRESS, 3, 99), Segment(ADDRESS, 1, 99, 2), Artifact(json="1"))),
            f'{{"parts":[{{"segment":"{ADDRESS}","count":3,"size":99}},'
            f'{{"segment":"{ADDRESS}","count":1,"size":99,"first":2}},{{"json":1}}]}}',
        ),
    ],
    ids=["json", "pickle", "protocol", "file", "empty", "parts"],
)
def test_each_form_has_its_json(artifact: Artifact, text: str) -> None:
    assert artifact.to_json() == text
    assert Artifact.from_json(text, "x") == artifact
    assert Artifact.from_json(text, "x").name == "x"


def test_a_name_is_no_part_of_what_is_referred_to() -> None:
    assert Artifact("a", json="1") == Artifact("b", json="1")
    assert Artifact(json="1") != Artifact(json="1.0")


def test_length_counts_elements_and_size_bytes() -> None:
    sharded = Artifact(parts=(Segment(ADDRESS, 3, 99), Artifact(json='"é"')))
    assert (sharded.sharded, sharded.length, sharded.size) == (True, 4, 103)
    assert (Artifact(parts=()).sharded, Artifact(parts=()).length) == (True, 0)
    assert (Artifact(json="[1,2]").sharded, Artifact(json="[1,2]").length) == (False, 1)


def test_an_artifact_has_exactly_one_form() -> None:
    with pytest.raises(TypeError, match="exactly one"):
        Artifact()
    with pytest.raises(TypeError, match="exactly one"):
        Artifact(json="1", parts=())


NOT_ARTIFACTS = (
    "",
    "1",
    "[]",
    "{}",
    '{"address":"../x","size":1}',
    f'{{"address":"{ADDRESS}","size":-1}}',
    f'{{"address":"{ADDRESS}"}}',
    f'{{"address":"{ADDRESS.upper()}","size":1}}',
    '{"pickle":1}',
    '{"bytes":""}',
    '{"parts":[{"parts":[]}]}',
    '{"parts":[1]}',
)


@pytest.mark.parametrize("text", NOT_ARTIFACTS)
def test_anything_else_is_no_artifact(text: str) -> None:
    with pytest.raises(DatastoreError, match="not an artifact"):
        Artifact.from_json(text)
