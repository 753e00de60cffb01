"""schedule(), execute() and resume() compiled: only their tasks, what is outside looked up by a planner; and its pod."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from laminar import compiler
from laminar.compiler.plan.planner import Settings
from laminar.exceptions import LaminarError

GOLDEN = Path(__file__).parents[2] / "golden" / "compiler"
FLOW = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

@Train.register
class A(Layer):
    def __call__(self) -> None:
        self.shard(rows=[1, 2, 3])

@Train.register
class S(Layer):
    def __call__(self, a: A) -> None: ...
    @hooks.entry
    def never(self) -> bool:
        return False

@Train.register(foreach=ForEach([Parameter(A, "rows"), Parameter(Parameters, "names")]))
class B(Layer):
    def __call__(self, a: A, parameters: Parameters) -> None:
        self.value = (a.rows, parameters.names)

@Train.register(foreach=ForEach([Parameter(B, "value", index=None)]))
class C(Layer): ...

@Train.register
class D(Layer):
    def __call__(self, s: S, c: C) -> None: ...

if flow := Train():
"""
ACTIONS = {
    "schedule": '    flow.execution("old").schedule(dependencies={"B": set(), "C": {"B"}, "D": {"C"}})\n',
    "execute": '    flow.execution("old").execute(layer=flow.layer(B, index=1, splits=6))\n',
    "resume": '    flow.execution("old").resume()\n',
}


def compiled(folder: Path, action: str) -> str:
    path = folder / "main.py"
    path.write_text(FLOW + action)
    return compiler.compile(path, settings=Settings(datastore="s3://bucket/prefix"))


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_compiles_to_its_tasks_alone(name, tmp_path, golden):
    golden(compiled(tmp_path, ACTIONS[name]), GOLDEN / f"action_{name}.yaml")


def test_an_execution_that_is_a_retry_tells_its_pods(tmp_path):
    action = '    flow.execution("old", retry=True).schedule(dependencies={"A": set()})\n'
    assert '{name: LAMINAR_EXECUTION_RETRY, value: "True"}' in compiled(tmp_path, action)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ('    flow.execution("old").schedule(dependencies={"E": set()})\n', "registers no layer 'E'"),
        ('    flow.execution("old").schedule(dependencies={})\n', "no layer to schedule"),
        ('    flow.execution("old").schedule(dependencies={"A": {"S"}, "S": {"A"}})\n', "form a cycle"),
        ("    flow.execution().resume()\n", "without an id cannot be resumed"),
    ],
)
def test_what_cannot_be_scheduled_is_refused_when_compiled(action, message, tmp_path):
    with pytest.raises(LaminarError, match=message):
        compiled(tmp_path, action)


@pytest.fixture
def pod(tmp_path):
    def run(layer: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "LAMINAR_EXECUTION_ID": "old",
            "LAMINAR_DATASTORE": str(tmp_path / "store"),
            "LAMINAR_OUTPUTS": str(tmp_path / "outputs"),
            **variables,
        }
        command = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Train", *layer.split()]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)

    return run


def test_the_planner_looks_up_what_is_outside_and_removes_what_is_scheduled(pod, tmp_path):
    (tmp_path / "main.py").write_text(FLOW + ACTIONS["schedule"])
    too_early = pod("--layer plan-1")
    assert too_early.returncode == 78
    (tmp_path / "main.py").write_text(FLOW + '    flow(execution="old", names=[])\n')
    parameters = json.dumps({"names": ["x", "y"]})
    assert pod("--layer A", LAMINAR_PARAMETERS=parameters).returncode == 0
    assert pod("--layer B --index 0 --splits 6").returncode == 0
    (tmp_path / "main.py").write_text(FLOW + ACTIONS["schedule"])
    document = tmp_path / "store/Train/executions/old/B/0.json"
    assert document.exists()
    done = pod("--layer plan-1")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "outputs/lengths").read_text()) == {"A.rows": [3], "Parameters.names": [2]}
    assert json.loads((tmp_path / "outputs/entries").read_text()) == {"D": False}
    assert not document.exists()


def test_a_dependency_that_never_ran_is_refused_and_nothing_is_removed(pod, tmp_path):
    source = FLOW + '    flow.execution("old").schedule(dependencies={"C": {"B"}})\n'
    (tmp_path / "main.py").write_text(source)
    done = pod("--layer plan-1")
    assert done.returncode == 78
    assert "Layer 'C' needs 'B', which is neither scheduled nor finished" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_resumed_run_asks_again_where_a_hook_said_no(pod, tmp_path):
    (tmp_path / "main.py").write_text(FLOW + ACTIONS["resume"])
    pod("--layer A", LAMINAR_PARAMETERS='{"names": []}')
    assert json.loads((tmp_path / "outputs/entries").read_text()) == {"S": False}
    (tmp_path / "main.py").write_text((FLOW + ACTIONS["resume"]).replace("return False", "return True"))
    pod("--layer A")
    assert json.loads((tmp_path / "outputs/entries").read_text()) == {"S": False}
    pod("--layer A", LAMINAR_EXECUTION_RETRY="True")
    assert json.loads((tmp_path / "outputs/entries").read_text()) == {"S": True}
