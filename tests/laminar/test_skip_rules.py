"""Which layers may be skipped, which are, and who evaluates hooks: in tables."""

from __future__ import annotations

import pytest

from laminar import skip_rules
from laminar.graph import Axis, Node

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
    assert skip_rules.may_skip({node.name: node for node in nodes}) == skippable


@pytest.mark.parametrize(
    ("above", "node", "evaluator"),
    [
        ([Node("A")], Node("H", ("A",), entry=True), "A"),
        ([Node("A")], Node("H", ("A",), submission=True), "A"),
        ([Node("A")], Node("H", ("Parameters", "A"), entry=True), "A"),
        ([Node("Z")], Node("H", ("Parameters", "Z"), entry=True), "Z"),  # also of a name that sorts after Parameters
        ([], Node("H", ("Parameters",), entry=True), None),
        ([Node("A"), Node("B")], Node("H", ("A", "B"), entry=True), None),
        ([Node("A", grid=(Axis("Parameters", "n"),))], Node("H", ("A",), entry=True), None),  # many pods, each too early
        ([Node("A", entry=True)], Node("H", ("A",), entry=True), None),  # a skipped layer has no pod
        ([SKIPPING, Node("A", ("S",))], Node("H", ("A",), entry=True), None),  # nor has one below a skipped layer
    ],
)
def test_hooks_are_evaluated_by_the_only_parent_that_is_one_pod_and_always_runs(above, node, evaluator):
    nodes = {each.name: each for each in (Node("Parameters"), *above, node)}
    assert skip_rules.evaluators(nodes)["H"] == evaluator


def test_layers_without_hooks_have_no_evaluator():
    assert skip_rules.evaluators({"A": Node("A"), "B": Node("B", ("A",))}) == {}


@pytest.mark.parametrize(
    ("node", "ended", "skipped"),
    [
        (Node("B", ("A",)), {"A": "finished"}, False),
        (Node("B", ("A", "S")), {"A": "finished", "S": "skipped"}, True),  # one skipped need is enough
        (Node("B", ("S",), entry=True), {"S": "skipped"}, False),  # its own hook decides
        (Node("B", ("A",)), {"A": "failed"}, False),  # a failure skips nothing: what is below it does not run
        (Node("B"), {}, False),
    ],
)
def test_a_layer_without_entry_hook_is_skipped_with_any_layer_that_it_needs(node, ended, skipped):
    assert skip_rules.is_skipped(node, ended) == skipped
