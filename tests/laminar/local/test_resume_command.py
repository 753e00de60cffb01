"""The advice of a failed run on how to resume it."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.local.resume_command import advice
from laminar.program import main_module, process_state
from laminar.program.main_module import Program
from laminar.program.process_state import Session


def flow_class(name: str, module: str = "__main__") -> type[Flow]:
    layer = type("A", (Layer,), {"__module__": module, "__call__": lambda self: None})
    made = type(name, (Flow,), {"__module__": module})
    made.register(layer)
    return made


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return a function that makes this process execute a program with flows of some names."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pkg" / "train.py"

    def execute(*names: str, **changed: object) -> ModuleType:
        module = ModuleType("__main__")
        vars(module).update({name: flow_class(name) for name in names})
        monkeypatch.setitem(sys.modules, "__main__", module)
        monkeypatch.setattr(main_module, "_executed", (module, Program(str(path), **changed)))  # type: ignore[arg-type]
        return module

    return execute


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "pkg/train.py --resume one"),
        ({"given": "./pkg/train.py"}, "./pkg/train.py --resume one"),
        ({"given": "/elsewhere/train.py"}, "pkg/train.py --resume one"),
        ({"args": ("--rate", "a b")}, "pkg/train.py --resume one -- --rate 'a b'"),
        ({"package": "pkg"}, "-m pkg.train --resume one"),
    ],
)
def test_the_command_names_the_program_as_it_was_started(changed, words, program):
    module = program("Train", **changed)
    assert advice(module.Train().execution("one")) == "resume with: laminar run " + words


def test_the_flow_is_named_where_there_are_several_or_the_command_line_named_it(program, monkeypatch):
    module = program("Train", "Other")
    assert advice(module.Other().execution("one")).endswith("--resume one --flow Other")
    module = program("Train")
    monkeypatch.setattr(process_state, "current", Session(flow="Train"))
    assert advice(module.Train().execution("one")).endswith("--resume one --flow Train")


def test_nothing_resumes_what_is_in_memory_or_of_a_module_that_is_imported(program):
    module = program("Train")
    assert advice(module.Train(datastore=Memory(), executor=Thread()).execution("one")) == ""
    assert advice(flow_class("Train", "library")().execution("one")) == ""
    assert advice(module.Train().execution()) == ""


def test_a_notebook_gets_a_line_of_python(program, monkeypatch):
    module = program("Train")
    monkeypatch.setattr(main_module, "_executed", None)
    assert advice(module.Train().execution("one")) == "resume with: Train().execution('one').resume()"
    vars(module)["flow"] = module.Train()
    assert advice(module.flow.execution("one")) == "resume with: flow.execution('one').resume()"
