"""The graph's questions, in tables and against a slow and obvious answer."""

from __future__ import annotations

import itertools
import random

import pytest

from laminar import graph
from laminar.graph import Axis, Node


def slow_order(edges: dict[str, list[str]]) -> tuple[str, ...]:
    """Return the order by looking at every name again after each step."""
    done: list[str] = []
    while len(done) < len(edges):
        done.append(next(name for name in edges if name not in done and all(need in done for need in edges[name])))
    return tuple(done)


def drawn(seed: int) -> dict[str, list[str]]:
    """Return the edges of a drawn graph without a cycle, its names in any order."""
    draw = random.Random(seed)
    names = [f"L{number}" for number in range(draw.randint(1, 30))]
    edges = {name: draw.sample(names[:place], draw.randint(0, min(place, 3))) for place, name in enumerate(names)}
    draw.shuffle(names)
    return {name: edges[name] for name in names}


@pytest.mark.parametrize("seed", range(50))
def test_order_is_that_of_the_slow_way(seed):
    edges = drawn(seed)
    assert graph.order(edges) == slow_order(edges)


def test_order_ignores_needs_that_are_no_names_and_needs_given_twice():
    assert graph.order({"B": ["A", "A", "X"], "A": []}) == ("A", "B")


@pytest.mark.parametrize("edges", [{"A": ["A"]}, {"A": ["B"], "B": ["A"]}, {"A": [], "B": ["C", "A"], "C": ["B"]}])
def test_a_cycle_has_no_order(edges):
    with pytest.raises(ValueError, match="cycle among"):
        graph.order(edges)


@pytest.mark.parametrize(
    ("edges", "cycle"),
    [
        ({}, ()),
        ({"A": [], "B": ["A"]}, ()),
        ({"A": ["A"]}, ("A",)),
        ({"Start": ["A"], "A": ["B"], "B": ["C"], "C": ["A"]}, ("A", "B", "C")),  # what leads to the cycle is no part of it
        ({"A": ["Lost"]}, ()),
        ({"A": ["B", "C"], "B": [], "C": ["A"]}, ("A", "C")),
    ],
)
def test_a_cycle_is_found_without_what_leads_to_it(edges, cycle):
    assert graph.find_cycle(edges) == cycle


@pytest.mark.parametrize(("lengths", "splits"), [([], 1), ([3], 3), ([2, 3], 6), ([2, 0, 3], 0), ([0], 0), ([1, 1], 1)])
def test_a_grid_has_the_product_of_its_lengths_as_splits(lengths, splits):
    assert graph.size(lengths) == splits


@pytest.mark.parametrize("lengths", [[4], [2, 3], [1, 5], [5, 1], [2, 3, 4]])
def test_the_places_of_the_splits_are_each_place_of_the_grid_once_the_last_axis_fastest(lengths):
    places = [graph.coordinates(index, lengths) for index in range(graph.size(lengths))]
    assert places == list(itertools.product(*map(range, lengths)))


@pytest.mark.parametrize(
    ("edges", "name", "above"),
    [
        ({"A": [], "B": ["A"], "C": ["B", "A"]}, "C", {"A", "B"}),
        ({"A": [], "B": ["A"]}, "A", set()),
        ({"A": ["B"], "B": ["A"]}, "A", {"A", "B"}),
        ({"A": ["Lost"]}, "A", {"Lost"}),
        ({}, "A", set()),
    ],
)
def test_ancestors_are_all_that_a_name_needs(edges, name, above):
    assert graph.ancestors(name, edges) == above


def test_dependents_are_the_edges_turned_round_also_of_what_is_no_name():
    assert graph.dependents({"A": ["X"], "B": ["A", "X"]}) == {"A": {"B"}, "B": set(), "X": {"A", "B"}}


@pytest.mark.parametrize(("value", "length"), [([1, 2], 2), ([], 0), ((1, 2), 1), ("ab", 1), ({"a": 1}, 1), (None, 1)])
def test_a_parameter_counts_the_elements_of_a_list_and_one_otherwise(value, length):
    assert graph.parameter_length(value) == length


def test_published_lengths_are_of_attributes_that_some_fan_out_iterates_over_in_order_of_use():
    axes = [Axis("A", "rows"), Axis("B", "names"), Axis("A", "columns"), Axis("A", "rows")]
    assert graph.published(axes) == {"A": ("rows", "columns"), "B": ("names",)}


@pytest.mark.parametrize(("split", "key"), [(None, "A.rows"), (0, "A[0].rows"), (3, "A[3].rows")])
def test_a_length_has_one_key_for_the_whole_and_one_for_each_split(split, key):
    assert graph.length_key("A", "rows", split) == key


def test_a_layer_runs_one_split_a_pod_and_lost_attempts_are_replaced_twice_unless_something_else_is_said():
    assert Node("A") == Node("A", needs=(), grid=None, entry=False, submission=False, batch=1)
    assert graph.LOST_ATTEMPTS == 2
