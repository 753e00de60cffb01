"""The help of a command shows the parameters of the program that it names, and executes nothing."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from laminar.cli.main import cli
from laminar.cli.options.parameter_help import rows

DECLARED = """\
raise SystemExit("executed")
from typing import ClassVar, Literal
from laminar import Flow

class Base(Flow):
    seed: int = 0

class Train(Base):
    source: str
    \'\'\'File to read.

    More of it.\'\'\'
    optimizer: Literal["sgd", "adam"] = "sgd"
    limit: ClassVar[int] = 1
    _own: int = 1
"""
CALLED = """\
from laminar import Flow

class Train(Flow): ...

if flow := Train():
    flow(rate=0.1, source="a.csv", execution="one")
"""


@pytest.mark.parametrize("command", ["run", "compile", "submit", "rehearse"])
def test_help_shows_what_the_flow_declares(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(DECLARED)
    done = CliRunner().invoke(cli, [command, "train.py", "--help"])
    assert done.exit_code == 0
    shown = " ".join(done.output.split())
    assert "Parameters of flow Train, for -p NAME=VALUE: seed: int = 0 source: str File to read. [required] optimizer:" in shown
    assert "limit" not in shown.partition("Parameters of flow Train")[2]


def test_help_shows_a_modules_parameters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(DECLARED)
    assert "source: str" in CliRunner().invoke(cli, ["run", "-m", "train", "-h"]).output


def test_without_declarations_the_keywords_of_the_call_are_shown(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(CALLED)
    assert list(rows(str(path))) == [
        ("Parameters of the program's calls, for -p NAME=VALUE", [("rate = 0.1", ""), ("source = 'a.csv'", "")])
    ]


def test_without_a_program_there_is_no_such_section():
    assert "Parameters of" not in CliRunner().invoke(cli, ["run", "--help"]).output
