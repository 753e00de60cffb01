"""Time whole commands that turn a linear flow into YAML: ``laminar compile``, and the same tasks written with Hera by hand.

Bytes a layer are of minified JSON. python tests/bench/compiling.py [RUNS]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml
from _process import ENVIRONMENT, busy, report

SIZES = (10, 150, 1000)

HERA = """\
import sys
from hera.workflows import DAG, Container, Parameter, Task, Workflow
from hera.workflows.models import Parameter as P
with Workflow(generate_name="flow-", entrypoint="flow") as workflow:
    layer = Container(name="layer", image="python", command=["python"], inputs=[Parameter(name="layer")])
    with DAG(name="flow"):
        before = None
        for number in range({size}):
            task = Task(name=f"L{{number}}", template=layer, arguments={{"layer": f"L{{number}}"}})
            if before is not None:
                before >> task
            before = task
sys.stdout.write(workflow.to_yaml())
"""


def program(size: int, *, rows_of: int | None = None) -> str:
    """Return a flow of so many layers in a row, or in rows of so many layers beside each other."""
    lines = ["from laminar import Flow, Layer", "class Row(Flow): ..."]
    for number in range(size):
        is_first = number == 0 if rows_of is None else number % rows_of == 0
        parameters = "self" if is_first else f"self, before: L{number - 1}"
        lines += ["@Row.register", f"class L{number}(Layer):", f"    def __call__({parameters}) -> None: ..."]
    return "\n".join([*lines, "if flow := Row():", "    flow()", ""])


def used(command: list[str], folder: Path) -> tuple[float, float]:
    """Return the seconds of CPU of a command, and the most memory that it had, in MB."""
    program = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, text=True
    )
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def took(command: list[str], folder: Path) -> tuple[float, str]:
    """Return the seconds of a command and its output."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout


def size_of(text: str) -> int:
    """Return the bytes of a document as minified JSON."""
    return len(json.dumps(yaml.safe_load(text), separators=(",", ":")).encode())


def main() -> None:
    """Print medians, ratios and sizes."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(busy())
    with tempfile.TemporaryDirectory() as name:
        folder, sizes = Path(name), {}
        for size in SIZES:
            (folder / "row.py").write_text(program(size))
            (folder / "by_hand.py").write_text(HERA.format(size=size))
            ours, theirs = [], []
            commands = [
                [sys.executable, "-m", "laminar", "compile", "row.py", "--datastore", "s3://b/p"],
                [sys.executable, "by_hand.py"],
            ]
            for run in range(runs + 1):
                seconds, text = took(commands[0], folder)
                other, _ = took(commands[1], folder)
                if run:  # the first one compiles modules
                    ours.append(seconds)
                    theirs.append(other)
            sizes[size] = size_of(text)
            mine, hera = statistics.median(ours), statistics.median(theirs)
            cpu, its = (statistics.median(used(command, folder)[0] for _ in range(3)) for command in commands)
            shown = f"{mine:.2f} s, {mine / hera:.2f} of Hera's process"
            report(f"laminar compile, {size} layers", shown, "0.2 s, 0.3 of Hera's process" if size == 150 else "-")
            print(f"    {cpu:.2f} s of processor time, {cpu / its:.2f} of Hera's {its:.2f}; {sizes[size]} bytes of JSON")
    report("a layer more", f"{(sizes[150] - sizes[10]) / 140:.0f} bytes of JSON", "200")
    growth(runs)


def growth(runs: int) -> None:
    """Print the cost of many layers, and its growth; 10,000 with edges between them are more than 1 MiB."""
    cpu: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size, rows_of in ((1000, None), (4000, None), (10_000, 1)):
            (folder / "row.py").write_text(program(size, rows_of=rows_of))
            command = [sys.executable, "-m", "laminar", "compile", "row.py", "--datastore", "s3://b/p"]
            measured = [used(command, folder) for _ in range(min(runs, 3))]
            cpu[size] = statistics.median(seconds for seconds, _ in measured)
            shown = f"{cpu[size]:.2f} s of processor time, {max(memory for _, memory in measured):.0f} MB"
            report(f"laminar compile, {size:,} layers", shown, "4 s, 300 MB" if size == 10_000 else "-")
    report("4,000 layers against 1,000", f"{cpu[4000] / cpu[1000]:.1f} x", "4.8 x")


if __name__ == "__main__":
    main()
