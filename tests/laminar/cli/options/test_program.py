"""A program, its arguments and its parameters mean the same for each command that executes one."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from laminar.cli.options.program import module_file
from laminar.exceptions import FlowError

FLOW = """\
import sys
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Container
from {package}names import NAME

class Train(Flow): ...

@Train.register(container=Container(command="python train.py"))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        print("fits", NAME, parameters.rate, sys.argv[1:])

if flow := Train():
    flow(rate=1 if "--slow" in sys.argv else 2)
"""
STORE = ("--datastore", "s3://bucket/prefix")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pkg").mkdir()
    for path, text in {
        "train.py": FLOW.format(package=""),
        "names.py": "NAME = 'file'\n",
        "pkg/__init__.py": "",
        "pkg/train.py": FLOW.format(package="."),
        "pkg/names.py": "NAME = 'module'\n",
        "pyproject.toml": "",
    }.items():
        (tmp_path / path).write_text(text)
    return tmp_path


def laminar(folder, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [sys.executable, "-m", "laminar", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


WAYS = {"a file": ("train.py",), "a module": ("-m", "pkg.train")}


@pytest.mark.parametrize("way", WAYS)
def test_run_and_compile_see_the_same_arguments_and_parameters(folder, way):
    words = WAYS[way]
    ran = laminar(folder, "run", *words, "--", "--slow", "x")
    assert ran.stdout == f"Fit | fits {way[2:]} 1 ['--slow', 'x']\n", ran.stderr
    replaced = laminar(folder, "run", *words, "-p", "rate=7")
    assert replaced.stdout == f"Fit | fits {way[2:]} 7 []\n", replaced.stderr
    for command in ("compile", "rehearse", "lint"):
        ended = laminar(folder, command, *words, *(STORE if command != "rehearse" else ()), "-p", "raet=7")
        assert (ended.returncode, "Did you mean 'rate'?" in ended.stderr) == (1, True), ended.stderr
    compiled = laminar(folder, "compile", *words, *STORE, "--", "--slow")
    assert '{name: rate, value: "1"}' in compiled.stdout, compiled.stderr


def test_arguments_of_compile_are_passed_to_the_program_in_each_pod(folder):
    text = laminar(folder, "compile", "train.py", *STORE, "--", "--slow").stdout
    args = re.search(r"args: \[(.*?)\]", text, re.DOTALL)
    assert args is not None
    assert '"--", --slow' in re.sub(r"\s+", " ", args[1]), text
    rehearsed = laminar(folder, "rehearse", "train.py", "-v", "--", "--slow")
    assert "| fits file 1 ['--slow']" in rehearsed.stdout, rehearsed.stdout + rehearsed.stderr


@pytest.mark.parametrize("command", ["run", "compile", "rehearse", "package"])
def test_a_command_line_that_names_no_program_or_two_is_wrong(folder, command):
    assert "Missing argument" in laminar(folder, command).stderr
    two = laminar(folder, command, "train.py", "-m", "pkg.train")
    assert (two.returncode, "Pass one of them" in two.stderr) == (2, True)
    extra = laminar(folder, command, "train.py", "--slow")
    assert extra.returncode == 2


@pytest.mark.parametrize("name", ["pkg.trian", "nothing", "pkg", "sys", "train.", "."])
def test_a_module_that_cannot_be_executed_is_an_error(folder, name, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(FlowError, match="no module"):
        module_file(name)


def test_a_module_is_found_without_importing_its_package(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "pkg" / "__init__.py").write_text("raise SystemExit('imported')\n")
    (folder / "pkg" / "__main__.py").write_text("")
    assert module_file("pkg.train") == os.path.join("pkg", "train.py")
    assert module_file("pkg") == os.path.join("pkg", "__main__.py")
