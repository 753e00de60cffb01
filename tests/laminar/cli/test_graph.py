"""``laminar graph``: every format, the parameters that -p replaces, several chains, and flows that cannot be drawn."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from laminar.cli.main import cli

PROGRAM = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow):
    "Train a model."

@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=parameters.rows)

@Train.register(foreach=ForEach([Parameter(Read, "rows")], batch=3))
class Fit(Layer):
    def __call__(self, read: Read) -> None: ...

class Judge(Flow): ...

@Judge.register
class Score(Layer):
    def __call__(self, parameters: Parameters) -> None: ...

if flow := Train():
    flow(rows=[1, 2]).next(flow=Judge(), linker=lambda execution: Parameters(a=1))
    Judge()(a=2)
"""


@pytest.fixture
def program(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "train.py"
    path.write_text(PROGRAM)
    return path


def graph(*words: str) -> Result:
    return CliRunner().invoke(cli, ["graph", *words])


def test_without_a_file_a_tree_is_printed(program):
    done = graph("train.py", "--flow", "Train")
    assert done.stdout.splitlines() == [
        "Train  Train a model.",
        "  parameters: rows=[1, 2]",
        "  o Read  1 CPU, 1.5 GB",
        "  o Fit   each Read.rows, batch 3; 1 CPU, 1.5 GB",
        "",
        "then, by the linker at train.py:23:",
        "Judge",
        "  parameters: made by the linker",
        "  o Score  1 CPU, 1.5 GB",
    ]


def test_all_chains_of_a_program_are_drawn(program):
    assert [line for line in graph("train.py").stdout.splitlines() if line.startswith(("Train", "Judge"))] == [
        "Train  Train a model.",
        "Judge",
        "Judge",
    ]


def test_a_parameter_of_the_command_line_replaces_the_programs(program):
    assert "rows=[5]" in graph("train.py", "--flow", "Train", "-p", "rows=[5]").stdout


@pytest.mark.parametrize(
    ("ending", "start"),
    [("svg", b"<svg "), ("html", b"<!doctype html>"), ("png", b"\x89PNG"), ("mmd", b"flowchart"), ("dot", b"digraph")],
)
def test_the_ending_of_a_file_names_its_format(program, ending, start):
    done = graph("train.py", "-o", f"made.{ending}")
    assert (done.exit_code, done.stdout) == (0, "")
    assert Path(f"made.{ending}").read_bytes().startswith(start)


def test_a_page_holds_source_and_yaml_though_no_pod_can_reach_the_datastore(program):
    graph("train.py", "-o", "made.html")
    page = Path("made.html").read_text()
    found = re.search(r'<script type="application/json" class="boxes">(.*?)</script>', page)
    assert found
    boxes = {box["name"]: box for box in json.loads(found[1]).values()}
    assert "class Fit(Layer):" in boxes["Fit"]["source"]
    assert "withSequence" in boxes["Fit"]["yaml"]
    assert "# template" in boxes["Fit"]["yaml"]
    assert "s3://bucket/prefix" in page


def test_an_unknown_ending_is_an_error_that_lists_the_known(program):
    done = graph("train.py", "-o", "made.pdf")
    assert done.exit_code == 2
    assert ".svg, .html, .png, .mmd, .dot" in done.output
    assert not Path("made.pdf").exists()


def test_a_folder_that_does_not_exist_is_an_error(program):
    done = graph("train.py", "-o", "nowhere/made.svg")
    assert "cannot be written" in str(done.exception)
