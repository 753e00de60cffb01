"""Time what every command and pod waits for: importing laminar, and the runner's start of a layer, above a bare Python.

The import may take 60 ms more than ``python -c pass``; the runner starts a layer of a small program on a local datastore within
100 ms of the interpreter's start, on an idle machine. python tests/bench/starting.py [RUNS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = """\
import time
from laminar import Flow, Layer

class Small(Flow): ...

@Small.register
class Only(Layer):
    def __call__(self) -> None:
        with open("started", "w") as file:
            file.write(repr(time.time()))

if flow := Small():
    flow()
"""


def processor(command: list[str], folder: str) -> float:
    """Return the processor time of a command, in ms: a busy machine changes it less."""
    before = os.times()
    subprocess.run(command, cwd=folder, check=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) * 1000


def took(command: list[str], folder: str, variables: dict[str, str]) -> float:
    """Return how long a command takes, in ms."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, env={**os.environ, **variables}, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def layer_started(folder: str, run: int) -> float:
    """Return the ms from starting the runner to the first line of the layer."""
    variables = {"LAMINAR_EXECUTION_ID": f"run-{run}", "LAMINAR_DATASTORE": f"{folder}/store"}
    command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Small", "--layer", "Only"]
    start = time.time()
    subprocess.run(command, cwd=folder, env={**os.environ, **variables}, check=True)
    return (float((Path(folder) / "started").read_text()) - start) * 1000


def main() -> None:
    """Print the medians."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(PROGRAM)
        bare, imported, started = [], [], []
        pure, more = [], []
        for run in range(runs):
            bare.append(took([sys.executable, "-c", "pass"], folder, {}))
            imported.append(took([sys.executable, "-c", "import laminar"], folder, {}))
            started.append(layer_started(folder, run))
            pure.append(processor([sys.executable, "-c", "pass"], folder))
            more.append(processor([sys.executable, "-c", "import laminar"], folder))
    python = statistics.median(bare)
    print(f"python -c pass: {python:.0f} ms")
    used = statistics.mean(more) - statistics.mean(pure)
    print(f"import laminar: {statistics.median(imported) - python:.0f} ms more (at most 60), {used:.0f} ms of processor time")
    print(f"runner to layer: {statistics.median(started):.0f} ms from the interpreter's start (at most 100 when idle)")


if __name__ == "__main__":
    main()
