"""Credentials, region and endpoint of S3 are found where boto users keep them: a profile of a file, a role of a pod."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CODE = """\
from laminar.configurations.datastores import open_store
store = open_store("s3://laminar/credentials")
store.put("x", [b"here"])
print(bytes(store.get("x")).decode())
"""

Read = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Start a server that speaks S3 and STS; nothing in the environment names it."""
    import boto3
    from moto.server import ThreadedMotoServer

    started = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    started.start()
    url = "http://{}:{}".format(*started.get_host_and_port())
    given = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=url, **given).create_bucket(Bucket="laminar")
    yield url
    started.stop()


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write and read with these variables, and nothing else that boto knows."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    bare |= {"HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}

    def run(**variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", CODE], env={**bare, **variables}, capture_output=True, text=True)

    return run


@pytest.mark.slow
def test_a_profile_names_endpoint_region_and_credentials(server: str, read: Read, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile team]\nendpoint_url = {server}\nregion = us-east-1\naws_access_key_id = AKIATEAM\naws_secret_access_key = team\n"
    )
    ended = read(AWS_CONFIG_FILE=str(config), AWS_PROFILE="team")
    assert ended.stdout == "here\n", ended.stderr
    unknown = read(AWS_CONFIG_FILE=str(config), AWS_PROFILE="tame")
    assert unknown.returncode == 1
    assert "The config profile (tame) could not be found" in unknown.stderr.splitlines()[-2]


def test_the_files_below_aws_in_the_home_folder_are_read(server: str, read: Read, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id = AKIAHOME\naws_secret_access_key = home\n")
    (tmp_path / ".aws" / "config").write_text(f"[default]\nendpoint_url = {server}\nregion = us-east-1\n")
    assert read().stdout == "here\n"


@pytest.mark.slow
def test_a_pods_role_is_assumed_by_its_service_accounts_token(server: str, read: Read, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a.b.c")
    role = {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/laminar",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server,
    }
    ended = read(**role)
    assert ended.stdout == "here\n", ended.stderr
    (tmp_path / "token").unlink()
    assert read(**role).returncode == 1, "the token was needed"


@pytest.mark.slow
def test_without_any_credentials_the_error_says_so(server: str, read: Read) -> None:
    ended = read(AWS_ENDPOINT_URL=server, AWS_DEFAULT_REGION="us-east-1")
    assert ended.returncode == 1
    assert "Unable to locate credentials" in ended.stderr
    assert "check the datastore's URL, the credentials in the environment" in ended.stderr.splitlines()[-1]
