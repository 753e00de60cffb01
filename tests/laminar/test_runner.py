"""The runner: the task of a pod, by arguments and by the worker variables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Container, ForEach, Parameter, Retry

class First(Flow): ...
class Second(Flow): ...

@First.register
class Make(Layer):
    def __call__(self, parameters: Parameters) -> None:
        print("making")
        self.shard(rows=range(parameters.n))

@First.register(foreach=ForEach([Parameter(Make, "rows")]), retry=Retry(attempts=2))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        import os, signal, time
        if os.environ.get("FAIL"):
            raise ValueError("as asked")
        if os.environ.get("CRASH"):
            os.kill(os.getpid(), signal.SIGSEGV)
        self.double = make.rows * 2

@First.register(container=Container(timeout=0.3))
class Slow(Layer):
    def __call__(self) -> None:
        import time
        time.sleep(60)

@Second.register(foreach=ForEach([Parameter(Parameters, "doubles")]))
class End(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.value = parameters.doubles

if flow := First():
    flow(n=3).next(flow=Second(), linker=lambda e: Parameters(doubles=list(e.layer(Use).double)))
    print("behind the guard")
"""


@pytest.fixture
def pod(tmp_path):
    (tmp_path / "main.py").write_text(PROGRAM)

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "LAMINAR_EXECUTION_ID": "one",
            "LAMINAR_DATASTORE": str(tmp_path / "store"),
            "LAMINAR_OUTPUTS": str(tmp_path / "outputs"),
            **variables,
        }
        command = [sys.executable, *(arguments or ("main.py",))]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)

    return run


def split(flow: str, layer: str, index: int = 0, splits: int = 1) -> tuple[str, ...]:
    return (*["-m", "laminar.runner", "main.py", "--flow"], flow, "--layer", layer, "--index", str(index), "--splits", str(splits))


def lengths(folder: Path) -> dict[str, list[int]]:
    return json.loads((folder / "outputs" / "lengths").read_text())


def test_a_chain_runs_split_by_split_as_pods_would_and_publishes_lengths(pod, tmp_path):
    made = pod(*split("First", "Make"))
    assert (made.returncode, made.stdout) == (0, "making\n"), made.stderr
    assert lengths(tmp_path) == {"rows": [3]}
    assert [pod(*split("First", "Use", index, 3)).returncode for index in range(3)] == [0, 0, 0]
    link = pod(*split("First", "link-2"))
    assert link.returncode == 0, link.stderr
    assert lengths(tmp_path) == {"doubles": [3]}
    for index in range(3):
        done = pod(*split("Second", "End", index, 3))
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    document = tmp_path / "store" / "Second" / "executions" / "one" / "End" / "2.json"
    assert json.loads(document.read_text())["splits"] == 3


def test_the_worker_variables_reach_the_second_flow_by_the_guard_and_nothing_behind_it_runs(pod):
    pod(*split("First", "Make"))
    for index in range(3):
        pod(*split("First", "Use", index, 3))
    pod(*split("First", "link-2"))
    done = pod(LAMINAR_FLOW_NAME="Second", LAMINAR_LAYER_NAME="End", LAMINAR_LAYER_INDEX="1", LAMINAR_LAYER_SPLITS="3")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_finished_split_that_is_run_again_writes_its_outputs_anew_and_does_nothing_else(pod, tmp_path):
    pod(*split("First", "Make"))
    (tmp_path / "outputs" / "lengths").unlink()
    again = pod(*split("First", "Make"))
    assert (again.returncode, again.stdout) == (0, "")
    assert lengths(tmp_path) == {"rows": [3]}


def test_parameters_of_the_environment_replace_those_of_the_call(pod, tmp_path):
    argo = json.dumps([{"name": "n", "value": "5"}])
    assert pod(*split("First", "Make"), LAMINAR_PARAMETERS=argo).returncode == 0
    assert lengths(tmp_path) == {"rows": [5]}


