"""Time and memory of fan-outs: 1,000 and 10,000 splits on processes, side by side.

Ten times the splits may take at most 12 times as long, and add less than 1 KB a split to the scheduling process and to the
server. python tests/bench/fan_out.py [SPLITS ...]
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """\
import json, os, resource, sys, time
from laminar import Flow, Layer, Parameters
from laminar.configurations.executors import Process, Thread
from laminar.configurations.datastores import Memory
from laminar.configurations.layers import ForEach, Parameter

class Wide(Flow): ...

@Wide.register
class Make(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.n))

@Wide.register(foreach=ForEach([Parameter(Make, "rows")]))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        self.value = make.rows * 2

@Wide.register
class Join(Layer):
    def __call__(self, use: Use) -> None:
        self.total = sum(use.value)

def resident(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

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

if flow := Wide(executor=Process()):
    n = int(sys.argv[1])
    flow(n=10)
    start = time.perf_counter()
    bare(n, flow.configuration.executor.concurrency)
    alone = time.perf_counter() - start
    start = time.perf_counter()
    total = flow(n=n).layer(Join).total
    took = time.perf_counter() - start
    assert total == n * (n - 1)
    server = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({"seconds": took, "scheduler": resident(os.getpid()), "server": server, "bare": alone}))
"""


def measure(splits: int) -> dict[str, float]:
    """Run the flow once in a folder of its own, and return seconds and peak memory in KB."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(PROGRAM)
        command = [sys.executable, "main.py", str(splits)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        measured["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return measured


def main() -> None:
    """Print a line for each size, the medians of its runs, and the ratio of the outer ones."""
    sizes = [int(word) for word in sys.argv[1:]] or [1000, 10000]
    medians = []
    for splits in sizes:
        runs = [measure(splits) for _ in range(3 if splits <= 1000 else 2)]
        medians.append({name: statistics.median(run[name] for run in runs) for name in runs[0]})
        seconds = medians[-1]["seconds"]
        memory = f"peak {medians[-1]['scheduler']:,.0f} KB here, {medians[-1]['server']:,.0f} KB in the server"
        each = f"{seconds / splits * 1000:5.2f} ms a split, {medians[-1]['cpu'] / splits * 1000:5.2f} ms of processor time"
        ratio = f"{seconds / medians[-1]['bare']:.1f} times a bare loop of fork, pipe, wait"
        print(f"{splits:6} splits: {seconds:7.2f} s, {ratio},", flush=True)
        print(f"       {each}, {memory} ({os.cpu_count()} CPUs)", flush=True)
    first, last = medians[0], medians[-1]
    more = sizes[-1] - sizes[0]
    if more:
        print(f"time ratio {last['seconds'] / first['seconds']:.1f} (at most 12 for ten times the splits)", end=", ")
        print(f"of processor time {last['cpu'] / first['cpu']:.1f}, which a busy machine changes less")
        for name in ("scheduler", "server"):
            print(f"{name}: {(last[name] - first[name]) * 1024 / more:.0f} bytes a split (less than 1024)")


if __name__ == "__main__":
    main()
