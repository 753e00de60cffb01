"""A tree of nodes is walked from its root, in the order it is written."""

from __future__ import annotations

from laminar.compiler.argo.expressions import Literal, Name, parse
from laminar.compiler.argo.expressions.nodes import walk


def test_walk_yields_a_node_before_those_below_it():
    node = parse("f(a, [1, b])")
    assert next(walk(node)) is node
    leaves = [each.name if isinstance(each, Name) else each.value for each in walk(node) if isinstance(each, Name | Literal)]
    assert leaves == ["f", "a", 1, "b"]


def test_children_are_only_those_directly_below():
    node = parse("a ? b : c + d")
    assert [type(child).__name__ for child in node.children] == ["Name", "Name", "Binary"]
