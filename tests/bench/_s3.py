"""Give benchmarks a server that speaks S3, which runs in a process of its own on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from laminar.configurations.datastores import AWS, DataStore


@contextmanager
def server() -> Iterator[DataStore]:
    """Run a server that speaks S3 and give a store on it."""
    import boto3

    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
    command = [sys.executable, "-m", "moto.server", "-p", "0", "-H", "127.0.0.1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        assert running.stderr is not None
        url = next(match[0] for line in running.stderr if (match := re.search(r"http://127\.0\.0\.1:\d+", line)))
        drain = subprocess.Popen(["cat"], stdin=running.stderr, stdout=subprocess.DEVNULL)
        os.environ["AWS_ENDPOINT_URL"] = url
        boto3.client("s3").create_bucket(Bucket="bench")
        yield AWS.S3("s3://bench/store")
        running.terminate()
        drain.wait()
