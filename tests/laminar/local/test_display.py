"""The output of layers follows their names; unfinished lines of several layers do not run into each other."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from laminar.local import display

CASES = {
    "whole lines": ([("A", b"one\ntwo\n")], b"A | one\nA | two\n"),
    "an empty line": ([("A", b"\n")], b"A | \n"),
    "a line in parts": ([("A", b"\x80on"), ("A", b"e\n")], b"A | \x80one\n"),
    "two unfinished lines": ([("A", b"10%"), ("B", b"x\n"), ("A", b"20%\n")], b"A | 10%\nB | x\nA | 20%\n"),
    "progress with the return first": ([("A", b"\r10%"), ("A", b"\r20%"), ("A", b"\n")], b"A | 10%\rA | 20%\n"),
    "progress with the return last": ([("A", b"10%\r"), ("A", b"20%\r"), ("A", b"\n")], b"A | 10%\rA | 20%\r\n"),
    "lines of Windows": ([("A", b"one\r\n\r\n")], b"A | one\r\nA | \r\n"),
}


@pytest.mark.parametrize("kind", CASES)
def test_output_is_labelled(kind):
    parts, expected = CASES[kind]
    reporter = display.Quiet()
    assert b"".join(reporter._labelled("stdout", name, data) for name, data in parts) == expected


def test_a_run_in_threads_has_no_bars_that_would_draw_over_a_prompt(monkeypatch):
    monkeypatch.setattr(display, "_is_fixed", False)
    monkeypatch.setattr(display, "_current", display.Quiet())
    monkeypatch.setattr(display.sys, "stderr", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setenv("TERM", "xterm")
    live = display.choose()
    assert live.is_live and display.choose() is live
    assert not display.choose(live=False).is_live
    assert display.choose().is_live
