"""Time the start of every command and pod: importing laminar, and the runner's start of a layer, above a bare Python.

The import may take 60 ms more than ``python -c pass``; the runner starts a layer of a small program on a local datastore within
100 ms of the interpreter's start, on an idle machine. With a store on S3, a whole pod may take 100 ms more than a script that does
what s3fs has to: import it, open it, request a file that is absent and write one. python tests/bench/starting.py [RUNS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _process import ENVIRONMENT, PASS, busy, median, of, report
from _s3 import server

PROGRAM = """\
import time
loaded = time.time()
from laminar import Flow, Layer

class Small(Flow): ...

@Small.register
class Only(Layer):
    def __call__(self) -> None:
        self.small = 3
        with open("started", "w") as file:
            file.write(f"{loaded} {time.time()}")

if flow := Small():
    flow()
"""


def processor(command: list[str], folder: str) -> float:
    """Return the processor time of a command, in ms: a busy machine changes it less."""
    before = os.times()
    subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) * 1000


def took(command: list[str], folder: str, variables: dict[str, str]) -> float:
    """Return how long a command takes, in ms."""
    start = time.perf_counter()
    environment = {**ENVIRONMENT, **{name: os.environ[name] for name in os.environ if name.startswith("AWS_")}, **variables}
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def run_layer(folder: str, execution: str, store: str) -> list[float]:
    """Return the ms from starting the runner to the program's first line, to the layer's, and to the end of the process."""
    variables = {"LAMINAR_EXECUTION_ID": execution, "LAMINAR_DATASTORE": store}
    command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Small", "--layer", "Only"]
    start = time.time()
    aws = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
    subprocess.run(command, cwd=folder, env={**ENVIRONMENT, **aws, **variables}, check=True)
    ended = time.time()
    loaded, layer = map(float, (Path(folder) / "started").read_text().split())
    return [(moment - start) * 1000 for moment in (loaded, layer, ended)]


BARE = """\
import sys, s3fs
files = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
try:
    files.cat_file(f"bench/absent-{sys.argv[1]}", start=0)
except FileNotFoundError:
    pass
files.pipe_file(f"bench/bare-{sys.argv[1]}", b"x" * 500)
"""
"""The requests that every pod on S3 makes."""


def on_s3(folder: str, runs: int) -> None:
    """Print the times of a pod with a store on S3, part by part, and those of s3fs alone."""
    (Path(folder) / "bare.py").write_text(BARE)
    imported, bare, pods = [], [], []
    with server():
        for run in range(runs):
            imported.append(took([sys.executable, "-c", "import s3fs"], folder, {}))
            bare.append(took([sys.executable, "bare.py", str(run)], folder, {}))
            pods.append(run_layer(folder, f"run-{run}", "s3://bench/store"))
    loaded, layer, ended = (statistics.median(moments) for moments in zip(*pods, strict=True))
    more = statistics.median(pod[2] - alone for pod, alone in zip(pods, bare, strict=True))
    whole = statistics.median(bare)
    print(f"import s3fs: {statistics.median(imported):.0f} ms; s3fs alone, a read and a write on S3: {whole:.0f} ms")
    print(f"a pod on S3: {ended:.0f} ms, {more:+.0f} ms against s3fs alone (at most 100 more)")
    print(f"  interpreter, laminar, runner, to the program's first line: {loaded:.0f} ms")
    print(f"  program, s3fs and its connection, documents read, to the layer's first line: {layer - loaded:.0f} ms")
    print(f"  layer, its document written, end: {ended - layer:.0f} ms")


HEAVY = "import pandas, sklearn"
"""Imports of a program of data science; installed beside laminar for this measurement."""


def heavy(folder: str, runs: int) -> None:
    """Print what ``laminar run`` of a trivial layer takes beside the imports of its program alone."""
    if subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, check=False).returncode:
        print("a program that imports pandas and scikit-learn: not measured, as they are not installed")
        return
    (Path(folder) / "heavy.py").write_text(HEAVY + "\n" + PROGRAM)
    command = [sys.executable, "-m", "laminar", "run", "heavy.py"]
    alone = statistics.median(took([sys.executable, "-c", HEAVY], folder, {}) for _ in range(runs))
    whole = statistics.median(took(command, folder, {}) for _ in range(runs))
    limit = 1.15 * alone + 100
    print(f"laminar run, {HEAVY!r} in the program: {whole:.0f} ms, its imports alone {alone:.0f} ms (at most {limit:.0f})")


def commands(folder: str, runs: int) -> None:
    """Print the additional time of whole commands over a bare Python, run in turn with it."""
    laminar = [sys.executable, "-m", "laminar"]
    rows = (
        ("laminar run, one trivial layer", [*laminar, "run", "main.py"], "0.15 s more"),
        ("python main.py, the same program", [sys.executable, "main.py"], "-"),
        ("laminar --help", [*laminar, "--help"], "-"),
        ("laminar results", [*laminar, "results", "Small"], "-"),
    )
    for what, command, target in rows:
        of(command, folder)  # compiles modules
        pairs = [(of(command, folder), of(PASS, folder)) for _ in range(runs)]
        whole, bare = median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])
        shown = f"{whole.seconds - bare.seconds:.2f} s more than python -c pass"
        report(what, shown, target)
        print(f"    {whole.processor:.2f} s of processor time, python -c pass {bare.processor:.2f}")


def main() -> None:
    """Print the medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(busy())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(PROGRAM)
        commands(folder, min(runs, 9))
        bare, imported, started = [], [], []
        pure, more = [], []
        for run in range(runs):
            bare.append(took([sys.executable, "-c", "pass"], folder, {}))
            imported.append(took([sys.executable, "-c", "import laminar"], folder, {}))
            started.append(run_layer(folder, f"run-{run}", f"{folder}/store")[1])
            pure.append(processor([sys.executable, "-c", "pass"], folder))
            more.append(processor([sys.executable, "-c", "import laminar"], folder))
        python = statistics.median(bare)
        print(f"python -c pass: {python:.0f} ms")
        used = statistics.mean(more) - statistics.mean(pure)
        print(f"import laminar: {statistics.median(imported) - python:.0f} ms more (at most 60), {used:.0f} ms of processor time")
        print(f"runner to layer: {statistics.median(started):.0f} ms from the interpreter's start (at most 100 when idle)")
        heavy(folder, runs)
        on_s3(folder, runs)


if __name__ == "__main__":
    main()
