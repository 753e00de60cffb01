"""The tree of a run: its lines in 80 and 200 columns, with 300 layers, with a fan-out of 1,000."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from laminar.cli.run_view import changes, failure, tree
from laminar.compiler.cluster.progress import Attempt, LayerProgress, Progress, Split

CAPTURES = Path("docs/captures")
BEGAN = 1_000_000.0


def attempt(phase="Succeeded", number=1, cause="", took=12.0):
    ended = BEGAN + took if phase in ("Succeeded", "Failed", "Error") else None
    return Attempt(number, phase, cause, f"pod-{number}", BEGAN, ended)


def split(phase="Succeeded", index=None, cause="", before=()):
    attempts = [attempt("Failed", number, text) for number, text in enumerate(before, 1)]
    return Split(index, phase, (*attempts, attempt(phase, len(before) + 1, cause)))


def layer(name, phase="Succeeded", splits=None, *, flow="Train", message=""):
    found = splits if splits is not None else [split(phase)] if phase not in ("Waiting", "Skipped", "Omitted") else []
    return LayerProgress(flow, name, phase, tuple(found), message, fans_out=len(found) > 1)


def run(*layers, phase="Running", message="", name="train-x7k2f"):
    end = None if phase == "Running" else BEGAN + 125
    return Progress(name, "argo", "2f0a7c1e-5d1c-4b43-9d2a-93a3d6f0c1aa", "Train", phase, message, BEGAN, end, False, layers)


OOM = "out of memory (OOMKilled)"
NO_NODE = "no node fits: 0/3 nodes are available: 3 Insufficient memory, 2 node(s) had untolerated taint {gpu: true}"


def usual() -> Progress:
    fit = [
        split("Succeeded", 0),
        split("Running", 1, before=[OOM]),
        split("Pending", 2, NO_NODE),
        split("Failed", 3, OOM, [OOM, OOM]),
    ]
    return run(
        layer("Split"),
        layer("Fit", "Running", fit),
        layer("Report", "Skipped", message="a layer that it reads was skipped"),
        layer("Best", "Waiting"),
    )


def wide() -> Progress:
    phases = ["Succeeded"] * 640 + ["Failed"] * 12 + ["Running"] * 48 + ["Pending"] * 300
    splits = [split(phase, index, OOM if phase == "Failed" else "") for index, phase in enumerate(phases)]
    return run(layer("Split"), layer("Fit", "Running", splits), layer("Best", "Waiting"))


def long() -> Progress:
    phases = ["Succeeded"] * 180 + ["Failed"] * 2 + ["Running"] * 8 + ["Waiting"] * 110
    return run(*(layer(f"Layer{number}", phase, flow="Train") for number, phase in enumerate(phases)))


def drawn(state: Progress, width: int, height: int | None = None) -> str:
    return "".join(f"{line.plain}\n" for line in tree(state, BEGAN + 125, width=width, height=height))


LOOKS = [("usual", usual, 80, None), ("usual", usual, 200, None), ("wide", wide, 80, None), ("long", long, 80, 24)]


@pytest.mark.parametrize(("name", "state", "width", "height"), LOOKS)
def test_the_tree_looks_as_the_docs_show_it(golden, name, state, width, height):
    golden(drawn(state(), width, height), CAPTURES / f"{name}-{width}.txt")


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("state", [usual, wide, long])
def test_no_line_is_wider_than_the_terminal(state, width):
    assert max(len(line) for line in drawn(state(), width).splitlines()) <= width


@pytest.mark.parametrize("height", [5, 12, 24, 50])
def test_a_tree_fits_the_terminal_and_hides_no_failure(height):
    text = drawn(long(), 80, height)
    assert len(text.splitlines()) <= max(height, 17)  # what fails and runs is always there
    assert "Layer180" in text and "Layer181" in text
    counted = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("  and "))
    assert counted + sum(line.startswith("  Layer") for line in text.splitlines()) == 300


def test_a_fan_out_of_a_thousand_is_a_row_and_a_line_for_each_cause():
    lines = drawn(wide(), 80).splitlines()
    assert len(lines) == 2 + 1 + 1 + 1 + 1 and lines[4] == "      [640-651] out of memory (OOMKilled)"


def test_causes_beyond_the_fifth_are_a_count_of_splits():
    splits = [replace(split("Failed", number, f"cause {number // 2}")) for number in range(14)]
    lines = drawn(run(layer("Fit", "Failed", splits)), 80).splitlines()
    assert lines[3:] == [*(f"      [{2 * cause}-{2 * cause + 1}] cause {cause}" for cause in range(5)), "      and 4 more"]


def test_a_split_that_is_tried_again_says_why_its_last_attempt_failed():
    tried = split("Failed", 1, "killed")
    lines = drawn(run(layer("Fit", "Running", [replace(tried, phase="Running")])), 80).splitlines()
    assert lines[3] == "      [1] attempt 1: killed; another one follows"


def test_a_failure_is_one_line_with_the_first_cause():
    assert failure(run(layer("Fit", "Failed", [split("Failed", 1, OOM), split("Failed", 2, OOM)]))) == (
        f"Fit[1], attempt 1: {OOM}, and 1 more"
    )
    assert failure(run(layer("Fit"), phase="Failed", message="Stopped")) == "Stopped"


def test_colours_are_left_out_where_there_is_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, highlight=False)
    for line in tree(usual(), BEGAN, width=80):
        console.print(line)
    assert "\x1b[3" not in out.getvalue() and "Fit" in out.getvalue()


def test_changes_between_two_states_are_lines():
    before = run(layer("Split", "Running"), layer("Fit", "Waiting"))
    after = run(layer("Split"), layer("Fit", "Running", [split("Running", 0), split("Failed", 1, OOM)]))
    assert list(changes(before, after)) == [
        "  Split succeeded in 12 s",
        f"  Fit[1] failed at attempt 1: {OOM}",
        "  Fit running",
    ]
    assert list(changes(after, after)) == []
    end = run(*after.layers, phase="Failed", message="Stopped with strategy 'Stop'")
    assert list(changes(after, end)) == ["train-x7k2f: failed after 2 min 5 s: Stopped with strategy 'Stop'"]
