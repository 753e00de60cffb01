"""The examples run on real input and print the documented output."""

from __future__ import annotations

import os
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


@pytest.mark.slow
def test_train_fits_the_grid_and_evaluates_the_best_in_a_second_flow(tmp_path):
    out = run("train", tmp_path, "-p", "trees=[5,20]", "-p", "depths=[2,8]")
    assert out.count("Fit[") == 4
    found = re.search(r"accuracy on unseen digits: (0\.\d+)", out)
    assert found is not None and float(found[1]) > 0.8


def test_report_retries_catches_and_joins(tmp_path):
    out = run("report", tmp_path, "-p", "source=CHANGELOG.md")
    assert re.fullmatch(r"\d+ headings, \d+ links, no tables\n", out)


@pytest.mark.parametrize(
    ("example", "arguments", "printed"),
    [
        ("branches", (), "published a model of score 0.9\n"),
        ("branches", ("-p", "minimum=0.99"), "a score of 0.9 is too low: 0.99 is needed\n"),
        ("sales", (), "pear          23\napple         21\nbread         19\n"),
        ("memory", (), "trained in attempt 3 with 2000 MB\n"),
        ("nightly", ("-p", "day=2026-01-31"), "Write | 2026-01-31: 1047 visits\n"),
    ],
)
def test_an_example_prints_its_result(example, arguments, printed, tmp_path):
    assert run(example, tmp_path, *arguments) == printed


@pytest.mark.slow
def test_sales_reads_a_folder_on_s3(tmp_path, monkeypatch):
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    try:
        variables = {
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": endpoint,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        bucket = boto3.resource("s3", endpoint_url=endpoint).create_bucket(Bucket="shop")
        for file in (ROOT / "examples" / "sales").glob("*.csv"):
            bucket.put_object(Key=f"sales/{file.name}", Body=file.read_bytes())
        assert run("sales", tmp_path, "-p", "source=s3://shop/sales").startswith("pear          23\n")
    finally:
        server.stop()


@pytest.mark.slow
def test_the_tests_of_an_example_pass(tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(ROOT / "examples" / "tests")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "5 passed" in done.stdout, done.stdout


CELLS = """\
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in json.load(open(sys.argv[1]))["cells"]:
    if cell["cell_type"] == "code":
        shell.run_cell("".join(cell["source"]), store_history=True).raise_error()
"""


@pytest.mark.slow
def test_the_cells_of_the_notebook_run(tmp_path):
    command = [sys.executable, "-c", CELLS, str(ROOT / "examples" / "notebook.ipynb")]
    variables = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=variables)
    assert done.returncode == 0, done.stderr
    assert "0.25" in done.stdout and "kind: Workflow" in done.stdout


def test_every_example_has_a_page_with_its_picture_its_program_and_its_yaml():
    for program in (ROOT / "examples").glob("*.py"):
        page = (ROOT / "docs" / "examples" / f"{program.stem}.md").read_text(encoding="utf-8")
        for needed in (
            f"](../pictures/{program.stem}.svg)",
            f"examples/{program.stem}.py\n:language",
            f"examples/{program.stem}.yaml\n:language",
        ):
            assert needed in page


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
