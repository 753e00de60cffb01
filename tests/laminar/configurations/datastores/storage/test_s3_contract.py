"""Test the datastore on S3, against a server of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from laminar.configurations.datastores import AWS, DataStore, Record, open_like
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid
from tests.support.store_contract import StoreContract

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        endpoint = "http://{}:{}".format(*server.get_host_and_port())
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        yield endpoint
    server.stop()


@pytest.fixture(scope="module")
def bucket(server: str) -> str:
    boto3.client("s3").create_bucket(Bucket="laminar")
    return "laminar"


@pytest.fixture(scope="module")
def connected(bucket: str) -> DataStore:
    """Connect once: that takes longer than most tests."""
    store = AWS.S3(f"s3://{bucket}")
    assert not store.exists("x")
    return store


class TestS3(StoreContract):
    @pytest.fixture
    def store(self, connected: DataStore) -> DataStore:
        return open_like(connected, f"{connected.url}/some/{ksuid()}")


def test_a_store_may_be_at_the_root_of_a_bucket(connected: DataStore) -> None:
    boto3.client("s3").create_bucket(Bucket="empty")
    store = open_like(connected, "s3://empty")
    store.save(Record(flow="F", execution="e", layer="L"))
    assert store.executions("F") == ("e",)
    assert boto3.client("s3").list_objects_v2(Bucket="empty")["Contents"][0]["Key"] == "F/executions/e/L/0.json"


def test_a_bucket_that_does_not_exist_is_an_error_that_names_it(server: str) -> None:
    with pytest.raises(DatastoreError, match="s3://nowhere/x"):
        AWS.S3("s3://nowhere/x").write(b"x" * 5000)


def test_another_process_reads_what_is_there(connected: DataStore) -> None:
    store = connected
    artifact = store.write("x" * 5000)
    code = (
        "import sys; from laminar.configurations.datastores import Artifact, open_store;"
        "print(len(open_store(sys.argv[1]).read(Artifact.from_json(sys.argv[2]))))"
    )
    command = [sys.executable, "-c", code, store.url, artifact.to_json()]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "5000\n"


def test_a_forked_process_uses_the_store_as_well(connected: DataStore) -> None:
    store = connected
    artifact = store.write("x" * 5000)
    child = os.fork()
    if not child:
        os._exit(0 if store.read(artifact) == "x" * 5000 else 1)
    assert os.waitpid(child, 0)[1] == 0
