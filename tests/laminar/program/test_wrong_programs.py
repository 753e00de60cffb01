"""Wrong programs get one clear error before anything runs; each message is a golden file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry

class Train(Flow): ...

@Train.register
class Read(Layer):
    rows: list[int]
    def __call__(self) -> None:
        self.shard(rows=[1, 2])

"""
CALL = """
if flow := Train():
    flow()
"""

PROGRAMS = {
    "dependency_not_registered": HEAD
    + """
class Clean(Layer): ...

@Train.register
class Fit(Layer):
    def __call__(self, clean: Clean) -> None: ...
"""
    + CALL,
    "dependency_misspelt": HEAD
    + """
@Train.register
class Fit(Layer):
    def __call__(self, read: "Raed") -> None: ...
"""
    + CALL,
    "dependency_without_annotation": HEAD
    + """
@Train.register
class Fit(Layer):
    def __call__(self, read) -> None: ...
"""
    + CALL,
    "several_problems": HEAD
    + """
@Train.register
class Fit(Layer):
    def __call__(self, read: int) -> None: ...

@Train.register(foreach=ForEach([Parameter("Raed", "rows")]))
class Score(Layer): ...
"""
    + CALL,
    "cycle": HEAD
    + """
@Train.register
class Fit(Layer):
    def __call__(self, score: "Score") -> None: ...

@Train.register
class Score(Layer):
    def __call__(self, fit: Fit) -> None: ...
"""
    + CALL,
    "duplicate_layer": HEAD
    + """
@Train.register
class Read(Layer): ...
"""
    + CALL,
    "foreach_unknown_layer": HEAD
    + """
@Train.register(foreach=ForEach([Parameter("Reed", "rows")]))
class Fit(Layer): ...
"""
    + CALL,
    "foreach_unknown_attribute": HEAD
    + """
@Train.register(foreach=ForEach([Parameter(Read, "row")]))
class Fit(Layer): ...
"""
    + CALL,
    "foreach_unknown_parameter": HEAD
    + """
@Train.register(foreach=ForEach([Parameter(Parameters, "rate")]))
class Fit(Layer): ...

if flow := Train():
    flow(rates=[1, 2])
""",
    "foreach_over_fan_out_without_index": HEAD
    + """
@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Fit(Layer):
    model: int

@Train.register(foreach=ForEach([Parameter(Fit, "model")]))
class Score(Layer): ...
"""
    + CALL,
    "misspelt_option": HEAD
    + """
@Train.register(retires=Retry(attempts=2))
class Fit(Layer): ...
"""
    + CALL,
    "option_of_wrong_type": HEAD
    + """
@Train.register(retry=3)
class Fit(Layer): ...
"""
    + CALL,
    "reserved_attribute": HEAD
    + """
@Train.register
class Fit(Layer):
    name = "fit"
"""
    + CALL,
    "reserved_parameter": HEAD
    + """
if flow := Train():
    flow(index=1)
""",
    "parameter_json_cannot_carry": HEAD
    + """
if flow := Train():
    flow(rates={1: "a"}, source=object, limit=float("nan"))
""",
    "no_layers": """\
from laminar import Flow

class Train(Flow): ...
"""
    + CALL,
    "no_flow": "nothing = 0\n",
    "flow_never_called": HEAD,
    "two_flows_of_one_name": HEAD
    + """
first = Train

class Train(Flow): ...

@Train.register
class Fit(Layer): ...

if flow := Train():
    first()()
    flow()
""",
    "raises_while_recorded": HEAD + "\nrate = 1 / 0\n" + CALL,
    "exits_while_recorded": HEAD + "\nraise SystemExit(3)\n" + CALL,
    "not_python": "def broken(:\n",
    "reads_before_any_flow": HEAD
    + """
if flow := Train():
    print(flow.execution("old").layer(Read).rows)
    flow()
""",
    "bad_execution_id": HEAD
    + """
if flow := Train():
    flow(execution="../../x")
""",
    "memory_with_processes": HEAD
    + """
from laminar.configurations.datastores import Memory

if flow := Train(datastore=Memory()):
    flow()
""",
}

AT_COMPILE_TIME = {
    "memory_datastore": HEAD
    + """
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread

if flow := Train(datastore=Memory(), executor=Thread()):
    flow()
""",
    "relative_datastore": HEAD + CALL,
    "unmounted_datastore": HEAD
    + """
from laminar.configurations.datastores import Local

if flow := Train(datastore=Local("/data")):
    flow()
""",
    "parameter_json_cannot_carry": PROGRAMS.pop("parameter_json_cannot_carry"),
}


def laminar(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "laminar", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=environment, check=False)


def write(folder: Path, source: str) -> None:
    (folder / "flow.py").write_text(source)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_wrong_program_is_refused_with_one_clear_error_by_compile(name, tmp_path, golden):
    write(tmp_path, PROGRAMS[name])
    done = laminar("compile", "flow.py", "--datastore", "s3://bucket/prefix", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    golden(done.stderr, Path(__file__).parents[2] / "golden" / "errors" / f"{name}.txt")


AS_PYTHON = {"raises_while_recorded": 1, "exits_while_recorded": 3, "reads_before_any_flow": 1}
"""Programs that a run executes as python does, up to the line that ends them, with the exit code."""


@pytest.mark.parametrize("name", AS_PYTHON)
def test_a_program_that_ends_before_its_flow_is_called_ends_a_run_as_it_does_python(name, tmp_path):
    write(tmp_path, PROGRAMS[name])
    plain = subprocess.run([sys.executable, "flow.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    done = laminar("run", "flow.py", cwd=tmp_path)
    assert done.returncode == plain.returncode == AS_PYTHON[name]
    assert done.stdout == plain.stdout == ""
    assert not list(tmp_path.glob(".laminar/Train/executions/*/Read"))


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in AS_PYTHON])
def test_a_wrong_program_is_refused_by_run_in_the_same_words_before_anything_runs(name, tmp_path, golden):
    write(tmp_path, PROGRAMS[name])
    done = laminar("run", "flow.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    golden(done.stderr, Path(__file__).parents[2] / "golden" / "errors" / f"{name}.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["flow.py"]


@pytest.mark.parametrize("name", AT_COMPILE_TIME)
def test_what_only_a_cluster_lacks_is_refused_by_compile_alone(name, tmp_path, golden):
    write(tmp_path, AT_COMPILE_TIME[name])
    done = laminar("compile", "flow.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    golden(done.stderr, Path(__file__).parents[2] / "golden" / "errors" / f"compile_{name}.txt")


def test_a_program_that_does_not_exist_is_an_error(tmp_path):
    done = laminar("run", "nowhere.py", cwd=tmp_path)
    assert done.returncode == 1
    assert "Program 'nowhere.py' cannot be read: no such file or directory." in done.stderr
