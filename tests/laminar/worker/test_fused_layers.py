"""Layers that share a pod run one after the other, each with its own document, attempts and process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os
from laminar import Flow, Layer
from laminar.configurations.layers import ForEach, Parameter, Retry
from pathlib import Path

class Row(Flow): ...

def note(layer):
    with open("notes", "a") as file:
        file.write(f"{layer.name}{layer.attempt} ")

@Row.register(retry=Retry(attempts=2))
class A(Layer):
    def __call__(self) -> None:
        note(self)
        self.name_seen = os.environ["LAMINAR_LAYER_NAME"]
        os.environ["LEFT_BY_A"] = "1"

@Row.register(retry=Retry(attempts=2))
class B(Layer):
    def __call__(self, a: A) -> None:
        note(self)
        assert "LEFT_BY_A" not in os.environ and a.name_seen == "A"
        if self.attempt <= int(os.environ.get("FAILURES", "0")):
            KIND

@Row.register(retry=Retry(attempts=2))
class C(Layer):
    def __call__(self, b: B) -> None:
        note(self)
        self.shard(rows=[1, 2, 3])

@Row.register(foreach=ForEach([Parameter(C, "rows")]))
class D(Layer):
    def __call__(self, c: C) -> None: ...

if flow := Row():
    flow()
"""


@pytest.fixture
def pod(tmp_path):
    """Run a pod of the layers A, B and C, and return its exit code, and which layers ran at which attempt."""

    def run(attempt: int = 1, *, failures: int = 0, kind: str = "raise ValueError('no')") -> tuple[int, str]:
        (tmp_path / "main.py").write_text(PROGRAM.replace("KIND", kind))
        (tmp_path / "notes").write_text("")
        environment = {
            **os.environ,
            "LAMINAR_EXECUTION_ID": "one",
            "LAMINAR_LAYER_ATTEMPT": str(attempt),
            "LAMINAR_DATASTORE": str(tmp_path / "store"),
            "LAMINAR_OUTPUTS": str(tmp_path / "outputs"),
            "FAILURES": str(failures),
        }
        command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Row", "--layer", "A+B+C"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
        return done.returncode, (tmp_path / "notes").read_text().strip()

    return run


def documents(folder: Path) -> set[str]:
    return {path.parent.name for path in (folder / "store/Row/executions/one").glob("*/0.json")}


def test_layers_run_in_order_and_each_leaves_its_document(pod, tmp_path):
    assert pod() == (0, "A1 B1 C1")
    assert documents(tmp_path) >= {"A", "B", "C"}


def test_what_the_workflow_reads_is_the_last_layers(pod, tmp_path):
    pod()
    assert json.loads((tmp_path / "outputs/lengths").read_text()) == {"rows": [3]}


def test_a_failing_layer_ends_the_pod_with_its_exit_code(pod, tmp_path):
    assert pod(failures=1) == (75, "A1 B1")
    assert "C" not in documents(tmp_path)
    assert not (tmp_path / "outputs/lengths").exists()


def test_another_attempt_starts_at_the_first_layer_that_has_not_finished(pod):
    pod(failures=1)
    assert pod(2, failures=1) == (0, "B2 C1")


def test_attempts_of_a_layer_are_used_up_by_its_own_failures(pod):
    assert pod(failures=9) == (75, "A1 B1")
    assert pod(2, failures=9) == (70, "B2")


def test_a_signal_of_a_layers_own_is_its_failure(pod):
    assert pod(failures=9, kind="os.kill(os.getpid(), 11)") == (75, "A1 B1")
    assert pod(2, failures=9, kind="os.kill(os.getpid(), 11)") == (70, "B2")


def test_a_pod_that_runs_again_rewrites_its_outputs(pod, tmp_path):
    pod()
    (tmp_path / "outputs/lengths").unlink()
    assert pod(2) == (0, "")
    assert json.loads((tmp_path / "outputs/lengths").read_text()) == {"rows": [3]}


def test_a_chain_that_names_no_layer_of_the_flow_cannot_be_run(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM.replace("KIND", "pass"))
    command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Row", "--layer", "X+A", "--execution", "one"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "LAMINAR_DATASTORE": str(tmp_path)}, check=False
    )
    assert done.returncode == 78
    assert "'X'" in done.stderr


def test_ten_layers_in_a_row_are_one_pod(tmp_path):
    layers = "".join(
        f"@Row.register\nclass L{place}(Layer):\n    def __call__(self{f', above: L{place - 1}' if place else ''}) -> None:\n"
        f"        self.n = {'above.n + 1' if place else 1}\n\n"
        for place in range(10)
    )
    head = "from laminar import Flow, Layer\n\nclass Row(Flow): ...\n\n"
    (tmp_path / "main.py").write_text(f"{head}{layers}if flow := Row():\n    flow()\n")
    compiled = [sys.executable, "-m", "laminar", "compile", "main.py", "--fuse", "--datastore", "s3://b/p", "-o", "row.yaml"]
    subprocess.run(compiled, cwd=tmp_path, check=True)
    rehearsed = [sys.executable, "-m", "laminar", "rehearse", "row.yaml", "--datastore", str(tmp_path / "store")]
    done = subprocess.run(rehearsed, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sum("Pod " in line for line in done.stdout.splitlines()) == 1
    (execution,) = (tmp_path / "store/Row/executions").iterdir()
    assert {path.parent.name for path in execution.glob("L*/0.json")} == {f"L{place}" for place in range(10)}
