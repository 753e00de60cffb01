"""Errors for a program that raises while it is loaded."""

from __future__ import annotations

import fcntl
import os
import socket
import sys

import pytest

from laminar.program import process_state
from laminar.program.load_error import load_error
from laminar.program.main_module import Program

PORT = "let it acquire ports and locks after the flow's call"
INPUT = "pass its input as a file"


def bind(address: tuple[str, int]) -> None:
    with socket.socket() as second:
        second.bind(address)


def listen(port: int) -> None:
    with socket.socket() as second:
        second.bind(("127.0.0.1", port))


def raised(source: str, names: dict[str, object], tmp_path) -> str:  # type: ignore[no-untyped-def]
    path = tmp_path / "prog.py"
    path.write_text(source)
    program = Program(str(path))
    try:
        exec(compile(source, str(path), "exec"), dict(names))
    except BaseException as error:
        return str(load_error(program, error))
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(("function", "shown"), [(bind, "127.0.0.1:{}"), (listen, "port {}")])
def test_a_port_that_is_in_use_is_named(function, shown, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = ("127.0.0.1", port) if function is bind else port
        said = raised("x = 1\nstart(given)", {"start": function, "given": given}, tmp_path)
    assert f"Address already in use ({shown.format(port)}) while" in said
    assert f"{tmp_path}/prog.py:2 (raised at" in said
    assert PORT in said


@pytest.mark.parametrize(
    ("source", "fix"),
    [
        ("import os\nos.mkdir(folder)", "os.makedirs(path, exist_ok=True)"),
        ("import fcntl\nfcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)", PORT),
        ("import json, sys\njson.loads(sys.stdin.read() and '')", INPUT),
        ("rows = input('rows? ')", INPUT),
        ("raise SystemExit(2)", "after --"),
        ("raise SystemExit(3)", "on any machine"),
        ("raise OSError(30, 'Read-only file system')", "write it in a layer, below /tmp"),
        ("1 / 0", "correct the program: it is executed"),
        ("import no_such_module.part", "install 'no_such_module' where the program is executed"),
        ("import os\nos.environ['NO_SUCH_VARIABLE']", "set the variable NO_SUCH_VARIABLE where the program is executed"),
        ("{}['key']", "correct the program: it is executed"),
        ("open('/no/such/file')", "correct the path"),
        ("exec(compile('def f(:', 'other.py', 'exec'))", "correct the syntax of other.py."),
    ],
)
def test_the_advice_is_for_what_the_program_did(source, fix, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115
    with open(tmp_path / "lock", "w") as first, open(tmp_path / "lock", "w") as second:
        fcntl.flock(first, fcntl.LOCK_EX)
        said = raised(source, {"folder": str(tmp_path), "other": second}, tmp_path)
    assert fix in said
    sys.stdin.close()


def test_a_worker_says_that_it_loads_the_program_again(tmp_path, monkeypatch):
    monkeypatch.setattr(process_state, "_worker", True)
    assert "ended with ZeroDivisionError: division by zero in a process that loads it again." in raised("1 / 0", {}, tmp_path)
