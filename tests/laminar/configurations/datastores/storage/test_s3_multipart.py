"""Test uploads in parts and downloads in ranges."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import AWS, DataStore, open_like
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.storage import s3_multipart
from laminar.configurations.datastores.values.artifact import Artifact
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid
from tests.support.faulty_proxy import Conditions

MIB = 1 << 20


@pytest.fixture
def store(proxied: tuple[AWS.S3, Conditions], conditions: Conditions) -> DataStore:
    connected, _ = proxied
    return open_like(connected, f"{connected.url}/{ksuid()}")


def of(store: DataStore, artifact: Artifact) -> dict[str, Any]:
    """Return where boto finds an artifact's file."""
    return {"Bucket": "laminar", "Key": f"{store.url.removeprefix('s3://laminar/')}/{artifact_key(str(artifact.address))}"}


@given(chunks=st.lists(st.binary(max_size=5), max_size=5), start=st.integers(0, 30), length=st.integers(0, 30))
def test_a_range_of_chunks_is_that_of_their_bytes(chunks: list[bytes], start: int, length: int) -> None:
    assert s3_multipart.byte_range(chunks, start, start + length) == b"".join(chunks)[start : start + length]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the size of a large file to 6 MiB, and of a part to 5 MiB, the least that S3 accepts."""
    monkeypatch.setattr(s3_multipart, "LARGE", 6 * MIB)
    monkeypatch.setattr(s3_multipart, "PART", 5 * MIB)


def uploads() -> list[Any]:
    return list(boto3.client("s3").list_multipart_uploads(Bucket="laminar").get("Uploads", []))


VALUE = os.urandom(11 * MIB)


def test_a_large_artifact_goes_up_in_parts_and_comes_back_whole(store: DataStore, conditions: Conditions, parts: None) -> None:
    artifact = store.write(VALUE)
    assert sum("partNumber=" in line for line in conditions.log) == 3
    assert boto3.client("s3").head_object(**of(store, artifact))["ETag"].endswith('-3"')
    assert uploads() == []
    conditions.clear()
    assert store.read(artifact) == VALUE
    assert sum(line.startswith("GET") for line in conditions.log) == 3
    with store.write_batch() as gathered:
        others = [gathered.write(VALUE[:-1]), gathered.write(b"x" * 9000)]
    assert [store.read(other) for other in others] == [VALUE[:-1], b"x" * 9000]


@pytest.mark.parametrize("fault", ["500", "503", "close before", "close after"])
def test_parts_that_fail_are_sent_again_by_themselves(store: DataStore, conditions: Conditions, parts: None, fault: str) -> None:
    conditions.fail(fault, only="partNumber=", left=3)
    artifact = store.write(VALUE)
    assert sum("partNumber=" in line for line in conditions.log) == 6
    assert bytes(store.get(artifact_key(str(artifact.address))))[:4] == b"LMNR"
    assert store.read(artifact) == VALUE


def test_ranges_that_fail_are_fetched_again_by_themselves(store: DataStore, conditions: Conditions, parts: None) -> None:
    artifact = store.write(VALUE)
    conditions.fail("truncate", "500", only="GET ", left=3)
    assert store.read(artifact) == VALUE
    assert sum(line.startswith("GET") for line in conditions.log) == 6


def test_an_upload_whose_last_answer_is_lost_is_done(store: DataStore, conditions: Conditions, parts: None) -> None:
    conditions.fail("close after", only="?uploadId=", left=1)
    artifact = store.write(VALUE)
    assert conditions.left == 0
    conditions.mend()
    assert store.read(artifact) == VALUE


class Forgetful:
    """Report NoSuchUpload when an upload is completed, as S3 does after it was completed or aborted."""

    url = "s3://bucket"

    def __init__(self, size: int) -> None:
        self.files, self.size, self.asked = self, size, list[str]()

    def split_path(self, path: str) -> tuple[str, str, None]:
        return "bucket", path, None

    def info(self, path: str) -> dict[str, Any]:
        return {"size": self.size}

    def call_s3(self, method: str, **_: Any) -> dict[str, str]:
        self.asked.append(method)
        if method == "complete_multipart_upload":
            raise FileNotFoundError("The specified upload does not exist")
        return {"UploadId": "1", "ETag": "2"}


def test_an_upload_that_is_forgotten_is_done_where_the_file_is_there() -> None:
    files: Any = Forgetful(size=4)
    s3_multipart.upload(files, "x", [b"ab", b"cd"])
    assert files.asked == ["create_multipart_upload", "upload_part", "complete_multipart_upload"]
    files = Forgetful(size=3)
    with pytest.raises(FileNotFoundError):
        s3_multipart.upload(files, "x", [b"ab", b"cd"])
    assert files.asked[-1] == "abort_multipart_upload"


def test_an_upload_that_fails_is_aborted_and_nothing_is_seen(store: DataStore, conditions: Conditions, parts: None) -> None:
    conditions.fail("403", only="partNumber=2")
    with pytest.raises(DatastoreError, match="PermissionError"):
        store.write(VALUE)
    assert uploads() == []
    assert list(store.names("artifacts")) == []


def test_an_upload_that_is_interrupted_is_aborted(store: DataStore, parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(s3_multipart, "byte_range", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write(VALUE)
    assert uploads() == []


def test_after_a_part_that_failed_no_others_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_multipart, "WORKERS", 1)
    begun: list[int] = []

    def fail(number: int) -> None:
        begun.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        s3_multipart.map_in_threads(fail, 9)
    assert begun == [0]
    assert s3_multipart.map_in_threads(str, 3) == ["0", "1", "2"]
    assert s3_multipart.map_in_threads(str, 0) == []


def test_a_value_that_takes_much_of_the_memory_is_kept_in_a_file_without_a_name(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(s3_multipart, "memory", lambda: 64 * MIB)
    room = s3_multipart.allocate(17 * MIB)
    room[:3] = b"abc"
    assert (bytes(room[:4]), len(room)) == (b"abc\0", 17 * MIB)
    assert list(tmp_path.iterdir()) == []

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    assert len(s3_multipart.allocate(17 * MIB)) == 17 * MIB
    assert s3_multipart.memory() > 0
