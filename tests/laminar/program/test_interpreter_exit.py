"""A forked process ends as Python ends, without the exit functions of its parent."""

from __future__ import annotations

import io
import sys
import threading
from typing import Any

import pytest

from laminar.program import interpreter_exit


class Registered:
    """Stand for the module `atexit`: the real one's functions are those of the test's own process."""

    def __init__(self) -> None:
        self.functions: list[Any] = []

    def register(self, function: Any) -> None:
        self.functions.append(function)

    def _clear(self) -> None:
        self.functions.clear()

    def _run_exitfuncs(self) -> None:
        for function in reversed(self.functions):
            function()


@pytest.fixture
def process(monkeypatch):
    """Replace the functions that end this process; return the order of the calls."""
    calls: list[str] = []
    registered = Registered()
    monkeypatch.setattr(interpreter_exit, "_atexit", lambda: registered)
    monkeypatch.setattr(threading, "_shutdown", lambda: calls.append("threads"))
    monkeypatch.setattr(interpreter_exit.weakref.finalize, "_exitfunc", lambda: calls.append("finalizers"))
    monkeypatch.setattr(interpreter_exit.sys, "modules", {"threading": threading})
    return registered, calls


def test_threads_end_before_exit_functions_and_these_before_finalizers(process):
    registered, calls = process
    registered.register(lambda: calls.append("first"))
    registered.register(lambda: calls.append("last"))
    interpreter_exit.finish()
    assert calls == ["threads", "last", "first", "finalizers"]


def test_an_exit_function_that_raises_is_reported_and_the_rest_goes_on(process, capsys):
    registered, calls = process

    def broken() -> None:
        raise SystemExit("broken")

    registered.register(broken)
    interpreter_exit.finish()
    assert calls == ["threads", "finalizers"]
    assert "SystemExit: broken" in capsys.readouterr().err


def test_what_the_parent_registered_is_disowned(monkeypatch):
    class Info:
        atexit = True

    registered, info = Registered(), Info()
    registered.register(lambda: None)
    monkeypatch.setattr(interpreter_exit, "_atexit", lambda: registered)
    monkeypatch.setattr(interpreter_exit, "_finalizers", lambda: {object(): info})
    monkeypatch.setattr(interpreter_exit.sys, "modules", {})
    interpreter_exit.disown()
    assert registered.functions == [] and info.atexit is False


def test_open_files_are_flushed(tmp_path):
    with (tmp_path / "text").open("w") as words, (tmp_path / "bytes").open("wb") as data:
        words.write("one")
        data.write(b"two")
        interpreter_exit.flush_files()
        assert (tmp_path / "text").read_text() == "one" and (tmp_path / "bytes").read_bytes() == b"two"


def test_a_file_that_cannot_be_flushed_is_passed_over(monkeypatch):
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError("no space left")

    closed = io.StringIO()
    closed.close()
    for file in (Full(), closed, None, object()):
        monkeypatch.setattr(sys, "stdout", file)
        interpreter_exit.flush_files()
