"""The command line on a store in S3: results are read from anywhere, and nothing tells a credential."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

PROGRAM = """\
from laminar import Flow, Layer
from laminar.configurations.datastores import AWS
from laminar.configurations.executors import Process

class Train(Flow): ...

@Train.register
class Make(Layer):
    def __call__(self) -> None:
        self.rows = list(range(3))
        self.text = "word " * 9000
        self.shard(parts=(str(number) * 2000 for number in range(5)))

if flow := Train(datastore=AWS.S3("s3://laminar/store", endpoint_url="ENDPOINT", key="AKIAINPROGRAM", secret="secret-in-program")):
    flow()
"""

SECRETS = ("AKIAINPROGRAM", "secret-in-program", "AKIAOFENVIRONMENT", "secret-of-environment", "token-of-environment")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    credentials = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **credentials).create_bucket(Bucket="laminar")
    folder = tmp_path_factory.mktemp("s3")
    (folder / "train.py").write_text(PROGRAM.replace("ENDPOINT", endpoint))

    def laminar(*words: str, code: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "AWS_ACCESS_KEY_ID": "AKIAOFENVIRONMENT",
            "AWS_SECRET_ACCESS_KEY": "secret-of-environment",
            "AWS_SESSION_TOKEN": "token-of-environment",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
        }
        command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "laminar", *words]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, **environment, **variables})

    ended = laminar("run", "train.py", "--execution", "one")
    assert ended.returncode == 0, ended.stderr
    yield laminar
    server.stop()


@pytest.mark.slow
def test_results_are_read_by_id_prefix_and_latest(run: Run) -> None:
    assert "Train\tone\tfinished\t1/1" in run("results", "train.py").stdout
    for wanted in ("one", "on", "latest"):
        assert "Make\tfinished" in run("results", "train.py", wanted).stdout
    assert run("results", "train.py", "latest", "Make", "rows").stdout == "[0, 1, 2]\n"
    assert run("results", "train.py", "latest", "Make", "text").stdout == "word " * 9000 + "\n"
    assert len(run("results", "train.py", "latest", "Make", "parts").stdout.splitlines()) == 5


def test_results_are_read_from_a_store_that_the_command_names(run: Run) -> None:
    ended = run("results", "train.py", "latest", "Make", "rows", "--datastore", "s3://laminar/store")
    assert ended.stdout == "[0, 1, 2]\n"


@pytest.mark.slow
def test_the_python_api_reads_results_with_nothing_but_the_environment(run: Run) -> None:
    code = (
        "from laminar.configurations.datastores import open_store\n"
        "store = open_store('s3://laminar/store')\n"
        "record = store.load('Train', store.executions('Train')[-1], 'Make', 0)\n"
        "print(store.read(record.artifacts['rows']), len(store.read(record.artifacts['parts'])))"
    )
    assert run(code=code).stdout == "[0, 1, 2] 5\n"


@pytest.mark.slow
def test_no_credential_is_in_a_document_or_in_what_is_printed(run: Run) -> None:
    for words in (
        ("compile", "train.py"),
        ("compile", "train.py", "--code", "s3://laminar/code"),
        ("run", "train.py"),
        ("results", "train.py", "latest", "Make"),
        ("du", "train.py"),
        ("gc", "train.py"),
        ("results", "train.py", "--datastore", "s3://no-such-bucket/x"),
    ):
        ended = run(*words)
        assert ended.returncode == ("no-such-bucket" in words[-1]), ended.stderr
        for secret in SECRETS:
            assert secret not in ended.stdout + ended.stderr, words


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("results", "train.py", "--datastore"),
        ("results", "train.py", "latest", "--datastore"),
        ("du", "--datastore"),
        ("gc", "--delete", "--datastore"),
    ],
    ids=" ".join,
)
def test_a_bucket_that_does_not_exist_is_no_empty_store(run: Run, words: tuple[str, ...]) -> None:
    ended = run(*words, "s3://no-such-bucket/x")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("DatastoreError: Datastore s3://no-such-bucket/x does not exist: The specified bucket")


def test_a_refused_credential_is_an_error_without_it(run: Run) -> None:
    code = (
        "from laminar.configurations.datastores import AWS\n"
        "from laminar.configurations.datastores.storage import retrying_filesystem\n"
        "retrying_filesystem.SECONDS = 1\n"
        "store = AWS.S3('s3://laminar/x', key='AKIAINPROGRAM', secret='secret-in-program', endpoint_url='http://127.0.0.1:9')\n"
        "print(repr(store))\n"
        "store.write(b'x' * 9000)"
    )
    ended = run(code=code, AWS_MAX_ATTEMPTS="1")
    assert ended.returncode == 1
    assert "DatastoreError" in ended.stderr
    assert "s3://laminar/x" in ended.stderr
    for secret in SECRETS:
        assert secret not in ended.stdout + ended.stderr.partition("laminar.exceptions.DatastoreError")[2]


@pytest.mark.slow
def test_gc_and_du_work_on_s3(run: Run) -> None:
    assert "\ntotal\t" in run("du", "--datastore", "s3://laminar/store").stdout
    ended = run("gc", "--datastore", "s3://laminar/store", "--delete")
    assert (ended.returncode, "removed 0 executions and 0 artifacts" in ended.stderr) == (0, True)


@pytest.mark.slow
def test_a_report_of_a_run_is_written_from_the_store_and_holds_no_credential(run: Run) -> None:
    ended = run("report", "train.py", "one", "-o", "page.html")
    assert ended.returncode == 0, ended.stderr
    page = run(code="print(open('page.html').read())").stdout
    assert "s3://laminar/store" in page
    assert "Make" in page
    for secret in SECRETS:
        assert secret not in page
