"""The command line as a whole: no traceback reaches a user."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest

from laminar.cli.main import cli, main

BROKEN = """\
import laminar.cli.results
def broken(*arguments): raise KeyError("unexpected")
laminar.cli.results._executions = broken
from laminar.cli import main
main(["results", "--datastore", "."])
"""


@pytest.mark.parametrize("traceback", ["", "1"])
def test_a_mistake_of_laminar_itself_is_one_message_that_says_how_to_report_it(traceback):
    environment = {**os.environ, "LAMINAR_TRACEBACK": traceback, "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "-c", BROKEN], capture_output=True, text=True, env=environment, check=False)
    if traceback:
        assert "Traceback" in done.stderr
        return
    assert done.returncode == 70
    assert done.stderr.splitlines()[0] == "InternalError: laminar made a mistake: KeyError: 'unexpected'"
    assert "LAMINAR_TRACEBACK=1" in done.stderr
    assert "Traceback (most" not in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["lint", "--help"], ["completion", "bash"]], ids=" ".join)
def test_a_closed_pipe_is_no_error_and_has_its_own_exit_code(words):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "laminar", *words]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("code", [0, 1, 3])
def test_an_exit_code_that_a_command_asks_for_is_the_processs(code, monkeypatch):
    @click.command("leave")
    def leave() -> None:
        raise click.exceptions.Exit(code)

    monkeypatch.setitem(cli.commands, "leave", leave)
    with pytest.raises(SystemExit) as caught:
        main(["leave"])
    assert caught.value.code == code


def test_a_command_that_returns_leaves_the_process_alone(monkeypatch):
    monkeypatch.setitem(cli.commands, "stay", click.Command("stay", callback=lambda: None))
    assert main(["stay"]) is None


def test_help_exits_with_0():
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0


@pytest.mark.parametrize(
    ("words", "advice"),
    [(["complie"], "Did you mean 'compile'?"), (["run", "x.py", "y"], "Arguments of the program follow --")],
)
def test_a_wrong_word_is_reported_with_advice(words, advice, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert advice in capsys.readouterr().err
