"""Test the operations that a user's store inherits from DataStore, and the listings of stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Accessor, DataStore, Memory, open_like
from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.key_layout import document_key
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import DatastoreError
from tests.support.store_contract import StoreContract

FILES: dict[str, bytes] = {}


class Smallest(DataStore):
    """Define only the required operations."""

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        if f"{self.root}/{key}" not in FILES:
            raise FileNotFoundError(key)
        return FILES[f"{self.root}/{key}"][start:stop]

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        FILES[f"{self.root}/{key}"] = b"".join(chunks)

    def names(self, folder: str) -> Iterable[str]:
        start = f"{self.root}/{folder}/"
        rest = [key[len(start) :].partition("/") for key in FILES if key.startswith(start)]
        return {name + slash for name, slash, _ in rest}

    def exists(self, key: str) -> bool:
        return f"{self.root}/{key}" in FILES

    def delete(self, key: str) -> None:
        for found in [found for found in FILES if f"{found}/".startswith(f"{self.root}/{key}/")]:
            del FILES[found]


class TestSmallest(StoreContract):
    @pytest.fixture
    def store(self) -> Smallest:
        FILES.clear()
        return Smallest("own://store")


class Listed(Flow): ...


@Listed.register
class Rows(Layer):
    def __call__(self) -> None:
        self.shard(rows=[1, 2])
        self.count = 2


@pytest.fixture
def flow() -> Listed:
    return Listed(datastore=Memory(), executor=Thread())


def test_a_store_at_a_url_of_its_kind_is_of_its_class() -> None:
    other = open_like(Smallest("own://store"), "own://other")
    assert isinstance(other, Smallest)
    assert other.url == "own://other"


def test_results_are_listed_from_the_flow_down(flow: Listed) -> None:
    store: Any = flow.configuration.datastore
    flow(execution="one")
    flow(execution="two")
    assert [execution.id for execution in store.list_executions(flow=flow)] == ["one", "two"]
    layers = store.list_layers(execution=flow.execution("one"))
    assert "Rows" in [layer.name for layer in layers]
    artifacts = store.list_artifacts(layer=flow.execution("one").layer(Rows))
    assert [artifact.name for artifact in artifacts] == ["count", "rows"]
    assert store.read(artifacts[1]) == Accessor(store, artifacts[1].parts) == [1, 2]


def test_layers_that_a_flow_has_no_more_are_not_listed(flow: Listed) -> None:
    store = flow.configuration.datastore
    flow(execution="one")
    store.record_failure("Listed", "one", "Gone", 0, 1, "no")
    assert "Gone" in store.layers("Listed", "one")
    assert "Gone" not in [layer.name for layer in store.list_layers(execution=flow.execution("one"))]


def test_an_execution_without_an_id_has_nothing_to_list(flow: Listed) -> None:
    with pytest.raises(DatastoreError, match="has no id"):
        flow.configuration.datastore.list_layers(execution=flow.execution())


def test_reading_a_large_default_of_a_fan_out_writes_nothing() -> None:
    class Wide(Flow): ...

    @Wide.register
    class Make(Layer):
        def __call__(self) -> None:
            self.shard(rows=[0, 1, 2])

    @Wide.register(foreach=ForEach([Parameter(Make, "rows")]))
    class Use(Layer):
        text: str = "x" * 10_000

        def __call__(self, make: Make) -> None:
            if make.rows == 1:
                self.text = "set"

    flow = Wide(datastore=Memory(), executor=Thread())
    execution = flow(execution="one")
    store: Any = flow.configuration.datastore
    before = list(store.names("artifacts"))
    assert list(execution.layer(Use).text) == ["x" * 10_000, "set", "x" * 10_000]
    assert list(store.names("artifacts")) == before == []


def test_a_damaged_parameters_document_of_one_execution_does_not_block_resuming_another(flow: Listed) -> None:
    store = flow.configuration.datastore
    flow(execution="broken")
    flow(execution="whole")
    store.put(document_key("Listed", "broken", "Parameters", 0), [b"torn"])
    store.remove("Listed", "whole", "Rows")
    execution = flow.execution("whole")
    execution.resume()
    assert execution.layer(Rows).count == 2
    assert sorted(store.executions("Listed")) == ["broken", "whole"]