def test_a_parameter_that_is_not_json_cannot_be_run(pod):
    done = pod(*split("First", "Make"), LAMINAR_PARAMETERS=json.dumps([{"name": "n", "value": "five"}]))
    assert done.returncode == 78
    assert "Parameter 'n' is not JSON: 'five'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (split("First", "Nothing"), "registers no layer 'Nothing'"),
        (split("Third", "Make"), "has no flow 'Third'"),
        (split("First", "Use", 3, 3), "there is no split 3"),
        (split("First", "link-7"), "has no link 7"),
        ((*split("First", "Use")[:-1], "many"), "'many', which is no number"),
        (("-m", "laminar.runner", "nowhere.py", "--flow", "First", "--layer", "Make"), "no such file"),
    ],
    ids=["layer", "flow", "index", "link", "argument", "program"],
)
def test_what_cannot_be_run_exits_78_with_one_line(pod, arguments, message):
    done = pod(*arguments)
    assert done.returncode == 78
    assert message in done.stderr
    assert len([line for line in done.stderr.splitlines() if line != "behind the guard"]) == 1


def test_a_failure_may_be_tried_again_until_its_attempts_are_used_up(pod):
    pod(*split("First", "Make"))
    first = pod(*split("First", "Use", 0, 3), FAIL="1", LAMINAR_LAYER_ATTEMPT="1")
    second = pod(*split("First", "Use", 0, 3), FAIL="1", LAMINAR_LAYER_ATTEMPT="2")
    assert (first.returncode, second.returncode) == (75, 70)
    assert "ValueError: as asked" in first.stderr.splitlines()[-1]


def test_killed_attempts_are_not_counted(pod):
    pod(*split("First", "Make"))
    numbers = ["1", "3", "4"]
    codes = [pod(*split("First", "Use", 0, 3), FAIL="1", LAMINAR_LAYER_ATTEMPT=number).returncode for number in numbers]
    assert codes[:2] == [75, 70]


def test_a_crash_of_its_own_ends_as_a_failure(pod):
    pod(*split("First", "Make"))
    done = pod(*split("First", "Use", 0, 3), CRASH="1")
    assert done.returncode == 75
    assert "SIGSEGV" in done.stderr


def test_a_timeout_is_enforced(pod):
    done = pod(*split("First", "Slow"))
    assert done.returncode == 70
    assert "timeout" in done.stderr


def test_a_terminated_runner_passes_the_signal_on(pod, tmp_path):
    environment = {
        **os.environ,
        "LAMINAR_EXECUTION_ID": "one",
        "LAMINAR_DATASTORE": str(tmp_path / "store"),
    }
    (tmp_path / "sleep.py").write_text(
        PROGRAM.replace("timeout=0.3", "timeout=60").replace(
            "import time\n        time.sleep", "import time; print('up', flush=True)\n        time.sleep"
        )
    )
    command = [sys.executable, "-m", "laminar.runner", "sleep.py", "--flow", "First", "--layer", "Slow"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 128 + signal.SIGTERM


BATCH = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter, Retry

class First(Flow): ...

@First.register(foreach=ForEach([Parameter(Parameters, "rows")], batch=3), retry=Retry(attempts=2))
class Use(Layer):
    def __call__(self, parameters: Parameters) -> None:
        open(f"ran-{parameters.rows}-{self.attempt}", "w").close()
        if parameters.rows == 1 or (parameters.rows == 2 and self.attempt == 1):
            raise ValueError(f"row {parameters.rows}")

if flow := First():
    flow(rows=[0, 1, 2, 3])
"""


def test_a_batch_runs_all_its_splits_and_another_attempt_only_those_that_may_be_tried_again(pod, tmp_path):
    (tmp_path / "main.py").write_text(BATCH)
    arguments = (*split("First", "Use", 0, 4), "--batch", "3")
    ran = lambda: sorted(path.name for path in tmp_path.glob("ran-*"))  # noqa: E731
    assert pod(*arguments).returncode == 75
    assert ran() == ["ran-0-1", "ran-1-1", "ran-2-1"]
    assert pod(*arguments, LAMINAR_LAYER_ATTEMPT="2").returncode == 70
    assert ran() == ["ran-0-1", "ran-1-1", "ran-1-2", "ran-2-1", "ran-2-2"]
    done = pod(*arguments, LAMINAR_LAYER_ATTEMPT="3")
    assert done.returncode == 70
    assert "attempts are used up" in done.stderr
    assert "ran-1-3" not in ran()
    assert pod(*split("First", "Use", 1, 4), "--batch", "3").returncode == 0
