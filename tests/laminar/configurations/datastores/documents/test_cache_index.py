"""A key finds the document that left its result, and finds nothing where that is gone, replaced or damaged."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from laminar.configurations.datastores import Local, Memory, Record
from laminar.configurations.datastores.documents import cache_index, garbage_collection
from laminar.configurations.datastores.key_layout import artifact_key, cache_key, document_key

KEY = "ab" * 32


@pytest.fixture(params=[Memory, Local], ids=["memory", "local"])
def store(request, tmp_path):
    return Memory() if request.param is Memory else Local(str(tmp_path / "store"))


def finished(store, execution="1", **fields) -> Record:
    record = Record(flow="F", execution=execution, layer="L", key=KEY, artifacts={"a": store.write(b"x" * 9000)}, **fields)
    store.save(record)
    cache_index.add(store, record)
    return record


def test_a_key_finds_its_document(store):
    record = finished(store)
    assert cache_index.find(store, KEY) == record
    assert cache_index.find(store, "cd" * 32) is None


def test_the_last_document_of_a_key_is_found(store):
    finished(store)
    second = finished(store, "2")
    assert cache_index.find(store, KEY) == second


def test_nothing_is_found_where_the_document_was_removed_or_replaced(store):
    record = finished(store)
    store.save(replace(record, key="cd" * 32))
    assert cache_index.find(store, KEY) is None
    store.save(record)
    assert cache_index.find(store, KEY) is not None
    store.remove("F", "1", "L")
    assert cache_index.find(store, KEY) is None


@pytest.mark.parametrize("key", [cache_key(KEY), document_key("F", "1", "L", 0)])
def test_nothing_is_found_where_a_document_is_damaged(store, key):
    finished(store)
    store.put(key, (bytes(store.get(key))[:-9],))
    assert cache_index.find(store, KEY) is None


def test_nothing_is_found_where_an_artifact_is_gone(store):
    record = finished(store)
    store.delete(artifact_key(record.artifacts["a"].address))
    assert cache_index.find(store, KEY) is None


def test_the_document_that_a_result_was_taken_over_from_is_found_where_the_last_one_is_gone(store):
    first = finished(store)
    second = replace(first, execution="2")
    store.save(second)
    cache_index.add(store, second, first)
    assert cache_index.find(store, KEY) == second
    store.remove("F", "2", "L")
    assert cache_index.find(store, KEY) == first


def test_a_document_of_before_caches_reads_as_one_without_a_key():
    text = Record(flow="F", execution="1", layer="L").to_json()
    assert "key" not in text
    assert "reused" not in text
    assert Record.from_json(text).key == ""


def test_a_reused_document_is_read_as_it_was_written():
    record = Record(flow="F", execution="1", layer="L", key=KEY, reused={"execution": "0", "index": 2})
    assert Record.from_json(record.to_json()) == record


def test_garbage_collection_keeps_what_a_key_finds_and_removes_keys_of_removed_executions(tmp_path):
    store = Local(str(tmp_path))
    finished(store)
    now = time.time()
    stays = garbage_collection.plan(garbage_collection.survey(store), older=1000, grace=0, now=now + 500)
    garbage_collection.clear(store, stays)
    assert cache_index.find(store, KEY) is not None
    leaves = garbage_collection.plan(garbage_collection.survey(store), older=1000, grace=0, now=now + 5000)
    garbage_collection.clear(store, leaves)
    assert cache_index.find(store, KEY) is None
    assert not store.exists(cache_key(KEY))


def test_garbage_collection_keeps_a_result_that_another_execution_took_over(tmp_path):
    store = Local(str(tmp_path))
    first = finished(store)
    second = replace(first, execution="2", reused={"execution": "1", "index": 0})
    store.save(second)
    cache_index.add(store, second)
    store.remove("F", "1", "L")
    garbage_collection.clear(store, garbage_collection.plan(garbage_collection.survey(store), older=1e9, grace=0))
    assert cache_index.find(store, KEY) == second
    assert store.read(second.artifacts["a"]) == b"x" * 9000
