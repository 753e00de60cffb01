"""Reads, writes and errors of a layer instance, by the split that it stands for."""

from __future__ import annotations

from typing import ClassVar

import pytest

from laminar import Flow, Layer, Parameters
from laminar.components.binding import RESERVED, default_of, shard_problem
from laminar.configurations.datastores import Memory, Record
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ArtifactError, LayerError


class Bound(Flow): ...


@Bound.register
class Single(Layer):
    value: int
    count = 7
    rows: ClassVar[list[int]] = [1]


@Bound.register(foreach=ForEach([Parameter(Parameters, "rows")]))
class Each(Layer):
    value: int
    default = 5


@pytest.fixture
def store():
    return Memory()


@pytest.fixture
def execution(store):
    return Bound(datastore=store, executor=Thread()).execution("one")


def save(store, layer, index=0, splits=1, status="finished", caught=None, **values):
    artifacts = {name: store.inline(value) for name, value in values.items()}
    record = Record(
        flow="Bound", execution="one", layer=layer, index=index, splits=splits, artifacts=artifacts, status=status, caught=caught
    )
    store.save(record)


@pytest.mark.parametrize(
    ("splits", "finished"),
    [
        ({0: 2, 1: 2}, True),
        ({0: 0}, True),
        ({0: 2}, False),
        ({0: 2, 2: 2}, False),  # as many as they say, and one of a run with more splits
        ({0: 2, 1: 3}, False),  # the number of splits has changed between the two
        ({0: 3, 1: 3, 3: 3}, False),
        ({0: 3, 1: 2}, False),
    ],
)
def test_a_fan_out_is_read_where_its_documents_are_complete_and_agree(splits, finished, store, execution):
    for index, count in splits.items():
        save(store, "Each", index, count, **({"value": index} if count else {}))
    layer = execution.layer("Each")
    assert layer.state.finished is finished
    if finished:
        assert list(layer.value) == ([0, 1] if splits[0] else [])
    else:
        with pytest.raises(ArtifactError, match="has not finished"):
            _ = layer.value


def test_incomplete_documents_are_looked_up_again_and_complete_ones_are_kept(store, execution):
    layer = execution.layer("Each")
    save(store, "Each", 0, 2, value=1)
    assert sorted(layer._binding.records(layer)) == [0]
    save(store, "Each", 1, 2, value=2)
    assert sorted(layer._binding.records(layer)) == [0, 1]
    store.remove("Bound", "one", "Each")
    assert list(layer.value) == [1, 2]


def test_splits_that_never_set_an_attribute_read_as_its_class_value(store, execution):
    save(store, "Each", 0, 3)
    save(store, "Each", 1, 3, default=1)
    save(store, "Each", 2, 3)
    assert list(execution.layer("Each").default) == [5, 1, 5]


def test_an_empty_fan_out_reads_as_nothing_whatever_the_class_value(store, execution):
    save(store, "Each", 0, 0)
    assert list(execution.layer("Each").default) == []


def test_one_split_is_read_by_itself(store, execution):
    save(store, "Each", 1, 2, value=8)
    layer = execution.layer("Each", index=1)
    assert (layer.value, layer.artifacts) == (8, ("value",))
    save(store, "Each", 0, 2, other=1)
    assert execution.layer("Each").artifacts == ("other", "value")


@pytest.mark.parametrize(("documents", "count"), [({}, 1), ({0: 3}, 3), ({0: 0}, 0)])
def test_the_number_of_splits_is_what_the_first_document_says(documents, count, store, execution):
    for index, splits in documents.items():
        save(store, "Each", index, splits)
    assert execution.layer("Each").splits == count


@pytest.mark.parametrize(
    ("saved", "states", "message"),
    [
        (None, (False, False), "has not finished, so 'value' cannot be read"),
        ({"status": "skipped"}, (False, True), "was skipped, so it has no 'value'"),
        ({"count": 1}, (True, False), r"finished without setting 'value' .* it has count\)"),
        ({}, (True, False), r"it has nothing\)"),
        ({"caught": "KeyError: 'x'"}, (True, False), "setting 'value': it caught KeyError: 'x' first"),
    ],
)
def test_a_value_that_is_missing_is_explained_by_the_layers_state(saved, states, message, store, execution):
    if saved is not None:
        save(store, "Single", **saved)
    layer = execution.layer("Single")
    assert (layer.state.finished, layer.state.skipped) == states
    with pytest.raises(ArtifactError, match=message):
        _ = layer.value


