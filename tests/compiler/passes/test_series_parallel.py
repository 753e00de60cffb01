"""Graphs of rows and parallel branches are divided so that a failure stops only layers that need the failed one."""

from __future__ import annotations

import random

import pytest

from laminar.compiler.passes.part_costs import kept_back
from laminar.compiler.passes.series_parallel import divide
from laminar.compiler.passes.split_wide_dag import split_wide_dag
from tests.support.drawn_graphs import drawn, series_parallel
from tests.support.plans import plan, task


def refuse(block: list[str]) -> list[list[str]]:
    raise AssertionError(f"a series of blocks, or blocks side by side, was taken for neither: {block}")


def parts_of(needs: dict[str, list[str]], widest: int) -> list[list[str]]:
    (flow,) = split_wide_dag(plan(*(task(layer, *above) for layer, above in needs.items())), widest).flows
    return [list(part.layers) for part in flow.parts]


@pytest.mark.parametrize("seed", range(60))
def test_series_and_branches_are_divided_without_a_price(seed):
    needs = series_parallel(random.Random(seed))
    parts = divide(needs, dict.fromkeys(needs, 1), 4, refuse)
    assert sorted(layer for part in parts for layer in part) == sorted(needs)
    assert all(len(part) <= 4 for part in parts)


@pytest.mark.parametrize("seed", range(60))
def test_nothing_is_kept_back_in_a_flow_of_series_and_branches(seed):
    needs = series_parallel(random.Random(seed))
    parts = parts_of(needs, 4)
    assert kept_back(parts, needs) == {} or len(parts) > 100 or len(parts) > 4 * -(-len(needs) // 4)


@pytest.mark.parametrize("seed", range(60))
def test_any_graph_is_divided_into_parts_that_stand_after_what_they_need(seed):
    needs = drawn(random.Random(seed))
    parts = parts_of(needs, 3)
    part_of = {layer: place for place, part in enumerate(parts) for layer in part}
    assert len(part_of) == (len(needs) if len(needs) > 3 else 0)
    assert all(part_of[need] <= part_of[layer] for layer in part_of for need in needs[layer])


def test_branches_before_and_after_a_join_are_kept_back_by_it_alone():
    first, last = [f"A{number}" for number in range(300)], [f"B{number}" for number in range(300)]
    needs = {**{name: [] for name in first}, "Join": first, **{name: ["Join"] for name in last}}
    assert kept_back(parts_of(needs, 200), needs) == {}


def test_rows_beside_each_other_are_not_kept_back_by_each_other():
    needs = {f"{row}{place}": [f"{row}{place - 1}"] if place else [] for place in range(150) for row in "ABC"}
    parts = parts_of(needs, 200)
    assert len(parts) == 3 and kept_back(parts, needs) == {}
