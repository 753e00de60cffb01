"""Time fan-outs: with processes beside a bare loop of fork, pipe and wait; in batches; with threads in memory.

A fan-out and the bare loop run in turn in one process, so that a busy machine slows both. Memory of the scheduling process and of
the server grows by less than 1 KB a split. python tests/bench/fan_out.py [ROW ...]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _process import ENVIRONMENT, busy, report

PROGRAM = """\
import json, os, resource, sys, time
from laminar import Flow, Layer, Parameters
from laminar.configurations.executors import Process, Thread
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.layers import ForEach, Parameter

kind, sizes, batch, turns = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])

class Wide(Flow): ...

@Wide.register
class Make(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.n))

@Wide.register(foreach=ForEach([Parameter(Make, "rows")], batch=batch))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        self.value = make.rows * 2

@Wide.register
class Join(Layer):
    def __call__(self, use: Use) -> None:
        self.total = sum(use.value)

def bare(n, at_once):
    # fork, read a pipe, wait
    running = []
    for _ in range(n):
        if len(running) == at_once:
            finish(running.pop(0))
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writing, b"x")
            os._exit(0)
        os.close(writing)
        running.append((pid, reading))
    for each in running:
        finish(each)

def finish(child):
    pid, reading = child
    os.read(reading, 1)
    os.close(reading)
    os.waitpid(pid, 0)

def used():
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime

def timed(call):
    start, before = time.perf_counter(), used()
    call()
    return time.perf_counter() - start, used() - before

def run(n):
    total = flow(n=n).layer(Join).total
    assert total == n * (n - 1)

settings = {"executor": Process(), "datastore": Local("store")}
if kind == "thread":
    settings = {"executor": Thread(), "datastore": Memory()}
if flow := Wide(**settings):
    flow(n=10)
    rows = []
    for n in sizes:
        for _ in range(turns):
            alone = timed(lambda: bare(n, flow.configuration.executor.concurrency)) if kind == "process" else (0, 0)
            took = timed(lambda: run(n))
            memory = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
            rows.append({"splits": n, "alone": alone, "took": took, "memory": memory})
    print(json.dumps(rows))
"""


def measure(kind: str, sizes: list[int], *, batch: int = 1, turns: int = 3) -> list[dict[str, Any]]:
    """Run the flow in a folder of its own and return its rows."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(PROGRAM)
        command = [sys.executable, "main.py", kind, json.dumps(sizes), str(batch), str(turns)]
        done = subprocess.run(
            command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
        )
        rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
        return rows


def middle(rows: list[dict[str, Any]], splits: int, what: str, place: int = 0) -> float:
    """Return the median of a figure over the runs of one size."""
    return statistics.median(row[what][place] for row in rows if row["splits"] == splits)


def process() -> None:
    """Fan out over processes, beside the bare loop."""
    rows = measure("process", [1000], turns=5)
    ratio = statistics.median(row["took"][0] / row["alone"][0] for row in rows)
    processor = statistics.median(row["took"][1] / row["alone"][1] for row in rows)
    each = f"{middle(rows, 1000, 'took'):.2f} ms a split, {middle(rows, 1000, 'took', 1):.2f} of processor time"
    report("fan-out of 1,000 and join, processes, on disk", f"{ratio:.1f} x the bare loop", "2.5 x the bare loop")
    print(
        f"    {each}; the bare loop {middle(rows, 1000, 'alone'):.2f} and {middle(rows, 1000, 'alone', 1):.2f}: {processor:.1f} x"
    )


def growth() -> None:
    """Compare the memory and the time of 1,000 and of 5,000 splits."""
    rows = measure("process", [1000, 5000], turns=1)
    ratio = middle(rows, 5000, "took", 1) / middle(rows, 1000, "took", 1)
    memory = [middle(rows, 5000, "memory", place) - middle(rows, 1000, "memory", place) for place in (0, 1)]
    shown = f"{ratio:.1f} x, {memory[0] * 256:.0f} + {memory[1] * 256:.0f} bytes a split"
    report("5,000 splits against 1,000, processor time and memory", shown, "6 x, 1,024 bytes a split")


def batch() -> None:
    """Fan out in batches."""
    rows = measure("batch", [1000], batch=50)
    report("fan-out of 1,000 and join, batch=50", f"{middle(rows, 1000, 'took'):.2f} s", "0.5 s")


def batch_of_500() -> None:
    """Fan out over 100,000 splits in batches."""
    rows = measure("batch", [10_000, 100_000], batch=500, turns=1)
    first, last = middle(rows, 10_000, "took", 1), middle(rows, 100_000, "took", 1)
    shown = f"{middle(rows, 100_000, 'took'):.0f} s, {last / first:.1f} x 10,000's processor time"
    report("fan-out of 100,000 and join, batch=500", shown, "60 s, 12 x 10,000's")


def thread() -> None:
    """Fan out over threads, in memory."""
    rows = measure("thread", [1000, 10_000, 100_000], turns=1)
    for splits in (1000, 10_000, 100_000):
        took = middle(rows, splits, "took") / splits * 1000
        shown = f"{took:.2f} ms a split ({middle(rows, splits, 'took', 1) / splits * 1000:.2f} of processor time)"
        report(f"fan-out of {splits:,} and join, threads, in memory", shown, "0.3 ms a split")
    ratio = middle(rows, 100_000, "took", 1) / middle(rows, 1000, "took", 1)
    memory = middle(rows, 100_000, "memory")
    report("100,000 against 1,000, processor time; peak memory", f"{ratio:.0f} x, {memory:.0f} MB", "120 x, 300 MB")


ROWS = {"process": process, "growth": growth, "batch": batch, "batch_of_500": batch_of_500, "thread": thread}


def main() -> None:
    """Print the rows that are named, or all."""
    print(busy())
    for name in sys.argv[1:] or ROWS:
        ROWS[name]()


if __name__ == "__main__":
    main()
