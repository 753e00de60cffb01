"""Time the same work with laminar, plain Python and other tools, each in an environment of its own, in turn; print one table.

The first run installs the tools from PyPI below ``.venv-peers``. A tool that cannot be installed, or that does not do some work, is
named below the table with the reason. python tests/bench/peers.py [TOOL ...]
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _peer_programs import PROGRAMS
from _process import ENVIRONMENT, busy

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".venv-peers"
PACKAGES = {"Metaflow": "metaflow", "KFP": "kfp", "Prefect": "prefect", "Hera": "hera[yaml]"}
LIMIT = 300
"""Seconds after which a run counts as too long."""
TURNS = 3
LONG = 8.0
"""Seconds from which on one run has to do."""


def install(name: str) -> str | None:
    """Return the interpreter of a tool's environment, made where there is none; None where that fails."""
    folder = PLACE / name.lower()
    python = str(folder / "bin" / "python")
    if (folder / "ready").exists():
        return python
    uv = shutil.which("uv")
    make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable] if uv else [sys.executable, "-m", "venv", "--clear"]
    add = [uv, "pip", "install", "--quiet", "--python", python] if uv else [python, "-m", "pip", "install", "--quiet"]
    try:
        for command in ([*make, str(folder)], [*add, PACKAGES[name], "setuptools<81"]):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=900)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"{name} was not installed: {(getattr(error, 'stderr', '') or str(error)).strip().splitlines()[-1]}", flush=True)
        return None
    (folder / "ready").touch()
    return python


def version(python: str, name: str) -> str:
    """Return the version of a tool that is installed."""
    code = f"import importlib.metadata as m; print(m.version({PACKAGES[name].partition('[')[0]!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def took(python: str, tool: str, program: str, words: tuple[str, ...], folder: Path) -> float | str:
    """Run a program in a folder and return its seconds, or why it did not end well."""
    (folder / "main.py").write_text(program)
    command = [python, "main.py", *words]
    if words == ("compile",):
        command = [python, "-m", "laminar", "compile", "main.py", "--datastore", "s3://bucket/prefix"]
    path = f"{os.path.dirname(python)}{os.pathsep}{os.environ.get('PATH', '')}"  # KFP starts python3 by its name
    homes = {
        "PATH": path,
        "HOME": str(folder),
        "USERNAME": "bench",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
    }
    quiet = {
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "DO_NOT_TRACK": "1",
        "METAFLOW_DEFAULT_DATASTORE": "local",
    }
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=folder, env={**ENVIRONMENT, **homes, **quiet}, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {LIMIT} s"
    seconds = time.perf_counter() - start
    if done.returncode:
        text = re.sub("\x1b\\[[0-9;]*m", "", done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}")
        return text.splitlines()[-1][:160]
    return seconds


def measure(pythons: dict[str, str]) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Return the medians by work and tool, and the failed comparisons."""
    found: dict[str, dict[str, float]] = {}
    missing = []
    for work, programs in PROGRAMS.items():
        runs: dict[str, list[float]] = {}
        failed = {tool: "it does no such work" for tool in pythons if tool not in programs}
        for turn in range(TURNS + 1):
            for tool, (program, words) in programs.items():
                if tool not in pythons or tool in failed or (turn > 1 and runs[tool][0] > LONG):
                    continue
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                    seconds = took(pythons[tool], tool, program, words, Path(folder))
                if isinstance(seconds, str):
                    failed[tool] = seconds
                elif turn:  # the first run compiles modules
                    runs.setdefault(tool, []).append(seconds)
        found[work] = {tool: statistics.median(each) for tool, each in runs.items()}
        missing += [f"{work}, {tool}: {why}" for tool, why in failed.items()]
    return found, missing


def main() -> None:
    """Print the table."""
    chosen = sys.argv[1:] or list(PACKAGES)
    pythons = {"laminar": sys.executable, "plain Python": sys.executable}
    with contextlib.suppress(KeyboardInterrupt):
        pythons.update({name: python for name in chosen if (python := install(name)) is not None})
    found, missing = measure(pythons)
    tools = list(pythons)
    print(f"Seconds of a whole process, medians of {TURNS} runs in turn (one where it takes over {LONG:.0f} s); {busy()}")
    print(", ".join(f"{name} {version(pythons[name], name)}" for name in tools[2:]) + f"; Python {sys.version.split()[0]}\n")
    print("| work | " + " | ".join(tools) + " | laminar / plain Python |")
    print("|---|" + "---|" * (len(tools) + 1))
    for work, seconds in found.items():
        cells = [f"{seconds[tool]:.2f}" if tool in seconds else "-" for tool in tools]
        ratio = f"{seconds['laminar'] / seconds['plain Python']:.1f}" if {"laminar", "plain Python"} <= set(seconds) else "-"
        print(f"| {work} | " + " | ".join(cells) + f" | {ratio} |")
    print("\nNot compared:")
    for line in missing:
        print(f"- {line}")


if __name__ == "__main__":
    os.makedirs(PLACE, exist_ok=True)
    main()
