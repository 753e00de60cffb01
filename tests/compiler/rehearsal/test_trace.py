"""The nodes that a rehearsal leaves."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Node, Trace
from laminar.compiler.rehearsal.trace import by_name

NODES = (Node("w", "DAG", "Failed"), Node("w.L", "TaskGroup", "Failed"), Node("w.L(0:0)", "Pod", "Failed", "main: Error"))


def test_nodes_are_sorted_by_name_with_numbers_by_value():
    names = ["w.L(10:10)", "w.L(9:9)", "w", "w.L", "w.K2", "w.L(9:9)(0)", "w.K10"]
    found = sorted((Node(name, "Pod") for name in names), key=by_name)
    assert [node.name for node in found] == ["w", "w.K2", "w.K10", "w.L", "w.L(9:9)", "w.L(9:9)(0)", "w.L(10:10)"]


def test_the_first_node_is_the_workflows():
    trace = Trace(NODES, "u")
    assert (trace.phase, trace.succeeded, trace.node("")) == ("Failed", False, NODES[0])
    assert [node.name for node in trace.pods] == ["w.L(0:0)"]


def test_a_node_is_found_by_its_name_below_the_workflows():
    assert Trace(NODES, "u").node("L(0:0)") is NODES[2]
    with pytest.raises(KeyError):
        Trace(NODES, "u").node("M")


def test_a_trace_is_shown_a_node_a_line():
    assert str(Trace(NODES, "u")).splitlines() == [
        "# phase type name (message); the workflow: Failed",
        "Failed     DAG        w",
        "Failed     TaskGroup  w.L",
        "Failed     Pod        w.L(0:0)  (main: Error)",
    ]
