"""A drawn flow leaves the same values, documents and skips in threads, in processes, and when it is killed and resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.drawn_flows import DrawnFlow, DrawnLayer, drawn_flows, source

DIAMOND = DrawnFlow(
    (
        DrawnLayer(count=3),
        DrawnLayer(needs=(0,), fan_out=((0, None),), fails=1, attempts=3),
        DrawnLayer(needs=(0,), entry="no"),
        DrawnLayer(needs=(1, 2), entry="any", fan_out=((1, None),)),
        DrawnLayer(needs=(2,), fan_out=((-1, None),)),
        DrawnLayer(needs=(1, 3), fails=9, caught=True),
    )
)
FAILING = DrawnFlow(
    (DrawnLayer(count=2), DrawnLayer(needs=(0,), fan_out=((0, None), (-1, None)), fails=9), DrawnLayer((1,)), DrawnLayer((0,)))
)
MISSING_SPLIT = DrawnFlow(
    (DrawnLayer(count=1), DrawnLayer((0,), ((0, None),)), DrawnLayer((1,), ((1, 1),)), DrawnLayer((2,)), DrawnLayer((1,)))
)


def start(folder: Path, kind: str, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "main.py", kind, str(folder / ("thread" if kind == "thread" else variables.pop("STORE", "store")))]
    environment = {**os.environ, **variables}
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def result(process: subprocess.Popen[str]) -> Any:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def kill_at(process: subprocess.Popen[str], folder: Path, documents: int) -> None:
    """Kill a run when it has left this many documents, or let it come to its end."""
    while process.poll() is None and len(list(folder.glob("Drawn/executions/one/*/*.json"))) < documents:
        time.sleep(0.002)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Return the places where two results differ, with both values."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return [] if one == other else [f"{place}: {one!r}, not {other!r}"]
    names = sorted({*one, *other})
    return [line for name in names for line in differences(one.get(name), other.get(name), f"{place}/{name}")]


FEW = settings(max_examples=settings().max_examples // 3)
"""Each example is four programs."""


@pytest.mark.slow
@FEW
@example(DIAMOND, 5)
@example(FAILING, 3)
@example(MISSING_SPLIT, 2)
@given(drawn_flows(), st.integers(1, 12))
def test_threads_processes_and_a_killed_and_resumed_run_leave_the_same(flow, documents):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.py").write_text(source(flow))
        runs = [start(folder, "thread"), start(folder, "process")]
        kill_at(start(folder, "process", STORE="killed", SLOW="0.01"), folder / "killed", documents)
        threads, processes = map(result, runs)
        assert differences(processes, threads) == []
        assert differences(result(start(folder, "resume", STORE="killed")), threads) == []
