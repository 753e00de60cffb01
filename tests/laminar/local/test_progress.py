"""Layers from waiting to an end."""

from __future__ import annotations

from laminar.graph import Node
from laminar.local.progress import Progress

NODES = {
    "A": Node("A"),
    "B": Node("B", ("A",)),
    "C": Node("C", ("A",), entry=True),
    "D": Node("D", ("B", "C")),
}
EDGES = {name: node.needs for name, node in NODES.items()}


def test_a_layer_is_ready_once_after_all_that_it_waits_for():
    progress = Progress(NODES, EDGES)
    assert progress.ready() == ["A"] and progress.ready() == []
    progress.end("A", "finished")
    assert progress.ready() == ["B", "C"]
    progress.end("B", "finished")
    assert progress.ready() == []
    progress.end("C", "finished")
    assert progress.ready() == ["D"]


def test_nothing_below_a_failure_gets_ready():
    progress = Progress(NODES, EDGES)
    progress.end("A", "finished")
    progress.end("B", "failed")
    progress.end("C", "finished")
    assert "D" not in progress.ready()


def test_what_had_ended_before_is_not_waited_for():
    assert Progress(NODES, {"D": ("B", "C")}, {"A": "finished", "B": "finished", "C": "finished"}).ready() == ["D"]


def test_a_skip_is_shared_by_what_reads_it_but_not_by_a_layer_with_a_hook_of_its_own():
    progress = Progress(NODES, EDGES)
    progress.ready()
    progress.end("A", "skipped")
    assert progress.ready() == ["B", "C"]
    assert progress.is_skipped("B") and not progress.is_skipped("C")


def test_a_skip_comes_from_what_is_read_where_a_schedule_waits_for_something_else():
    progress = Progress(NODES, {"B": (), "C": ("B",)}, {"A": "skipped"})
    assert progress.ready() == ["B"] and progress.is_skipped("B")
