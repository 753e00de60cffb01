"""The output of a recorded program goes to standard error."""

from __future__ import annotations

import io
import sys

import pytest

from laminar.program import program_streams
from laminar.program.program_streams import aside


@pytest.fixture
def errors(tmp_path):
    with (tmp_path / "errors").open("w+") as file:
        yield file


def text(file: io.TextIOWrapper) -> str:
    file.flush()
    file.seek(0)
    return file.read()


@pytest.mark.parametrize("keep", [False, True])
def test_output_leads_to_standard_error_and_the_streams_are_put_back(keep, errors, monkeypatch):
    mine = io.StringIO()  # not connected with descriptor 1: it gets a stream of its own even where it is kept
    monkeypatch.setattr(sys, "stdout", mine)
    monkeypatch.setattr(sys, "stderr", errors)
    with aside(keep=keep):
        print("recorded")
        sys.stderr = sys.stdin = io.StringIO()
    assert sys.stdout is mine and sys.stderr is errors and mine.getvalue() == ""
    assert text(errors) == "recorded\n"


def test_the_programs_stream_stays_open_for_who_holds_it(errors, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", errors)
    with aside(keep=False):
        held = sys.stdout
    held.write("later\n")
    assert text(errors) == "later\n"
    program_streams._streams.remove(held)
    held.close()


def test_streams_are_put_back_after_an_error_and_whatever_stands_there(errors, monkeypatch):
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    monkeypatch.setattr(sys, "stderr", errors)

    def fail() -> None:
        with aside(keep=False):
            sys.stdout = None  # type: ignore[assignment]
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    assert sys.stdout is mine


def test_standard_error_in_memory_takes_what_is_printed(monkeypatch):
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setattr(sys, "stderr", errors)
    with aside(keep=False):
        print("recorded")
    assert errors.getvalue() == "recorded\n"


def test_a_stream_is_connected_by_its_descriptor_alone(errors):
    class Connected:
        def fileno(self) -> int:
            return 1

    assert program_streams._is_connected(Connected())
    assert not any(map(program_streams._is_connected, (errors, io.StringIO(), None, object())))
