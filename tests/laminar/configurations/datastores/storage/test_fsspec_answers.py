"""Test how answers of file systems are read."""

from __future__ import annotations

import datetime
import time

import pytest

from laminar.configurations.datastores.storage.fsspec_answers import (
    entry_of,
    failed_request,
    has_time,
    is_empty_file,
    is_missing_bucket,
    modified,
)

NOON = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    "found", [{"LastModified": NOON}, {"mtime": NOON.timestamp()}, {"updated": "2026-11-23T12:00:00Z"}], ids=str
)
def test_a_time_is_read_in_any_form(found: dict[str, object]) -> None:
    assert has_time(found)
    assert modified(found) == NOON.timestamp()
    assert entry_of({**found, "size": 3}, "x") == ("x", 3, NOON.timestamp())


@pytest.mark.parametrize("found", [{}, {"mtime": None, "created": None}], ids=str)
def test_a_file_without_a_time_counts_as_new(found: dict[str, object]) -> None:
    before = time.time()
    assert before <= modified(found) <= time.time()


def test_a_request_that_failed_says_what_helps() -> None:
    outage = failed_request("read s3://b/x", ConnectionResetError())
    denied = failed_request("read s3://b/x", PermissionError())
    assert (outage.transient, denied.transient) == (True, False)
    assert "resume the execution" in outage.fix
    assert "credentials" in denied.fix
    assert outage.what.startswith("Cannot read s3://b/x, after several attempts: ConnectionResetError")


def test_empty_files_and_missing_buckets_are_known_by_their_errors() -> None:
    assert is_empty_file(OSError(22, "InvalidRange: The requested range is not satisfiable"))
    assert not is_empty_file(FileNotFoundError("range"))
    assert not is_empty_file(b"InvalidRange")
    error, cause = FileNotFoundError("x"), Exception()
    cause.response = {"Error": {"Code": "NoSuchBucket"}}  # type: ignore[attr-defined]
    assert not is_missing_bucket(error)
    error.__cause__ = cause
    assert is_missing_bucket(error)
