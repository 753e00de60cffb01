"""Each option of each command gets values of wrong kinds: a result or a message with advice, never a mistake of laminar."""

from __future__ import annotations

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laminar.cli.commands import command as command_of
from laminar.cli.main import main

PROGRAM = """\
from laminar import Flow, Layer, Parameters
class Train(Flow): ...
@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None: ...
if flow := Train():
    flow(rate=1, rows=[1], on=True, name="x")
"""
COMMANDS = {
    "compile": ("train.py", "--datastore", "s3://bucket/prefix"),
    "lint": ("train.py", "--datastore", "s3://bucket/prefix"),
    "package": ("train.py", "--list"),
    "results": ("train.py",),
    "show": ("train.py",),
    "report": ("train.py", "-o", "report.html"),
    "gc": ("train.py",),
    "du": ("train.py",),
}
VALUES = st.one_of(
    st.sampled_from(
        [
            *("", " ", "x", "-1", "1e999", "s4://x", "s3://", "file://", "a=1", "=", "rate=", "rate=[1,2", "on=2", "rows={"),
            *("..", "/", "\0", "0 4 * * *", "* *", "Mars/Olympus", "train.py", "none/none.py", "{{x}}", "Train", "latest"),
            *("é" * 300, "9" * 400),
        ]
    ),
    st.text(max_size=5),
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(PROGRAM)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / ".laminar").mkdir()
    return tmp_path


def valued(command: str) -> list[str]:
    """Return the options of a command that expect a value."""
    options = [option for option in command_of(command).params if isinstance(option, click.Option)]
    return [option.opts[0] for option in options if not option.is_flag and option.name != "output"]


@pytest.mark.parametrize("command", COMMANDS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_of_an_option_is_accepted_or_reported(command, data, folder, capsys):
    option = data.draw(st.sampled_from(valued(command)))
    value = data.draw(VALUES)
    words = [command, *COMMANDS[command], option, value]
    try:
        code = main(words)
    except SystemExit as leaving:
        code = leaving.code
    shown = capsys.readouterr().err
    assert code in (None, 0, 1, 2), (words, shown)
    assert "InternalError" not in shown, words
    assert "Traceback" not in shown, words
    assert not code or "fix: " in shown or "Error: " in shown or command == "lint", words
