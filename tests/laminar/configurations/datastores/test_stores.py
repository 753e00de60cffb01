"""Test the stores that users name: each is a DataStore on one kind of storage."""

from __future__ import annotations

import pytest

from laminar.configurations.datastores import AWS, DataStore, Local, Memory, Remote


@pytest.mark.parametrize(
    ("store", "shown"),
    [
        (Local("/data"), "Local('/data')"),
        (Memory(), "Memory()"),
        (Remote("gs://bucket/x"), "Remote('gs://bucket/x')"),
        (AWS.S3("s3://bucket"), "AWS.S3('s3://bucket')"),
    ],
)
def test_a_store_is_shown_as_it_is_made(store: DataStore, shown: str) -> None:
    assert isinstance(store, DataStore)
    assert repr(store) == shown
