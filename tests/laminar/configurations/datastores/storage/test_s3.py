"""Test the operations of S3 alone: times renewed by copies, and how long a failing server is retried."""

from __future__ import annotations

import datetime
import os
from typing import Any

import boto3
import pytest

from laminar.configurations.datastores import AWS, DataStore, open_like
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.storage import fsspec_storage, retrying_filesystem
from laminar.configurations.datastores.values.artifact import Artifact
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid
from tests.support.faulty_proxy import Conditions

MIB = 1 << 20


@pytest.fixture
def store(proxied: tuple[AWS.S3, Conditions], conditions: Conditions) -> DataStore:
    connected, _ = proxied
    return open_like(connected, f"{connected.url}/{ksuid()}")


# a server that refuses, or is silent


CALLS: dict[str, Any] = {
    "read": lambda store: store.read(Artifact(address="0" * 64, stored=9000)),
    "read many": lambda store: store.get_many(["a", "b"]),
    "write": lambda store: store.write(b"x" * 9000),
    "write many": lambda store: store.put_many([("a", [b"1"]), ("b", [b"2"])]),
    "list": lambda store: list(store.names("F")),
    "look up": lambda store: store.exists("x"),
    "delete": lambda store: store.delete("x"),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_is_forbidden_is_an_error_at_once(store: DataStore, conditions: Conditions, call: str) -> None:
    conditions.fail("403")
    with pytest.raises(DatastoreError, match=rf"Cannot .* {store.url}.*: PermissionError: ") as error:
        CALLS[call](store)
    assert not error.value.transient
    assert "let these credentials" in error.value.fix
    assert len(conditions.log) <= (2 if "many" in call else 1), conditions.log


def test_a_server_that_never_answers_is_given_up_after_a_while(
    store: DataStore, conditions: Conditions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = AWS.S3("s3://laminar", config_kwargs={"read_timeout": 0.2}, **store.options)  # type: ignore[attr-defined]
    monkeypatch.setattr(retrying_filesystem, "SECONDS", 0.8)
    monkeypatch.setattr(retrying_filesystem, "NOTICE", 0.3)
    monkeypatch.setattr(retrying_filesystem, "_reported", set())
    conditions.fail("hang")
    for call in ("read", "write"):
        with pytest.raises(DatastoreError, match=r"after several attempts: .*ReadTimeoutError") as error:
            CALLS[call](store)
        assert error.value.transient
    assert 4 <= len(conditions.log) <= 12
    assert capsys.readouterr().err == "laminar: s3://laminar does not answer (ReadTimeoutError); trying again\n"


def test_timeouts_and_attempts_are_the_users_where_they_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    files = AWS.S3("s3://x").filesystem()
    assert files.retries == 1
    config = files.config_kwargs
    assert config["connect_timeout"] + config["read_timeout"] <= 20
    assert config["retries"]["total_max_attempts"] == 1
    own = AWS.S3("s3://x", config_kwargs={"read_timeout": 99, "retries": {"total_max_attempts": 7}}).filesystem().config_kwargs
    assert (own["read_timeout"], own["retries"]) == (99, {"total_max_attempts": 7})
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    assert "retries" not in AWS.S3("s3://x").filesystem().config_kwargs


# times


def of(store: DataStore, artifact: Artifact) -> dict[str, Any]:
    """Return where boto finds an artifact's file."""
    return {"Bucket": "laminar", "Key": f"{store.url.removeprefix('s3://laminar/')}/{artifact_key(str(artifact.address))}"}


def modified(store: DataStore, artifact: Artifact) -> float:
    found: datetime.datetime = boto3.client("s3").head_object(**of(store, artifact))["LastModified"]
    return found.timestamp()


def age(store: DataStore, artifact: Artifact, hours: float) -> None:
    """Set the time of an artifact on the server to hours ago."""
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.s3.models import s3_backends

    place = of(store, artifact)
    found = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(place["Bucket"], place["Key"])
    found.last_modified -= datetime.timedelta(hours=hours)


@pytest.fixture
def old(store: DataStore) -> tuple[bytes, Artifact, float]:
    """Return a value that was written five hours ago, where it is, and when that was."""
    value = os.urandom(2 * MIB)
    artifact = store.write(value)
    age(store, artifact, 5)
    return value, artifact, modified(store, artifact)


def test_old_content_that_is_there_gets_the_time_of_now_and_is_not_sent(
    store: DataStore, conditions: Conditions, old: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, artifact, before = old
    conditions.clear()
    monkeypatch.setattr(type(store), "put", lambda *_: pytest.fail("it was sent"))
    assert store.write(value) == artifact
    assert modified(store, artifact) > before + 4 * 3600
    assert [line.partition(" ")[0] for line in conditions.log] == ["HEAD", "PUT"]
    assert store.read(artifact) == value


def test_content_that_was_just_written_is_left_as_it_is(store: DataStore, conditions: Conditions, old: Any) -> None:
    value, _, _ = old
    store.write(value)
    conditions.clear()
    store.write(value)
    assert [line.partition(" ")[0] for line in conditions.log] == ["HEAD"]


@pytest.mark.parametrize("fault", ["403", "500"])
def test_old_content_that_cannot_be_copied_is_written_anew(
    store: DataStore, conditions: Conditions, old: Any, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, artifact, before = old
    monkeypatch.setattr("laminar.configurations.datastores.storage.s3.COPY_SECONDS", 0.0)
    conditions.fail(fault, only="PUT ", left=1 if fault == "403" else 2)
    assert store.write(value) == artifact
    assert conditions.left == 0
    assert modified(store, artifact) > before + 4 * 3600
    assert store.read(artifact) == value


def test_a_file_larger_than_s3_copies_is_written_anew(store: DataStore, old: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    value, artifact, before = old
    monkeypatch.setattr("laminar.configurations.datastores.storage.s3.MAX_COPY", MIB)
    assert not store.renew(artifact_key(str(artifact.address)), artifact.stored)
    store.write(value)
    assert modified(store, artifact) > before + 4 * 3600


def test_content_is_safe_from_housekeeping_for_a_whole_grace_after_it_was_written_again(store: DataStore, old: Any) -> None:
    import time

    from laminar.configurations.datastores.documents import garbage_collection

    value, _, _ = old
    store.write(value)  # its document comes when its layer ends
    grace = 24 * 3600.0
    for hours, removed in ((19.5, 0), (24.5, 1)):
        later = time.time() + hours * 3600
        plan = garbage_collection.plan(garbage_collection.survey(store), older=30 * grace, grace=grace, now=later)
        assert len(plan.artifacts) == removed
    assert fsspec_storage.FRESH <= 600
