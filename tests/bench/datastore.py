"""Time the datastore beside plain files and Metaflow's: a large array, many small shards, a wide join, 20 small attributes.

On a disk and on a server that speaks S3, which runs in a process of its own on this machine. python tests/bench/datastore.py [PART]
with a PART of 0.1 makes everything a tenth as large; on the S3 server it is a tenth of that anyway. Medians of five runs. At
least 55 % of plain reads and writes are asked for on an idle machine, and 20,000 small shards a second on a disk.

Metaflow's local datastore, where it is installed, gets the same values by its own calls, in this process: an artifact for each
shard, as it has none, and a tenth as many of these and of splits, as each takes it milliseconds.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _s3 import server

from laminar.configurations.datastores import DataStore, Local, Record

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
        durable(folder)
        if importlib.util.find_spec("metaflow") is not None:
            metaflow(folder, part)
    with server() as bucket:
        array(bucket, part / 10, None)
        shards(bucket, part / 10, None)
        join(bucket, part / 10)
        attributes(bucket)


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that a call takes, and its result."""
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found


def say(store: object, what: str, text: str) -> None:
    name = store if isinstance(store, str) else type(store).__name__
    print(f"{name:8} {what:34} {text}", flush=True)


def array(store: DataStore, part: float, plain: Path | None) -> None:
    """Write and read an array of a GiB, and the same bytes by open, write and read, in turn."""
    value = np.random.default_rng(1).random(int(GIB * part) // 8)
    data = memoryview(value).cast("B")
    writes, reads, plain_writes, plain_reads = [], [], [], []
    for number in range(5):
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
        rate, beside = len(data) / median(own) / 1e6, ""
        if others:
            ratio = median(other / one for other, one in zip(others, own, strict=True))
            beside = f", {ratio:.0%} of plain ({len(data) / median(others) / 1e6:.0f} MB/s)"
        say(store, f"array of {len(data) >> 20} MiB, {what}", f"{rate:.0f} MB/s{beside}")


def write_plain(path: Path, data: memoryview) -> None:
    with open(path, "wb") as file:
        file.write(data)


def read_plain(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def shards(store: DataStore, part: float, plain: Path | None) -> None:
    """Write and read small elements of a sharded attribute."""
    count, writes, reads = int(100_000 * part), [], []
    for turn in range(5):
        seconds, artifact = timed(lambda turn=turn: store.shard(row(number + turn) for number in range(count)))
        writes.append(seconds)
        seconds, found = timed(lambda artifact=artifact: sum(element["number"] for element in store.read(artifact)))
        reads.append(seconds)
        assert found == count * (count - 1) // 2 + turn * count
    say(store, f"{count} shards, write", f"{count / median(writes):.0f}/s")
    say(store, f"{count} shards, read", f"{count / median(reads):.0f}/s")
    if plain is not None:
        plain.mkdir()
        seconds, _ = timed(lambda: [Path(plain, str(number)).write_bytes(b"x" * 60) for number in range(count // 10)])
        say(store, f"{count // 10} files of 60 bytes, plain write", f"{count // 10 / seconds:.0f}/s")
        shutil.rmtree(plain)


def row(number: int) -> dict[str, Any]:
    """Return a small element."""
    return {"number": number, "text": "x" * 40}


def join(store: DataStore, part: float) -> None:
    """Read the documents of all splits of a fan-out, and one attribute of each."""
    splits = int(10_000 * part)
    artifacts = {"rows": store.write([1, 2, 3])}
    record = Record(flow="F", execution="e", layer="L", splits=splits, artifacts=artifacts)
    for first in range(0, splits, 500):
        some = (replace(record, index=index) for index in range(first, min(first + 500, splits)))
        store.put_many([(f"F/executions/e/L/{split.index}.json", (split.to_json().encode(),)) for split in some])
    listing, reading = [], []
    for _ in range(5):
        seconds, records = timed(lambda: store.records("F", "e", "L"))
        listing.append(seconds)
        assert len(records) == splits
        flat = store.accessor([found.artifacts["rows"] for found in records.values()])
        seconds, total = timed(lambda flat=flat: sum(len(rows) for rows in flat))
        reading.append(seconds)
        assert total == splits * 3
    say(
        store, f"join of {splits} splits", f"{median(listing):.2f} s for the documents, {median(reading):.2f} s for a value of each"
    )


def attributes(store: DataStore) -> None:
    """Write and read a layer's 20 small attributes."""
    values = twenty()

    def write() -> None:
        with store.write_batch() as gathered:
            artifacts = {name: gathered.write(value) for name, value in values.items()}
        store.save(Record(flow="F", execution="a", layer="L", artifacts=artifacts))

    def read() -> None:
        record = store.load("F", "a", "L", 0)
        assert record is not None
        assert {name: store.read(artifact) for name, artifact in record.artifacts.items()} == values

    for what, call in (("write", write), ("read", read)):
        say(store, f"20 attributes, {what}", f"{median([timed(call)[0] for _ in range(20)]) * 1000:.2f} ms")


def durable(folder: str) -> None:
    """Write documents with and without waiting for the disk."""
    for store in (Local(str(Path(folder, "plain-documents"))), Local(str(Path(folder, "durable-documents")), durable=True)):
        times = [timed(partial(store.save, Record(flow="F", execution="e", layer="L", index=index)))[0] for index in range(100)]
        say(store, f"document, durable={store.durable}", f"{median(times) * 1000:.3f} ms")


def twenty() -> dict[str, list[int]]:
    """Return the attributes of a layer."""
    return {f"x{number}": list(range(number)) for number in range(20)}


def metaflow(folder: str, part: float) -> None:
    """Do the same with the datastore of Metaflow, in a folder as well: tasks for layers and splits, artifacts for attributes."""
    from metaflow.datastore import FlowDataStore
    from metaflow.metaflow_environment import MetaflowEnvironment
    from metaflow.plugins.datastores.local_storage import LocalStorage

    options = {"metadata": None, "event_logger": None, "monitor": None, "storage_impl": LocalStorage}
    store = FlowDataStore("Bench", MetaflowEnvironment(None), ds_root=str(Path(folder, "metaflow")), **options)

    def write(step: str, task: int, values: dict[str, Any]) -> None:
        made = store.get_task_datastore("1", step, str(task), attempt=0, mode="w")
        made.init_task()
        made.save_artifacts(iter(values.items()))
        made.done()

    def read(step: str, task: int, names: Iterable[str]) -> dict[str, Any]:
        return dict(store.get_task_datastore("1", step, str(task), attempt=0, mode="r").load_artifacts(list(names)))

    value = np.random.default_rng(1).random(int(GIB * part) // 8)
    seconds, _ = timed(lambda: write("array", 1, {"value": value}))
    say("Metaflow", f"array of {value.nbytes >> 20} MiB, write", f"{value.nbytes / seconds / 1e6:.0f} MB/s (once)")
    seconds, found = timed(lambda: read("array", 1, ["value"]))
    say("Metaflow", f"array of {value.nbytes >> 20} MiB, read", f"{value.nbytes / seconds / 1e6:.0f} MB/s (once)")
    assert np.array_equal(found["value"], value)
    rows = {f"row{number}": row(number) for number in range(int(10_000 * part))}
    seconds, _ = timed(lambda: write("shards", 1, rows))
    say("Metaflow", f"{len(rows)} shards, write", f"{len(rows) / seconds:.0f}/s")
    seconds, found = timed(lambda: read("shards", 1, rows))
    say("Metaflow", f"{len(rows)} shards, read", f"{len(rows) / seconds:.0f}/s")
    splits = int(1000 * part)
    for split in range(splits):
        write("join", split, {"rows": [1, 2, 3]})
    seconds, tasks = timed(lambda: store.get_task_datastores("1", ["join"]))
    assert len(tasks) == splits
    more, total = timed(lambda: sum(len(dict(task.load_artifacts(["rows"]))["rows"]) for task in tasks))
    assert total == splits * 3
    say("Metaflow", f"join of {splits} splits", f"{seconds:.2f} s for the documents, {more:.2f} s for a value of each")
    writes = [timed(lambda turn=turn: write("attributes", turn, twenty()))[0] for turn in range(20)]
    reads = [timed(lambda turn=turn: read("attributes", turn, twenty()))[0] for turn in range(20)]
    say("Metaflow", "20 attributes, write", f"{median(writes) * 1000:.2f} ms")
    say("Metaflow", "20 attributes, read", f"{median(reads) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
