"""Start an S3 server for the tests of datastores, with a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Start a server that speaks S3, and let the environment name it."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        yield url
    server.stop()


@pytest.fixture(scope="module")
def bucket_store(endpoint: str) -> DataStore:
    """Return a store that is connected: that takes longer than most tests."""
    import boto3

    from laminar.configurations.datastores import AWS

    boto3.client("s3").create_bucket(Bucket="laminar")
    store = AWS.S3("s3://laminar")
    assert not store.exists("x")
    return store
