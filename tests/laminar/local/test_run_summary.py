"""The end of a run says how many layers ended how, and which command shows more."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from laminar.local import resume_command, run_summary
from laminar.local.run_summary import Tally
from tests.support.durations import timeless

DONE = {"A": "finished", "B": "finished"}

CASES = {
    "all finished": ({}, {**DONE, "C": "skipped"}, set(), "finished in 0 s: 2 layers finished, 1 skipped"),
    "all reused": ({}, {**DONE, "C": "finished"}, {"A", "B", "C"}, "finished in 0 s: 3 layers reused"),
    "resumed": (
        {"A": "finished"},
        {"B": "finished", "C": "finished"},
        set(),
        "finished in 0 s: 2 layers finished, 1 finished before",
    ),
    "failed": ({}, {"A": "failed"}, set(), "failed after 0 s: 1 layer failed, 2 not run"),
    "stopped": ({}, {}, set(), "stopped after 0 s: 3 layers not run"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_run_is_summed_up(case):
    before, ended, reused, expected = CASES[case]
    tally = Tally(("A", "B", "C"), before, ended, reused, began=time.monotonic())
    assert timeless(tally.text("T")) == f"T: {expected}"


def test_a_layer_that_was_running_when_the_run_stopped_is_interrupted():
    tally = Tally(("A", "B", "C"), begun={"A", "B"}, ended={"A": "finished"}, began=time.monotonic())
    assert timeless(tally.text("T")) == "T: stopped after 0 s: 1 layer finished, 1 interrupted, 1 not run"


def test_the_next_command_names_the_program_and_the_short_id(monkeypatch):
    monkeypatch.setattr(resume_command, "program_words", lambda execution: ("a b.py",))
    execution = SimpleNamespace(id="0ujtsYcgvSTl8PAuAdqWYSMnLOv")
    assert run_summary.next_commands(execution, failed=False) == ("laminar report 'a b.py' YSMnLOv",)
    assert run_summary.next_commands(execution, failed=True)[1:] == ("laminar logs 'a b.py' YSMnLOv --failed",)


def test_a_run_whose_data_ends_with_the_process_has_no_next_command(monkeypatch):
    monkeypatch.setattr(resume_command, "program_words", lambda execution: ())
    assert run_summary.next_commands(SimpleNamespace(id="one"), failed=True) == ()
