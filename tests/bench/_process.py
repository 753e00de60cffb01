"""Run commands as users do: with compiled modules at hand, which some environments never write."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["ENVIRONMENT", "PASS", "Used", "median", "of", "report"]

_folder = tempfile.TemporaryDirectory(prefix="laminar-bench-")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")}
ENVIRONMENT["PYTHONPYCACHEPREFIX"] = _folder.name
"""Environment of the measured commands. Modules are compiled once, to a folder of this process, by an uncounted first run."""

PASS = [sys.executable, "-c", "pass"]


class Used(NamedTuple):
    """Cost of a command: seconds on the clock, seconds of processor time with its children, MB of its largest process."""

    seconds: float
    processor: float
    megabytes: float


def of(command: Sequence[str], folder: str, **variables: str) -> Used:
    """Run a command in a folder and return its cost."""
    program = (
        "import resource, subprocess, sys, time\n"
        "start = time.perf_counter()\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)\n"
        "took = time.perf_counter() - start\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "sys.stderr.buffer.write(done.stderr[-2000:] if done.returncode else b'')\n"
        "print(took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
        "sys.exit(done.returncode)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Used(*map(float, done.stdout.split()))


def median(runs: Sequence[Used]) -> Used:
    """Return the medians of several runs."""
    return Used(*(statistics.median(values) for values in zip(*runs, strict=True)))


def report(what: str, measured: str, target: str) -> None:
    """Print a row: the measurement, and the target."""
    print(f"{what:58} {measured:34} target: {target}", flush=True)


def own_memory() -> float:
    """Return the most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def busy() -> str:
    """Return how busy the machine is: times on the clock count for little where it is."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs, {time.strftime('%Y-%m-%d')}"
