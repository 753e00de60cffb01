"""Test datastores at URLs of fsspec."""

from __future__ import annotations

import operator
import os
import pickle
import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import fsspec
import pytest

from laminar import Flow
from laminar.configurations.datastores import AWS, Local, Memory, Remote, open_like, open_store
from laminar.configurations.datastores.storage import fsspec_storage
from laminar.exceptions import DatastoreError, FlowError
from laminar.ksuid import ksuid
from tests.support.store_contract import StoreContract


class TestRemote(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Remote]:
        yield Remote("memory://laminar/store")
        fsspec.filesystem("memory").store.clear()
        fsspec.filesystem("memory").pseudo_dirs[:] = [""]


def test_a_store_may_be_at_the_root_of_a_url() -> None:
    store = Remote("memory://")
    store.put("a/b", [b"1"])
    assert list(store.names("a")) == ["b"]
    assert "a/" in store.names("")
    store.delete("a")
    assert list(store.names("a")) == []


def test_a_store_in_memory_is_of_one_process() -> None:
    class Case(Flow): ...

    assert not Remote("memory://x").shared and Remote("gs://x").shared
    with pytest.raises(FlowError, match="keeps its data in this process's memory, which executor Process cannot reach"):
        Case(datastore=open_store("memory://x"))


def test_options_are_kept_and_never_shown() -> None:
    store = AWS.S3("s3://bucket/x/", key="me", secret="hidden")
    assert repr(store) == "AWS.S3('s3://bucket/x', key=..., secret=...)"
    assert "hidden" not in str(store)
    assert pickle.loads(pickle.dumps(store)).options == store.options
    other = open_like(store, "s3://other")
    assert isinstance(other, AWS.S3)
    assert (other.url, other.options) == ("s3://other", store.options)
    assert isinstance(open_like(store, "/data"), Local)


def test_making_a_store_imports_nothing_of_the_cloud() -> None:
    import subprocess

    code = (
        "import sys; from laminar.configurations.datastores import AWS; AWS.S3('s3://b');"
        "print({'s3fs', 'fsspec', 'pickle', 'hashlib', 'threading', 'asyncio', 'numpy'} & {*sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("root", ["bucket/x", "s3://", "://x", "file:///data"])
def test_a_url_that_names_no_remote_store_is_refused(root: str) -> None:
    with pytest.raises(DatastoreError, match=r"is not the URL|is a folder"):
        Remote(root)


def test_s3_takes_s3_urls_only() -> None:
    with pytest.raises(DatastoreError, match="expects an s3:// URL, not 'gs://x'"):
        AWS.S3("gs://x")


def test_every_store_opens_again_from_its_url() -> None:
    for store in (Local("x"), Remote("memory://x"), AWS.S3("s3://b/p"), Memory()):
        assert type(open_store(store.url)) is type(store)
        assert open_store(store.url).url == store.url


def test_values_that_are_written_together_go_out_in_one_round_and_are_then_there() -> None:
    written: list[int] = []

    class Counted(Remote):
        def put_many(self, files: Any) -> None:
            written.append(len(files))
            super().put_many(files)

    store = Counted(f"memory://{ksuid()}")
    with store.write_batch() as gathered:
        artifacts = [gathered.write(bytes([number]) * 9000) for number in range(20)]
        again = gathered.write(bytes([3]) * 9000)
        assert written == []
    assert written == [20]
    assert again == artifacts[3]
    assert [store.read(artifact) for artifact in artifacts] == [bytes([number]) * 9000 for number in range(20)]


def test_content_that_is_there_keeps_its_time_for_some_minutes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Remote(f"memory://{ksuid()}")
    value = os.urandom(2_000_000)
    artifact = store.write(value)
    key = f"artifacts/{artifact.address}"
    assert store.renew(key, artifact.stored)
    assert not store.renew(key, artifact.stored + 1)
    for seconds in (11 * 60, -11 * 60):  # written before, or by a clock that is ahead
        with monkeypatch.context() as patch:
            patch.setattr(fsspec_storage.time, "time", partial(operator.add, time.time(), seconds))
            assert not store.renew(key, artifact.stored)
    (before,) = (entry.modified for entry in store.entries("artifacts"))
    monkeypatch.setattr(fsspec_storage, "FRESH", 0)
    assert store.write(value) == artifact
    (after,) = (entry.modified for entry in store.entries("artifacts"))
    assert after > before
    assert store.read(artifact) == value


def test_what_waits_to_be_written_together_is_never_more_than_a_batch() -> None:
    store = Remote(f"memory://{ksuid()}")
    largest = 0
    with store.write_batch() as gathered:
        for _ in range(40):
            gathered.write(os.urandom(1_000_000))
            largest = max(largest, gathered._size)  # type: ignore[attr-defined]
    assert 4_000_000 < largest < store.batch_bytes
    assert len(list(store.names("artifacts"))) == 40
