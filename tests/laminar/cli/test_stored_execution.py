"""An execution is read from its documents: its layers, their states, their splits and their artifacts."""

from __future__ import annotations

import pytest

from laminar.cli.datastore_choice import StoredFlow
from laminar.cli.stored_execution import StoredExecution, newest_first
from laminar.configurations.datastores import Local, Record
from laminar.exceptions import ExecutionError
from laminar.program.outline import FlowOutline, LayerOutline

LAYERS = {
    "Load": LayerOutline("Load"),
    "Fit": LayerOutline("Fit", needs=("Load",), fan_out=True),
    "Save": LayerOutline("Save", needs=("Fit",)),
    "Tell": LayerOutline("Tell", needs=("Save",), entry=True),
}


@pytest.fixture
def store(tmp_path):
    return Local(str(tmp_path))


def execution(store: Local, *, outlined: bool = True) -> StoredExecution:
    outline = FlowOutline("Train", own=dict(LAYERS)) if outlined else None
    return StoredExecution(StoredFlow("Train", store, outline), "one")


def save(store: Local, layer: str, *indexes: int, execution: str = "one", **fields) -> None:
    for index in indexes or (0,):
        store.save(Record(flow="Train", execution=execution, layer=layer, index=index, **fields))


def test_the_layers_are_the_sources_or_else_what_the_datastore_has(store):
    save(store, "Parameters")
    save(store, "Old")
    assert execution(store).layers() == ["Parameters", "Load", "Fit", "Save", "Tell"]
    assert execution(store, outlined=False).layers() == ["Parameters", "Old"]


@pytest.mark.parametrize(
    ("saved", "states"),
    [
        ({}, ["unfinished"] * 4),
        ({"Load": {}}, ["finished", "unfinished", "unfinished", "unfinished"]),
        ({"Load": {"status": "skipped"}}, ["skipped", "skipped", "skipped", "unfinished"]),
        ({"Load": {}, "Fit": {"splits": 2}}, ["finished", "unfinished", "unfinished", "unfinished"]),
        ({"Load": {}, "Fit": {"splits": 0}}, ["finished", "finished", "unfinished", "unfinished"]),
    ],
)
def test_a_layer_that_needs_a_skipped_one_is_skipped_unless_it_has_an_entry_hook(store, saved, states):
    save(store, "Parameters")
    for layer, fields in saved.items():
        save(store, layer, **fields)
    assert [state for layer, state in execution(store).statuses().items() if layer != "Parameters"] == states


@pytest.mark.parametrize(("indexes", "status", "shown"), [((0, 1), "unfinished", "2/3"), ((0, 1, 2), "finished", "3")])
def test_a_fan_out_shows_how_many_splits_have_finished(store, indexes, status, shown):
    save(store, "Fit", *indexes, splits=3)
    one = execution(store)
    assert one.statuses()["Fit"] == status
    assert (one.splits("Fit", status), one.splits("Load", "unfinished")) == (shown, "-")


def test_a_summary_counts_the_layers_that_have_ended(store):
    save(store, "Parameters", started="2024-01-01T00:00:00.000Z")
    save(store, "Load")
    assert execution(store).summary() == ("unfinished", "1/4", "2024-01-01T00:00:00.000Z")
    assert execution(store, outlined=False).summary()[:2] == ("-", "1")


@pytest.mark.parametrize(
    ("layer", "index", "words"),
    [
        ("Load", 1, "it is no fan-out, it has split 0 only"),
        ("Fit", 3, "it has splits 0 to 2"),
    ],
)
def test_a_split_that_a_layer_does_not_have_is_an_error(store, layer, index, words):
    save(store, "Load")
    save(store, "Fit", 0, splits=3)
    with pytest.raises(ExecutionError) as caught:
        execution(store).artifacts(layer, index)
    assert words in caught.value.what
    assert execution(store).artifacts("Fit", 2) == {}


def test_executions_of_a_flow_are_read_the_newest_first(store):
    for name in ("aa1", "aa2", "b"):
        save(store, "Parameters", execution=name)
    assert [one.id for one in newest_first(StoredFlow("Train", store))] == list(store.executions("Train"))[::-1]
