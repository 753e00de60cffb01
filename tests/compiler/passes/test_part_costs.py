"""The costs of a division, against their definitions."""

from __future__ import annotations

import random

import pytest

from laminar import graph
from laminar.compiler.passes.part_costs import ancestor_sets, kept_back, waiting
from tests.support.drawn_graphs import division, drawn


@pytest.mark.parametrize("seed", range(20))
def test_ancestor_sets_are_the_ancestors(seed):
    needs = drawn(random.Random(seed))
    places = list(needs)
    for layer, above in ancestor_sets(needs).items():
        assert {name for place, name in enumerate(places) if above >> place & 1} == graph.ancestors(layer, needs)


@pytest.mark.parametrize("seed", range(40))
def test_a_layer_is_kept_back_by_those_failures_that_it_does_not_need(seed):
    draw = random.Random(seed)
    needs = drawn(draw)
    parts = division(draw, needs)
    part_of = {layer: place for place, layers in enumerate(parts) for layer in layers}
    waits = {place: {part_of[need] for layer in layers for need in needs[layer]} - {place} for place, layers in enumerate(parts)}
    expected: dict[str, int] = {}
    for failed in needs:
        stopped = {place for place in waits if part_of[failed] in graph.ancestors(place, waits)}  # type: ignore[arg-type, type-var]
        for layer in needs:
            if part_of[layer] in stopped and failed not in graph.ancestors(layer, needs):
                expected[layer] = expected.get(layer, 0) + 1
    assert kept_back(parts, needs) == expected


def test_waiting_counts_the_steps_of_whole_parts():
    needs = {"A": [], "B": [], "C": ["A"], "D": ["C"]}
    weights = dict.fromkeys(needs, 1)
    assert waiting([["A", "C", "D"], ["B"]], needs, weights) == (3 + (1 + 2 + 3 + 1) / 4, 0)
    assert waiting([["A", "B"], ["C", "D"]], needs, weights | {"B": 2}) == (4 + (1 + 2 + 3 + 4) / 4, 1)
