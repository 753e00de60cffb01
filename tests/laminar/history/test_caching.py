"""A layer whose result is reused says so in progress, in its run and in its documents: on S3, and in containers of Docker."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from laminar import history
from laminar.configurations.datastores import AWS, Local
from tests.laminar.configurations.executors import docker_image

PROGRAM = """\
import os
from laminar import Flow, Layer
from laminar.configurations.executors import Docker, Process
from laminar.configurations.layers import Container, ForEach, Parameter, Volume

FOLDER = os.path.dirname(os.path.abspath(__file__))
ENV = {name: os.environ[name] for name in ("STORE", "IMAGE")}
INSIDE = Container(image=os.environ["IMAGE"], workdir=FOLDER, volumes=[Volume(FOLDER, host_path=FOLDER)], env=ENV, memory=200,
                   command="python train.py")
CONTAINER = INSIDE if os.environ["IMAGE"] != "none" else Container()
EXECUTOR = Docker if os.environ["IMAGE"] != "none" else Process

class Train(Flow): ...

@Train.register(cache=True, container=CONTAINER)
class Make(Layer):
    def __call__(self) -> None:
        print("made")
        self.shard(rows=["a" * 5000, "b"])

@Train.register(cache=True, container=CONTAINER, foreach=ForEach([Parameter(Make, "rows")]))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        print("used")
        self.size = len(make.rows)

if flow := Train(datastore=os.environ["STORE"], executor=EXECUTOR()):
    execution = flow()
    print("sizes", list(execution.layer(Use).size))
"""


def run(folder: Path, store: str, image: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "train.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "laminar", "run", "train.py", *arguments]
    environment = {**os.environ, "STORE": store, "IMAGE": image}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def check(folder: Path, url: str, image: str, open_store) -> None:
    first = run(folder, url, image)
    assert first.returncode == 0, first.stderr
    assert "Make | made" in first.stdout and first.stdout.endswith("sizes [5000, 1]\n")
    origin = history.find("Train", "latest", open_store())
    second = run(folder, url, image)
    assert second.returncode == 0, second.stderr
    assert second.stdout == "sizes [5000, 1]\n"
    assert f"(reused from execution {origin.id})" in second.stderr
    assert f"(2 splits, reused from execution {origin.id})" in second.stderr
    found = history.find("Train", "latest", open_store())
    assert found.id != origin.id and found.session is not None
    assert found.session.reused == ("Make", "Use")
    assert [(layer.name, layer.finished, layer.reused) for layer in found.layers] == [("Make", 1, 1), ("Use", 2, 2)]
    assert {record.reused["execution"] for record in found.records["Use"].values()} == {origin.id}
    anew = run(folder, url, image, "--no-cache")
    assert "Make | made" in anew.stdout and "reused" not in anew.stderr


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    variables = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**variables, "AWS_ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port())}.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="laminar")
    yield "s3://laminar/store"
    server.stop()


@pytest.mark.slow
def test_on_s3(tmp_path, bucket):
    check(tmp_path, bucket, "none", lambda: AWS.S3(bucket))


@pytest.mark.slow
def test_in_containers_of_docker(tmp_path):
    if not docker_image.daemon_answers():
        pytest.skip("no Docker daemon answers")
    store = tmp_path / "store"
    check(tmp_path, str(store), docker_image.build(), lambda: Local(store))
