"""The text of an error that a program does not catch."""

from __future__ import annotations

import asyncio
import sys
import traceback

import pytest

from laminar import Flow
from laminar.exceptions import FlowError, InternalError, LaminarError, raise_all
from laminar.program import uncaught_error


class Train(Flow): ...


def caught(function) -> BaseException:  # type: ignore[no-untyped-def]
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def shown(error: BaseException, capsys) -> str:  # type: ignore[no-untyped-def]
    uncaught_error.show(type(error), error, error.__traceback__)
    return str(capsys.readouterr().err)


def in_a_loop() -> None:
    async def run() -> None:
        Train().registered("Fit")

    asyncio.run(run())


@pytest.mark.parametrize("function", [lambda: Train().registered("Fit"), in_a_loop], ids=["call", "loop"])
def test_the_frames_of_the_user_are_shown_and_neither_laminars_nor_those_of_an_event_loop(function, capsys):
    error = caught(function)
    lines = shown(error, capsys).splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    files = [line for line in lines if line.startswith("  File ")]
    assert files and all("test_uncaught_error.py" in line for line in files)
    assert lines[-3:] == ["FlowError: Flow 'Train' registers no layer 'Fit'.", *str(error).splitlines()[1:]]


def test_problems_that_were_found_together_are_shown_one_after_the_other(capsys):
    error = caught(lambda: raise_all([FlowError("One."), LaminarError("Two.", fix="do.")]))
    assert shown(error, capsys).endswith("FlowError: One.\nLaminarError: Two.\n  fix: do.\n")


def test_an_interrupt_is_shown_with_its_notes(capsys):
    error = KeyboardInterrupt()
    uncaught_error.add_note(error, "resume with: it")
    uncaught_error.add_note(error, "")
    assert shown(error, capsys) == "KeyboardInterrupt\nresume with: it\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x"), InternalError("ours")], ids=repr)
def test_other_errors_are_shown_by_python(error, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "__excepthook__", lambda *given: seen.append(given))
    assert shown(error, capsys) == ""
    assert seen == [(type(error), error, None)]


def test_an_error_that_the_program_raises_from_one_of_laminars_shows_its_own_frames_of_both(capsys, monkeypatch):
    def fail() -> None:
        try:
            Train().registered("Fit")
        except FlowError as error:
            raise ValueError("mine") from error

    monkeypatch.setattr(sys, "__excepthook__", lambda kind, error, trace: traceback.print_exception(kind, error, trace))
    text = shown(caught(fail), capsys)
    assert "registers no layer 'Fit'" in text and text.endswith("ValueError: mine\n")
    assert "test_uncaught_error.py" in text and "in registered" not in text


def test_all_frames_are_shown_where_the_environment_says_so(capsys, monkeypatch):
    monkeypatch.setenv("LAMINAR_TRACEBACK", "1")
    assert "in registered" in shown(caught(lambda: Train().registered("Fit")), capsys)


def test_a_hook_that_is_there_stays(monkeypatch):
    own = lambda *given: None  # noqa: E731
    monkeypatch.setattr(sys, "excepthook", own)
    uncaught_error.install()
    assert sys.excepthook is own
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    uncaught_error.install()
    assert sys.excepthook is uncaught_error.show
