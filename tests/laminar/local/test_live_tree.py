"""The tree of a run on a terminal: states, bars, times, output above it, the rows that a low terminal has room for."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest
from rich.console import Console

from laminar.graph import Node
from laminar.local import live_tree, run_summary
from laminar.local.live_tree import Tree
from tests.support.durations import timeless

NODES = (Node("Parameters"), Node("Read"), Node("Fit", ("Read",)), Node("Side", ("Read",)), Node("Join", ("Fit", "Side")))


def execution(*nodes: Node) -> SimpleNamespace:
    found = {node.name: node for node in nodes or NODES}
    return SimpleNamespace(flow=SimpleNamespace(name="Train", nodes=found), id="one", retry=False, origin=None)


@pytest.fixture
def tree(monkeypatch):
    for module in (live_tree, run_summary):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    monkeypatch.setattr("laminar.local.run_lines.next_commands", lambda execution, failed: ())
    made = Tree()
    made.console = made.live.console = Console(file=io.StringIO(), force_terminal=True, width=80, height=30, color_system=None)
    return made


def shown(tree: Tree, height: int | None = None) -> list[str]:
    return [timeless(line.rstrip()) for line in str(tree._tree(height)).splitlines()]


def printed(tree: Tree) -> str:
    return timeless(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", tree.console.file.getvalue()))  # type: ignore[attr-defined]


def test_layers_wait_run_and_end(tree):
    tree.start(execution(), {"Parameters": "finished"})
    assert shown(tree) == ["  · Read", "  ├─· Fit", "  └─· Side", "    · Join"]
    tree.begin("Read", 1, False)
    tree.split("Read")
    tree.end("Read", "finished")
    tree.begin("Fit", 4, True)
    tree.split("Fit", index=0)
    tree.broken("Fit")
    tree.end("Side", "skipped")
    lines = shown(tree)
    assert lines[0] == "  ✓ Read    0 s"
    assert re.fullmatch(r"  ├─. Fit   ━{10}─{10}  1/4  1 failed  0 s", lines[1])
    assert lines[2] == "  └─- Side  skipped"
    tree.end("Fit", "failed")
    assert shown(tree)[1] == "  ├─\N{MULTIPLICATION X} Fit   1/4  1 failed  0 s"
    tree.stop(execution(), 1)
    assert "Train: failed after 0 s: 1 layer finished, 1 skipped, 1 failed, 1 not run" in printed(tree)


def test_layers_that_had_ended_before_a_resumed_run_are_marked(tree):
    tree.start(execution(), {"Parameters": "finished", "Read": "finished"})
    assert shown(tree)[0] == "  = Read    finished before"


def test_reused_layers_are_marked(tree):
    tree.start(execution())
    tree.begin("Read", 1, False)
    tree.split("Read", "earlier")
    tree.end("Read", "finished")
    assert shown(tree)[0] == "  = Read    0 s  reused"


def test_a_low_terminal_shows_what_failed_and_what_runs_and_counts_the_rest(tree):
    tree.start(execution(*(Node(f"L{place}", (f"L{place - 1}",) if place else ()) for place in range(50))))
    for place in range(10):
        tree.begin(f"L{place}", 1, False)
        tree.end(f"L{place}", "finished" if place != 4 else "failed")
    tree.begin("L10", 1, False)
    lines = shown(tree, 5)
    assert [re.search(r"L\d+", line)[0] for line in lines[:-1]] == ["L4", "L10", "L11", "L12"]  # type: ignore[index]
    assert lines[-1] == "  and 9 finished, 37 waiting"


def test_what_a_layer_prints_is_above_the_tree_and_an_unfinished_line_beside_the_layer(tree, monkeypatch):
    monkeypatch.setattr(live_tree, "_is_terminal", lambda stream: True)
    monkeypatch.setattr(live_tree, "label", lambda layer: "Read")
    tree.start(execution())
    tree.begin("Read", 1, False)
    tree.output(SimpleNamespace(name="Read"), "stdout", b"one\n\r10%\r20%")
    assert "Read | one" in printed(tree)
    assert shown(tree)[0].endswith("20%")


def test_a_line_that_is_too_long_for_the_terminal_is_cut(tree):
    tree.start(execution(Node("A" * 200)))
    tree.stop(execution(Node("A" * 200)), 0)
    drawn = [line for line in re.split(r"[\r\n]+", printed(tree)) if "AAAA" in line]
    assert drawn
    assert {len(line.rstrip()) for line in drawn} == {80}


def test_a_second_flow_of_a_chain_has_a_tree_of_its_own(tree):
    tree.start(execution())
    tree.stop(execution(), 0)
    tree.start(execution(Node("Only")))
    assert shown(tree) == ["  · Only"]
    tree.stop(execution(Node("Only")), 0)
