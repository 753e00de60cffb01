"""The examples run on real input and print what they promise."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(example: str, cwd: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "laminar", "run", str(ROOT / "examples" / f"{example}.py"), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wordcount_counts_the_words_of_the_repositorys_documents(tmp_path):
    out = run("wordcount", tmp_path)
    words: Counter[str] = Counter()
    for path in ROOT.glob("*.md"):
        words.update(re.findall(r"[a-z]+", path.read_text(encoding="utf-8").lower()))
    assert f"\n{words.total()} words, {len(words)} different ones" in out
    assert out.count("Count[") == len(list(ROOT.glob("*.md")))


def test_train_fits_the_grid_and_evaluates_the_best_in_a_second_flow(tmp_path):
    out = run("train", tmp_path, "-p", "trees=[5,20]", "-p", "depths=[2,8]")
    assert out.count("Fit[") == 4
    found = re.search(r"accuracy on unseen digits: (0\.\d+)", out)
    assert found is not None and float(found[1]) > 0.8


def test_report_retries_catches_and_joins(tmp_path):
    out = run("report", tmp_path, "-p", "source=CHANGELOG.md")
    assert re.fullmatch(r"\d+ headings, \d+ links, no tables\n", out)


def pods(example: str, cwd: Path, *arguments: str) -> list[str]:
    """Return the pods, but those that are tried again, that an example's golden workflow runs."""
    command = [sys.executable, "-m", "laminar", "rehearse", str(ROOT / "examples" / f"{example}.yaml"), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.findall(r"^Succeeded +Pod +(\S+)", done.stdout, re.MULTILINE)
    return sorted(re.sub(r"^[a-z-]+\.|\(\d+\)$", "", name) for name in found)


def test_wordcount_runs_one_pod_a_split_and_none_besides(tmp_path):
    files = len(list(ROOT.glob("*.md")))
    assert pods("wordcount", tmp_path) == [*(f"Count({place}:{place})" for place in range(files)), "Find", "Merge"]


def test_report_runs_one_pod_a_layer(tmp_path):
    assert pods("report", tmp_path) == ["Average", "Headings", "Links", "Read", "Write"]


@pytest.mark.slow
def test_train_runs_one_pod_a_split_and_one_for_the_link(tmp_path):
    found = pods("train", tmp_path, "-p", "trees=[5,10]", "-p", "depths=[2]")
    assert found == ["Evaluate.Report", "Train.Best", "Train.Fit(0:0)", "Train.Fit(1:1)", "Train.Split", "link-2"]
