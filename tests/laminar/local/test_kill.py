"""A run that is killed leaves nothing torn and nobody behind, and is finished by --resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """\
import os, time
from laminar import Flow, Layer
from laminar.configurations.layers import ForEach, Parameter

class Work(Flow): ...

@Work.register
class Make(Layer):
    def __call__(self) -> None:
        self.shard(rows=range(6))

@Work.register(foreach=ForEach([Parameter(Make, "rows")]))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        with open("ran", "a") as file:
            file.write(f"{make.rows}\\n")
        open(f"pid-{os.getpid()}", "w").close()
        while make.rows >= 2 and not os.path.exists("go"):
            time.sleep(0.01)
        self.big = bytes([make.rows]) * 100_000

@Work.register
class Sum(Layer):
    def __call__(self, use: Use) -> None:
        self.total = sum(value[0] for value in use.big)

if flow := Work():
    print("total", flow().layer(Sum).total)
"""


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def pids(folder: Path) -> list[int]:
    return [int(path.name.split("-")[1]) for path in folder.glob("pid-*")]


def documents(folder: Path) -> list[Path]:
    return sorted(folder.glob(".laminar/Work/executions/*/Use/*.json"))


@pytest.fixture
def started(tmp_path):
    (tmp_path / "flow.py").write_text(PROGRAM)
    command = [sys.executable, "-m", "laminar", "run", "flow.py", "--execution", "one"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until(lambda: len(documents(tmp_path)) >= 2 and len(pids(tmp_path)) >= 4)
        yield process
        process.kill()


def resume(folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "go").touch()
    (folder / "ran").unlink()
    command = [sys.executable, "-m", "laminar", "run", "flow.py", "--resume", "one"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def check_resumed(folder: Path) -> None:
    for path in documents(folder):
        assert json.loads(path.read_text())["splits"] == 6
    assert {path.name for path in documents(folder)} == {"0.json", "1.json"}
    done = resume(folder)
    assert (done.returncode, done.stdout) == (0, "total 15\n"), done.stderr
    assert sorted((folder / "ran").read_text().split()) == ["2", "3", "4", "5"]


def test_a_killed_parent_leaves_no_process_and_resume_runs_only_the_rest(started, tmp_path):
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    until(lambda: not any(alive(pid) for pid in pids(tmp_path)), seconds=2.5)
    check_resumed(tmp_path)


def test_a_killed_child_is_tried_again(started, tmp_path):
    victim = next(pid for pid in pids(tmp_path) if alive(pid))
    os.kill(victim, signal.SIGKILL)
    until(lambda: len(pids(tmp_path)) >= 5)
    (tmp_path / "go").touch()
    out, err = started.communicate(timeout=20)
    assert (started.returncode, out) == (0, "total 15\n"), err
    assert "was killed by SIGKILL" in err


def test_a_killed_server_takes_its_children_along_and_the_run_goes_on(started, tmp_path):
    children = [pid for pid in pids(tmp_path) if alive(pid)]
    with open(f"/proc/{children[0]}/stat") as file:
        server = int(file.read().rsplit(")", 1)[1].split()[1])
    os.kill(server, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in children), seconds=2.5)
    (tmp_path / "go").touch()
    out, err = started.communicate(timeout=20)
    assert (started.returncode, out) == (0, "total 15\n"), err


def test_an_interrupted_run_stops_its_children_and_exits_130(started, tmp_path):
    os.kill(started.pid, signal.SIGINT)
    _, err = started.communicate(timeout=10)
    assert started.returncode == 130, err
    assert "Traceback" not in err
    assert "resume with: laminar run flow.py --resume one" in err
    assert not any(alive(pid) for pid in pids(tmp_path))
    check_resumed(tmp_path)
