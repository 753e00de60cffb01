"""How a layer has ended, from documents alone."""

from __future__ import annotations

import pytest

from laminar.components.layer_status import status
from laminar.configurations.datastores import Memory, Record
from laminar.configurations.datastores.documents.repository import is_complete
from laminar.graph import Node

NODES = {
    "A": Node("A"),
    "Hooked": Node("Hooked", ("A",), entry=True),
    "B": Node("B", ("Hooked", "A")),
    "C": Node("C", ("B",)),
    "D": Node("D", ("A",)),
}


def record(layer: str, index: int = 0, splits: int = 1, state: str = "finished") -> Record:
    return Record(flow="F", execution="e", layer=layer, index=index, splits=splits, status=state)


@pytest.mark.parametrize(
    ("splits", "whole"),
    [
        ({}, False),
        ({0: 1}, True),
        ({0: 0}, True),  # an empty fan-out has one document that says so
        ({0: 3, 1: 3, 2: 3}, True),
        ({0: 3, 1: 3}, False),
        ({0: 2, 2: 2}, False),  # as many as they say, but not these: of a run with more splits, say
        ({0: 3, 1: 3, 3: 3}, False),
        ({0: 2, 1: 3}, False),
        ({0: 2, 1: 2, 2: 3}, False),
        ({0: 0, 1: 2}, False),
    ],
)
def test_documents_are_complete_where_they_are_as_many_as_they_say_and_agree(splits, whole):
    assert is_complete({index: record("A", index, count) for index, count in splits.items()}) is whole


@pytest.mark.parametrize(
    ("saved", "states"),
    [
        ([], {"A": "unfinished", "Hooked": "unfinished", "B": "unfinished"}),
        ([record("A")], {"A": "finished", "D": "unfinished"}),
        ([record("A", 0, 2)], {"A": "unfinished"}),
        ([record("A", 0, 2), record("A", 1, 2)], {"A": "finished"}),
        (
            [record("A"), record("Hooked", state="skipped")],
            {"Hooked": "skipped", "B": "skipped", "C": "skipped", "D": "unfinished"},
        ),
        ([record("A", state="skipped")], {"Hooked": "unfinished", "B": "skipped", "D": "skipped"}),  # a hook decides for itself
        ([record("Hooked", state="skipped"), record("B")], {"B": "finished", "C": "unfinished"}),  # from an earlier run
    ],
)
def test_a_layer_without_entry_hook_is_skipped_below_any_skipped_layer(saved, states):
    store = Memory()
    for each in saved:
        store.save(each)
    assert {name: status(store, NODES, "F", "e", name) for name in states} == states


def test_states_that_are_known_are_not_looked_up():
    known = {"A": "finished", "Hooked": "skipped"}
    assert status(Memory(), NODES, "F", "e", "C", known) == "skipped"
    assert known == {"A": "finished", "Hooked": "skipped", "B": "skipped", "C": "skipped"}
