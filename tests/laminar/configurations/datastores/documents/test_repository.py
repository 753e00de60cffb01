"""Test documents and failure markers; the contract of all stores has more."""

from __future__ import annotations

import pytest

from laminar.configurations.datastores import Artifact, Memory, Record
from laminar.configurations.datastores.documents import repository
from laminar.configurations.datastores.key_layout import document_key
from laminar.exceptions import DatastoreError


def made(index: int = 0, value: int = 1) -> Record:
    return Record(flow="F", execution="e", layer="L", index=index, splits=2, artifacts={"x": Artifact("x", json=str(value))})


def test_a_document_is_parsed_once_while_its_bytes_stay_the_same() -> None:
    store = Memory()
    repository.parsed.cache_clear()
    store.save(made())
    assert store.load("F", "e", "L", 0) is store.load("F", "e", "L", 0)
    store.save(made(value=2))
    assert store.load("F", "e", "L", 0) == made(value=2)
    assert (repository.parsed.cache_info().misses, repository.parsed.cache_info().hits) == (2, 1)
    store.remove("F", "e", "L")
    assert store.load("F", "e", "L", 0) is None


def test_a_damaged_document_is_reported_each_time() -> None:
    store = Memory()
    store.put(document_key("F", "e", "L", 0), [b"torn"])
    for _ in range(2):
        with pytest.raises(DatastoreError, match="is damaged"):
            store.load("F", "e", "L", 0)


@pytest.mark.parametrize("other", [("G", "e", "L", 0), ("F", "f", "L", 0), ("F", "e", "M", 0), ("F", "e", "L", 1)], ids=str)
def test_a_document_of_another_split_is_refused(other: tuple[str, str, str, int]) -> None:
    store = Memory()
    store.save(made())
    store.put(document_key(*other), [store.get(document_key("F", "e", "L", 0))])
    with pytest.raises(DatastoreError, match=r"is damaged: it is that of split 0 of layer 'L' of flow 'F', execution 'e'"):
        store.load(*other)
    with pytest.raises(DatastoreError, match="it is that of split 0"):
        store.records(*other[:3])
