"""Layers as a user runs them: rejected layers, notes, and the settings of a container on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """\
import os
from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.layers import Container, ForEach, Parameter

class Train(Flow): ...
"""
CALL = """
if flow := Train():
    execution = flow()
    print("finished", execution.finished)
"""


def run(folder: Path, body: str, *command: str, call: str = CALL, **variables: str) -> subprocess.CompletedProcess[str]:
    (folder / "main.py").write_text(HEAD + body + call)
    environment = {**os.environ, **variables}
    words = [sys.executable, *(command or ("main.py",))]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("    async def __call__(self) -> None:\n        print('ran')\n", "Fit.__call__ is declared async"),
        ("    def __call__(self):\n        print('ran')\n        yield 1\n", "Fit.__call__ yields"),
        ("    def run(self) -> None:\n        print('ran')\n", "Layer 'Fit' has no __call__"),
    ],
    ids=["async", "generator", "no call"],
)
def test_a_layer_that_a_flow_cannot_call_never_finishes_without_having_run(tmp_path, body, error):
    layer = "@Train.register\nclass Fit(Layer):\n" + body
    for command in ((), ("-m", "laminar", "compile", "main.py", "--datastore", "s3://bucket/prefix")):
        done = run(tmp_path, layer, *command)
        assert done.returncode == 1
        assert error in done.stderr
        assert "ran" not in done.stdout and "finished" not in done.stdout


NOTED = """
@Train.register
class List(Layer):
    def __call__(self):
        self.files = ["a", "b"]
        return self.files

@Train.register(foreach=ForEach([Parameter(List, "files")]))
class Read(Layer):
    def __call__(self, list: List) -> None: ...
"""


def test_notes_are_printed_once_a_layer_here_and_in_the_log_of_its_pod(tmp_path):
    here = run(tmp_path, NOTED)
    command = ["-m", "laminar.runner", "main.py", "--flow", "Train", "--layer", "List"]
    pod = run(tmp_path, NOTED, *command, LAMINAR_EXECUTION_ID="one", LAMINAR_DATASTORE=str(tmp_path / "store"))
    for done in (here, pod):
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("List.__call__ returned a value of type 'list', which is dropped") == 1
        assert done.stderr.count("Read runs once over List.files, which was set to a list of 2") == 1


ENVIRONMENT = """
@Train.register(container=Container(env={"A": "registered", "B": "registered"}),
                foreach=ForEach([Parameter(Parameters, "rows")], batch=2))
class Fit(Layer):
    @hooks.submission
    def tune(self) -> None:
        self.configuration.container.env[f"ROW_{self.index}"] = "hook"
        self.configuration.container.env["B"] = "hook"

    def __call__(self) -> None:
        names = ("A", "B", "C", "ROW_0", "ROW_1", "ROW_2")
        self.seen = {name: os.environ.get(name) for name in names}

if flow := Train():
    for seen in flow(rows=[0, 1, 2]).layer(Fit).seen:
        print(*(f"{name}={value}" for name, value in seen.items() if value))
    print("outside", os.environ.get("A"), os.environ["C"])
"""


def test_each_split_has_the_variables_of_its_container_and_those_that_its_hooks_set(tmp_path):
    done = run(tmp_path, ENVIRONMENT, call="", C="inherited")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-4:] == [
        "A=registered B=hook C=inherited ROW_0=hook",
        "A=registered B=hook C=inherited ROW_1=hook",
        "A=registered B=hook C=inherited ROW_2=hook",
        "outside None inherited",
    ]
