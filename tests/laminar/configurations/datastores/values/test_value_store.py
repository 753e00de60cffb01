"""Test values that are written several at once; the contract of all stores has more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import DataStore, Memory
from laminar.configurations.datastores.values.value_store import WriteBatch
from tests.support.late_storage import Late


@given(values=st.lists(st.integers(1, 255).map(lambda number: bytes([number]) * 5000), max_size=6), changed=st.booleans())
def test_values_of_a_batch_are_read_during_and_after_it(values: list[bytes], changed: bool) -> None:
    store: DataStore = Late()
    mutable = [bytearray(value) for value in values]
    with store.write_batch() as batch:
        artifacts = [batch.write(value) for value in mutable]
        for value in mutable:
            value[0] = 0 if changed else value[0]
        assert [batch.read(artifact) for artifact in artifacts] == values
    assert [store.read(artifact) for artifact in artifacts] == values


def test_an_array_may_be_changed_after_it_was_written_to_a_batch() -> None:
    store = Late()
    array = np.arange(100_000)
    with store.write_batch() as batch:
        artifact = batch.write(array)
        array[:] = 0
    assert store.read(artifact)[99_999] == 99_999
    rows = store.shard(row(array, number) for number in range(3))
    assert [int(found[0]) for found in store.read(rows)] == [0, 1, 2]


def row(array: Any, number: int) -> Any:
    array[:] = number
    return array


def test_a_large_file_of_a_batch_is_written_at_once_and_never_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Late()
    monkeypatch.setattr(Late, "batch_bytes", 500_000)
    array = np.random.default_rng(1).random(100_000)  # does not compress
    with store.write_batch() as batch:
        small, large = batch.write("x" * 9000), batch.write(array)
        assert [store.exists(f"artifacts/{artifact.address}") for artifact in (small, large)] == [False, True]
        assert [batch.exists(f"artifacts/{artifact.address}") for artifact in (small, large)] == [True, True]
    assert store.exists(f"artifacts/{small.address}")


def test_a_block_that_fails_writes_nothing_more() -> None:
    store = Late()

    def rows() -> Iterator[str]:
        yield "x" * 9000
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.shard(rows())
    assert list(store.names("artifacts")) == []


def test_a_batch_is_its_store_to_others() -> None:
    store, other = Late(), Memory()
    batch = WriteBatch(store)
    assert batch.is_same(store)
    assert not batch.is_same(other)
    rows = store.read(store.shard([1, 2]))
    assert batch.write(rows).parts == rows.artifact.parts
    batch.delete("artifacts/none")
    assert batch.url == store.url
    assert list(batch.names("artifacts")) == list(store.names("artifacts"))


def test_a_store_without_network_writes_at_once() -> None:
    store: DataStore = Memory()
    with store.write_batch() as batch:
        assert batch is store
