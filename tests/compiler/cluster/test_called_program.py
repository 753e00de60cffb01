"""The program of this process, and its project."""

from __future__ import annotations

import sys
from types import ModuleType

from laminar.compiler.cluster.called_program import CalledProgram


def main_of(path):
    module = ModuleType("__main__")
    if path is not None:
        module.__file__ = str(path)
    return module


def test_a_program_of_a_file_has_the_project_above_it(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[tool.laminar]\nimage = "train:7"\n')
    (tmp_path / "flows").mkdir()
    program = tmp_path / "flows" / "train.py"
    program.write_text("")
    monkeypatch.setitem(sys.modules, "__main__", main_of(program))
    found = CalledProgram.current()
    assert found.program is not None and found.program.path == str(program)
    assert found.project.root == tmp_path and found.project.image == "train:7"


def test_a_notebook_and_a_program_of_an_installed_package_have_the_working_folders_project(tmp_path, monkeypatch):
    import pytest

    monkeypatch.chdir(tmp_path)
    for path in (None, pytest.__file__):
        monkeypatch.setitem(sys.modules, "__main__", main_of(path))
        found = CalledProgram.current()
        assert found.program is None and found.project.root == tmp_path
