"""Places are lines of users: neither laminar's, nor those of Python's library, nor those of what started a command."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import CodeType

from laminar import Layer
from laminar.program import source_location

HERE = source_location.shorten(__file__)


def as_if_in(path: str) -> CodeType:
    """Return code that asks for its caller as a line of this file would."""
    return compile("where = places.caller()", path, "exec")


def asked_in(path: str) -> str:
    space: dict[str, str] = {"places": source_location}  # type: ignore[dict-item]
    exec(as_if_in(path), space)
    return space["where"]


def test_the_callers_line_is_the_place():
    assert source_location.caller() == f"{HERE}:{sys._getframe().f_lineno}"


def test_lines_of_the_library_are_skipped():
    assert asked_in(os.path.join(os.path.dirname(os.__file__), "copy.py")).startswith(HERE)
    assert asked_in("<frozen runpy>").startswith(HERE)


def test_lines_of_what_is_installed_are_places():
    path = os.path.join(os.path.dirname(os.__file__), "site-packages", "flows", "train.py")
    assert asked_in(path) == f"{path}:1"


def test_a_command_of_laminar_has_no_place_whoever_called_it():
    assert asked_in(os.path.join(source_location.PACKAGE, "cli", "results.py")) == ""


def test_a_thread_without_a_users_line_has_no_place():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(source_location.caller).result() == ""


def test_a_class_that_the_library_makes_anew_keeps_the_place_of_its_statement():
    @dataclass(slots=True)
    class Made(Layer):
        pass

    assert source_location.of_class(Made).rpartition(":")[0] == HERE
