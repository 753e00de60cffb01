"""Time the datastore beside plain files: a large array, many small shards, a wide join, a layer with 20 small attributes.

On a disk and on a server that speaks S3, which runs in a process of its own on this machine. python tests/bench/datastore.py [PART]
with a PART of 0.1 makes everything a tenth as large; on the S3 server it is a tenth of that anyway.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from laminar.configurations.datastores import AWS, DataStore, Local, Record

GIB = 1 << 30


def main() -> None:
    """Print one line for each thing measured."""
    part = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory() as folder:
        store = Local(str(Path(folder, "store")))
        array(store, part, Path(folder, "plain"))
        shards(store, part, Path(folder, "plain"))
        join(store, part)
        attributes(store)
    with server() as bucket:
        array(bucket, part / 10, None)
        shards(bucket, part / 10, None)
        join(bucket, part / 10)
        attributes(bucket)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that a call takes, and what it returns."""
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found


def say(store: DataStore, what: str, text: str) -> None:
    print(f"{type(store).__name__:6} {what:34} {text}", flush=True)


def array(store: DataStore, part: float, plain: Path | None) -> None:
    """Write and read an array of a GiB, and the same bytes by open, write and read; the best of three, as the disk varies."""
    value = np.random.default_rng(1).random(int(GIB * part) // 8)
    data = memoryview(value).cast("B")
    writes, reads, plain_writes, plain_reads = [], [], [], []
    for number in range(3 if plain else 1):
        value[0] = number
        if plain is not None:
            plain_writes.append(timed(partial(write_plain, plain, data))[0])
            plain_reads.append(timed(partial(read_plain, plain))[0])
            plain.unlink()
        seconds, artifact = timed(partial(store.write, value))
        writes.append(seconds)
        seconds, found = timed(partial(store.read, artifact))
        reads.append(seconds)
        assert np.array_equal(found, value)
        del found
        store.delete("artifacts")
    for what, own, others in (("write", writes, plain_writes), ("read", reads, plain_reads)):
        rate = len(data) / min(own) / 1e6
        beside = f", {min(others) / min(own):.0%} of plain ({len(data) / min(others) / 1e6:.0f} MB/s)" if others else ""
        say(store, f"array of {len(data) >> 20} MiB, {what}", f"{rate:.0f} MB/s{beside}")


def write_plain(path: Path, data: memoryview) -> None:
    with open(path, "wb") as file:
        file.write(data)


def read_plain(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def shards(store: DataStore, part: float, plain: Path | None) -> None:
    """Write and read small elements of a sharded attribute."""
    count = int(100_000 * part)
    seconds, artifact = timed(lambda: store.shard({"number": number, "text": "x" * 40} for number in range(count)))
    say(store, f"{count} shards, write", f"{count / seconds:.0f}/s")
    seconds, found = timed(lambda: sum(row["number"] for row in store.read(artifact)))
    say(store, f"{count} shards, read", f"{count / seconds:.0f}/s")
    assert found == count * (count - 1) // 2
    if plain is not None:
        plain.mkdir()
        seconds, _ = timed(lambda: [Path(plain, str(number)).write_bytes(b"x" * 60) for number in range(count // 10)])
        say(store, f"{count // 10} files of 60 bytes, plain write", f"{count // 10 / seconds:.0f}/s")
        shutil.rmtree(plain)


def join(store: DataStore, part: float) -> None:
    """Read the documents of all splits of a fan-out, and one attribute of each."""
    splits = int(10_000 * part)
    artifacts = {"rows": store.write([1, 2, 3])}
    record = Record(flow="F", execution="e", layer="L", splits=splits, artifacts=artifacts)
    whole = record.to_json().encode()
    for first in range(0, splits, 500):
        some = range(first, min(first + 500, splits))
        store.put_many([(f"F/executions/e/L/{index}.json", (whole,)) for index in some])
    seconds, records = timed(lambda: store.records("F", "e", "L"))
    assert len(records) == splits
    flat = store.accessor([found.artifacts["rows"] for found in records.values()])
    more, total = timed(lambda: sum(len(rows) for rows in flat))
    assert total == splits * 3
    say(store, f"join of {splits} splits", f"{seconds:.2f} s for the documents, {more:.2f} s for a value of each")


def attributes(store: DataStore) -> None:
    """Write and read a layer's 20 small attributes."""
    values = {f"x{number}": list(range(number)) for number in range(20)}

    def write() -> None:
        with store.together() as gathered:
            artifacts = {name: gathered.write(value) for name, value in values.items()}
        store.save(Record(flow="F", execution="a", layer="L", artifacts=artifacts))

    def read() -> None:
        record = store.load("F", "a", "L", 0)
        assert record is not None
        assert {name: store.read(artifact) for name, artifact in record.artifacts.items()} == values

    for what, call in (("write", write), ("read", read)):
        say(store, f"20 attributes, {what}", f"{min(timed(call)[0] for _ in range(20)) * 1000:.2f} ms")


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


if __name__ == "__main__":
    main()
