"""Pickling by value: code keeps its place and its source, and two processes pickle the same code to the same bytes."""

from __future__ import annotations

import hashlib
import linecache
import os
import subprocess
import sys
import traceback
from typing import Any

from laminar.program import pickle_by_value


def made(source: str, name: str) -> dict[str, Any]:
    """Execute a source as a cell: under a name that is no file's, known to linecache alone."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), space)
    return space


def test_code_keeps_the_name_of_its_file():
    def local() -> None: ...

    assert pickle_by_value.loads(pickle_by_value.dumps(local)).__code__.co_filename == __file__


def test_the_source_of_a_cell_comes_along_for_tracebacks():
    pickled = pickle_by_value.dumps(made("def divide():\n    return 1 / 0  # here\n", "<cell by value>")["divide"])
    del linecache.cache["<cell by value>"]
    try:
        pickle_by_value.loads(pickled)()
    except ZeroDivisionError:
        assert "return 1 / 0  # here" in traceback.format_exc()
    else:
        raise AssertionError("it did not divide")


CELL = """
class Base:
    def __init__(self): self.one, self.two, self.three = 1, 2, 3
class Model(Base):
    words = ("a", "b")
    def rate(self, word): return word in {"alpha", "beta", "gamma", "delta"} and helper(self.two)
def helper(value): return {"x": value, "y": [Base]}
"""


def test_two_processes_pickle_the_same_code_to_the_same_bytes():
    program = (
        "import hashlib, sys; from laminar.program import pickle_by_value\n"
        f"space = {{'__name__': '__main__'}}; exec(compile({CELL!r}, '<cell>', 'exec'), space)\n"
        "vars(sys.modules['__main__']).update(space)\n"
        "print(hashlib.sha256(pickle_by_value.stable([space['Model'], space['helper']])).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1 and len(digests.pop().strip()) == 64


def test_what_is_pickled_so_works_and_has_the_identity_of_its_content():
    first, second = made(CELL, "<cell>"), made(CELL.replace("helper(self.two)", "helper(self.one)"), "<cell>")
    one, other = (
        pickle_by_value.loads(pickle_by_value.stable(first["Model"])),
        pickle_by_value.loads(pickle_by_value.stable(second["Model"])),
    )
    assert one is first["Model"] and other is second["Model"], "a process finds its own classes again"
    assert one().rate("beta") == {"x": 2, "y": [first["Base"]]} and other().rate("beta")["x"] == 1
    assert hashlib.sha256(pickle_by_value.stable(one)).digest() != hashlib.sha256(pickle_by_value.stable(other)).digest()
