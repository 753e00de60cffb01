"""Test the datastore in memory."""

from __future__ import annotations

import pickle

import pytest

from laminar.configurations.datastores import Memory
from laminar.exceptions import DatastoreError
from tests.support.store_contract import StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self) -> Memory:
        return Memory()


def test_memory_is_not_shared_with_other_processes() -> None:
    assert not Memory().shared
    with pytest.raises(DatastoreError, match="cannot leave its process"):
        pickle.dumps(Memory())


def test_two_memories_share_nothing() -> None:
    one, other = Memory(), Memory()
    artifact = one.shard(["x" * 5000])
    assert other.read(other.write(one.read(artifact))) == ["x" * 5000]
    assert not one.is_same(other)
