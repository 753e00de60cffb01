"""Connect a store to an S3 server through a proxy that fails requests as a test asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from laminar.configurations.datastores import AWS, DataStore
from tests.support.faulty_proxy import Conditions, proxy


@pytest.fixture(scope="module")
def proxied(endpoint: str, bucket_store: DataStore) -> Iterator[tuple[AWS.S3, Conditions]]:
    with proxy(endpoint) as (url, conditions):
        store = AWS.S3("s3://laminar", endpoint_url=url)
        assert not store.exists("x")
        yield store, conditions


@pytest.fixture
def conditions(proxied: tuple[AWS.S3, Conditions]) -> Iterator[Conditions]:
    _, conditions = proxied
    conditions.clear()
    yield conditions
    conditions.mend()
