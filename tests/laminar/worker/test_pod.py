"""A pod's work as the workflow sees it: exit codes, outputs, and whose failure it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """\
import os, signal
from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Local
from laminar.configurations.layers import Container, ForEach, Parameter
from laminar.exceptions import DatastoreError

class Train(Flow): ...

def outage():
    error = DatastoreError("The storage is out of reach.")
    error.transient = True
    return error

@Train.register
class A(Layer):
    def __call__(self) -> None:
        self.value = 1
        if number := os.environ.get("SIGNAL"):
            os.kill(os.getpid(), int(number))

@Train.register
class B(Layer):
    @hooks.entry
    def check(self, a: A) -> bool:
        raise ValueError("of B's hook")

    def __call__(self, a: A) -> None: ...

@Train.register
class C(Layer):
    def __call__(self, a: A) -> None:
        self.value = a.value + 1

class Tuned(Layer):
    @hooks.submission
    def size(self, a: A) -> None:
        raise outage()

    def __call__(self, a: A) -> None: ...

@Train.register
class Plain(Tuned): ...

@Train.register(container=Container(timeout=60))
class Limited(Tuned): ...

if flow := Train():
    execution = flow.execution("one")
    if PART:
        execution.schedule(dependencies={"A": set(), "C": {"A"}})
    else:
        flow(execution="one")
"""


@pytest.fixture
def pod(tmp_path):
    """Run a layer's pod, and return its exit code, stderr and outputs."""

    def run(layer: str, *, part: bool = False, **variables: str) -> tuple[int, str, dict[str, object]]:
        (tmp_path / "main.py").write_text(PROGRAM.replace("PART", str(part)))
        environment = {
            **os.environ,
            "LAMINAR_EXECUTION_ID": "one",
            "LAMINAR_DATASTORE": str(tmp_path / "store"),
            "LAMINAR_OUTPUTS": str(tmp_path / layer),
            **variables,
        }
        command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Train", "--layer", layer]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
        path = tmp_path / layer / "entries"
        return done.returncode, done.stderr, json.loads(path.read_text()) if path.exists() else {}

    return run


def test_a_layer_whose_entry_hook_fails_fails_in_its_own_pod_and_no_other_layer_does(pod):
    # The hook of Plain meets an outage: the answers are not complete, and are asked for again.
    code, error, entries = pod("A", part=True)
    assert (code, entries) == (0, {}), error  # the part has no B: nobody evaluates its hook
    code, error, _ = pod("C", part=True)
    assert code == 0, error
    code, error, _ = pod("A")
    assert code == 75 and "out of reach" in error


def test_a_submission_hook_that_meets_an_outage_may_be_tried_again_with_and_without_a_timeout(pod):
    pod("A", part=True)
    for layer in ("Plain", "Limited"):
        code, error, _ = pod(layer)
        assert code == 75, error
        assert "submission hook" in error and "It may be retried." in error


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGRTMIN + 1])
def test_a_signal_from_outside_ends_the_pod_as_a_shell_reports_it(pod, number):
    code, error, _ = pod("A", part=True, SIGNAL=str(int(number)))
    assert code == 128 + number, error


@pytest.mark.parametrize("text", ["5", "[5]", "{n: 5}"])
def test_parameters_that_are_none_cannot_be_run(pod, text):
    code, error, _ = pod("A", LAMINAR_PARAMETERS=text)
    assert code == 78
    assert error.startswith("laminar: LAMINAR_PARAMETERS") and len(error.splitlines()) == 1


FAILING = """\
from laminar import Flow, Layer
from laminar.configurations import hooks

class Train(Flow): ...

@Train.register
class A(Layer):
    def __call__(self) -> None:
        self.value = 1

@Train.register
class B(Layer):
    @hooks.entry
    def check(self, a: A) -> bool:
        raise ValueError("of B's hook")

    def __call__(self, a: A) -> None: ...

@Train.register
class C(Layer):
    def __call__(self, a: A) -> None:
        self.value = a.value + 1

@Train.register
class Join(Layer):
    def __call__(self, b: B, c: C) -> None: ...

if flow := Train():
    flow()
"""


def test_a_failing_entry_hook_fails_the_same_layer_here_and_in_pods(tmp_path):
    (tmp_path / "main.py").write_text(FAILING)
    laminar = [sys.executable, "-m", "laminar"]
    local = subprocess.run([*laminar, "run", "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert local.returncode == 1
    assert "Layer 'B' of flow 'Train' failed (attempt 1): entry hook B.check: ValueError: of B's hook" in local.stderr
    subprocess.run([*laminar, "compile", "main.py", "--datastore", "s3://b/p", "-o", "flow.yaml"], cwd=tmp_path, check=True)
    command = [*laminar, "rehearse", "flow.yaml", "--datastore", str(tmp_path / "store")]
    rehearsed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert rehearsed.returncode == 1
    shown = rehearsed.stdout + rehearsed.stderr
    assert "entry hook B.check: ValueError: of B's hook" in shown
    for folder in (tmp_path / ".laminar", tmp_path / "store"):
        (execution,) = (folder / "Train/executions").iterdir()
        assert sorted(path.parent.name for path in execution.glob("*/0.json")) == ["A", "C", "Parameters"]


DECLARED = """\
import datetime
from laminar import Flow, Layer, Parameters

class Train(Flow):
    day: datetime.date
    rate: float = 0.1

@Train.register
class A(Layer):
    def __call__(self, parameters: Parameters) -> None:
        print("seen", repr(parameters.day), parameters.rate)

if flow := Train():
    flow()
"""


@pytest.mark.parametrize(
    ("day", "code", "message"),
    [
        ('"2026-01-31"', 0, "seen datetime.date(2026, 1, 31) 0.1"),
        ("5", 78, "Parameter 'day' of flow 'Train' is declared date, and its value is 5: expected a date"),
    ],
)
def test_a_pod_holds_the_workflows_parameters_to_the_declarations(day, code, message, tmp_path):
    (tmp_path / "main.py").write_text(DECLARED)
    given = json.dumps([{"name": "day", "value": day, "description": "Day to read."}])
    environment = {**os.environ, "LAMINAR_EXECUTION_ID": "one", "LAMINAR_DATASTORE": str(tmp_path), "LAMINAR_PARAMETERS": given}
    command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Train", "--layer", "A"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == code, done.stderr
    assert message in done.stdout + done.stderr
