"""The graph's questions, in tables and against a slow and obvious answer."""

from __future__ import annotations

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


SKIPPING = Node("S", entry=True)


@pytest.mark.parametrize(
    ("nodes", "skippable"),
    [
        ([Node("A"), Node("B", ("A",))], set()),
        ([SKIPPING], {"S"}),
        ([Node("A"), SKIPPING, Node("B", ("A", "S"))], {"S", "B"}),  # one skipped need is enough
        ([SKIPPING, Node("B", ("S",)), Node("C", ("B",))], {"S", "B", "C"}),
        ([SKIPPING, Node("B", ("S",)), Node("C")], {"S", "B"}),
    ],
)
def test_a_layer_may_be_skipped_with_any_layer_that_it_needs(nodes, skippable):
    assert graph.may_skip({node.name: node for node in nodes}) == skippable


@pytest.mark.parametrize(
    ("above", "node", "evaluator"),
    [
        ([Node("A")], Node("H", ("A",), entry=True), "A"),
        ([Node("A")], Node("H", ("A",), submission=True), "A"),
        ([Node("A")], Node("H", ("Parameters", "A"), entry=True), "A"),
        ([], Node("H", ("Parameters",), entry=True), None),
        ([Node("A"), Node("B")], Node("H", ("A", "B"), entry=True), None),
        ([Node("A", grid=(Axis("Parameters", "n"),))], Node("H", ("A",), entry=True), None),  # many pods, each too early
        ([Node("A", entry=True)], Node("H", ("A",), entry=True), None),  # a skipped layer has no pod
        ([SKIPPING, Node("A", ("S",))], Node("H", ("A",), entry=True), None),  # nor has one below a skipped layer
    ],
)
def test_hooks_are_evaluated_by_the_only_parent_that_is_one_pod_and_always_runs(above, node, evaluator):
    nodes = {each.name: each for each in (Node("Parameters"), *above, node)}
    assert graph.evaluators(nodes)["H"] == evaluator


def test_layers_without_hooks_have_no_evaluator():
    assert graph.evaluators({"A": Node("A"), "B": Node("B", ("A",))}) == {}
