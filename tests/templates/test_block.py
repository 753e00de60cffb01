"""A block holds the parts that are there, and no empty ones."""

from __future__ import annotations

import pytest

from laminar.templates.block import given, named


@pytest.mark.parametrize("empty", [None, "", {}, []])
def test_an_empty_part_is_left_out(empty):
    assert given(name="A", part=empty) == {"name": "A"}


@pytest.mark.parametrize("value", [0, False, "0", " ", [None], {"key": None}])
def test_a_part_that_is_false_but_not_empty_stays(value):
    assert given(part=value) == {"part": value}


def test_parts_keep_their_order():
    assert list(given(b=1, a=2, c=3)) == ["b", "a", "c"]


@pytest.mark.parametrize("values", [{"layer": None, "index": "0"}, [("layer", None), ("index", "0")]])
def test_a_mapping_and_pairs_become_the_same_list(values):
    assert named(values) == [{"name": "layer"}, {"name": "index", "value": "0"}]


def test_an_empty_text_is_a_value():
    assert named({"suffix": ""}) == [{"name": "suffix", "value": ""}]
