"""Time ten layers in a row, each reading the one before: the cost of a layer beyond its own work.

python tests/bench/in_a_row.py [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from _process import ENVIRONMENT, busy, report

HEAD = """\
import sys, time
from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread

class Row(Flow): ...
"""
LAYER = """
@Row.register
class L{place}(Layer):
    def __call__(self{needs}) -> None:
        self.value = {value}
"""
TAIL = """
settings = {"datastore": Memory(), "executor": Thread()} if sys.argv[1:] == ["thread"] else {}
if flow := Row(**settings):
    start = time.perf_counter()
    first = flow()
    behind = time.perf_counter()
    flow()
    print(behind - start, time.perf_counter() - behind, first.layer(L9).value)
"""


def program() -> str:
    """Return a flow of ten layers."""
    layers = [
        LAYER.format(place=place, needs=f", before: L{place - 1}" if place else "", value="before.value + 1" if place else 0)
        for place in range(10)
    ]
    return HEAD + "".join(layers) + TAIL


def main() -> None:
    """Print the medians of a first run, which starts the server, and of a second one."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print(busy())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(program())
        for kind in ("process", "thread"):
            firsts, seconds = [], []
            for _ in range(runs + 1):
                command = [sys.executable, "main.py", kind]
                done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
                first, second, _ = done.stdout.split()
                firsts.append(float(first) * 1000)
                seconds.append(float(second) * 1000)
            again = statistics.median(seconds[1:])  # the first run compiles modules
            shown = f"{statistics.median(firsts[1:]):.0f} ms, again in the same program {again:.0f} ms"
            report(f"ten layers in a row, {kind}", shown, "120 ms" if kind == "process" else "-")


if __name__ == "__main__":
    main()