def test_a_class_value_is_read_of_a_finished_layer_and_not_of_an_unfinished_one(store, execution):
    with pytest.raises(ArtifactError, match="has not finished"):
        _ = execution.layer("Single").count
    save(store, "Single")
    assert execution.layer("Single").count == 7
    save(store, "Single", count=9)
    assert execution.layer("Single").count == 9


def test_a_layer_of_no_execution_names_what_to_pass():
    with pytest.raises(ArtifactError, match="belongs to no execution") as raised:
        _ = Single().value
    assert "Single(value=...)" in raised.value.fix


def test_a_running_layer_is_not_read_from_the_store(store, execution):
    save(store, "Single", value=1)
    layer = execution.layer("Single")
    layer._binding.own = True
    with pytest.raises(ArtifactError, match="has not set it yet"):
        _ = layer.value


def test_a_mutable_class_value_is_copied_for_each_instance_and_a_change_of_it_is_an_artifact():
    layer = Single()
    layer.rows.append(2)
    assert (layer.rows, Single().rows, Single.rows) == ([1, 2], [1], [1])
    assert layer.artifacts == ("rows",)
    untouched = Single()
    assert untouched.rows == [1] and untouched.artifacts == ()


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_is_refused_with_all_reserved_names(name):
    with pytest.raises(LayerError, match=f"sets '{name}', a name that every layer uses itself") as raised:
        setattr(Single(), name, 1)
    assert all(each in raised.value.fix for each in RESERVED)


@pytest.mark.parametrize(
    ("sharded", "given", "message"),
    [
        ("_rows", [1], "leading underscore is not stored"),
        ("index", [1], "a name that every layer uses itself"),
        ("rows", b"abc", "a bytes, whose elements would be numbers"),
        ("set", [1], "sets and shards 'set' both"),
        ("again", [1], "shards 'again' twice"),
    ],
)
def test_what_cannot_be_sharded_is_refused(sharded, given, message, execution):
    layer = execution.layer("Single", index=0, splits=1)
    layer._binding.own, layer._binding.phase = True, "call"
    layer.set = 1
    layer.shard(again=[1, 2])
    assert list(layer.again) == [1, 2] and layer.artifacts == ("set", "again")
    with pytest.raises(LayerError, match=message):
        layer.shard(**{sharded: given})
    with pytest.raises(LayerError, match="shards 'again' twice"):
        layer.again = 3


def test_only_what_is_set_while_the_call_runs_is_an_artifact(execution):
    layer = execution.layer("Single", index=0, splits=1)
    layer._binding.own = True
    layer.early = 1
    layer._binding.phase = "call"
    layer.value, layer._private = 2, 3
    assert layer.artifacts == ("value",)


def test_a_dependency_cannot_be_changed_by_its_reader(execution):
    layer = execution.layer("Single")
    layer._binding.reader = "Other"
    with pytest.raises(LayerError, match="Layer 'Other' sets 'value' on 'Single', which it only reads"):
        layer.value = 1
    layer._cached = 1  # its own affair: no other layer would expect it


class Table:
    def itertuples(self) -> None: ...


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ("text", None),
        (b"bytes", "a bytes"),
        (bytearray(), "a bytearray"),
        ({"a": 1}, "keys alone"),
        (Table(), "names of its columns"),
        (5, "a int, which has no elements"),
        ([1], None),
        (range(3), None),
        (iter(()), None),
        ({1}, None),
    ],
)
def test_values_have_clear_elements_or_a_problem(values, part):
    problem = shard_problem(values)
    assert problem is None if part is None else problem is not None and part in problem[0]


def test_a_default_is_a_class_value_of_the_layer_or_a_base():
    class Below(Single):
        own = 2

    found = {name: default_of(Below, name) for name in ("own", "count", "value", "name")}
    assert {name: default and default.value for name, default in found.items()} == {
        "own": 2,
        "count": 7,
        "value": None,
        "name": None,
    }
