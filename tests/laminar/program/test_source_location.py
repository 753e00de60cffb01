"""Places are lines of users: neither laminar's, nor those of Python's library, nor those of the program that started a command."""

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


def test_lines_of_a_long_module_are_those_of_the_interpreter():
    """Statements of one line or several, of a loop and of a class, in a module whose line table is long."""
    statements = [
        "note()",
        "note(\n  1,\n  note())",
        "for _ in range(2):\n  note()",
        "class A:\n  note()\n  x = note(\n)",
        "\n\nnote()",
    ]
    source = "\n".join(statements * 300)
    seen: list[tuple[int, int]] = []

    def note(*arguments: object) -> None:
        frame = sys._getframe(1)
        seen.append((source_location._line(frame), frame.f_lineno))

    code = compile(source, "long.py", "exec")
    assert len(code.co_linetable) > source_location.LONG_TABLE
    exec(code, {"note": note, "__name__": "long"})
    assert len(seen) == 300 * 8 and len({line for line, _ in seen}) > 300 * 5
    assert [ours for ours, _ in seen] == [theirs for _, theirs in seen]
