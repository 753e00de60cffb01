"""Each option and argument of each command gets values of wrong kinds: a result or a message, never a mistake of laminar.

The options are those that the parser knows: a new one is drawn as soon as it exists.
"""

from __future__ import annotations

import io
import os
import sys

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laminar.cli.commands import CLUSTER, COMMANDS
from laminar.cli.commands import command as command_of
from laminar.cli.main import main
from laminar.compiler.cluster import http_session

PROGRAM = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.executors import Thread
class Train(Flow): ...
@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None: ...
if flow := Train(executor=Thread()):
    flow(rate=1, rows=[1], on=True, name="x")
"""
STORE = ("--datastore", "s3://bucket/prefix")
BASE = {
    "compile": ("train.py", *STORE),
    "lint": ("train.py", *STORE),
    "package": ("train.py", "--list"),
    "report": ("train.py", "-o", "report.html"),
    "submit": ("train.py", *STORE),
    "deploy": ("train.py", *STORE),
    "diff": ("train.py", *STORE),
    "doctor": (),
    "init": ("project",),
    "completion": ("bash",),
    "list": (),
}
"""Words of a command that make it work without a cluster, or reach for one; others get a program."""

SLOW = {"rehearse"}
"""Commands that run pods."""

EACH = [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in sorted(COMMANDS)]

TEXTS = [
    *("", " ", "x", "-1", "0", "1e999", "s4://x", "s3://", "file://", "a=1", "=", "rate=", "rate=[1,2", "on=2", "rows={"),
    *("\0", "0 4 * * *", "* *", "train.py", "none.py", "train.py:9", "{{x}}", "Train", "Fit", "latest", "bad.json", "1h30m"),
    *("-", "--", "@x", "é" * 300, "9" * 400, "\udcff", "a\nb", "[", "%s", "nan"),
]
VALUES = st.one_of(st.sampled_from(TEXTS), st.text(max_size=5).filter(lambda text: "/" not in text and text not in ("..", ".")))
PATHS = st.sampled_from(["..", "/", "/dev/null", "Mars/Olympus", "none/none.py", "train.py/x", ".laminar"])
SERVERS = st.sampled_from(["", " ", "127.0.0.1:1", "localhost:1", "http://127.0.0.1:1/x", "ftp://127.0.0.1", "127.0.0.1:99999"])
"""Places to connect to: no name that a resolver would be asked about."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    here = tmp_path / "a" / "b"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    (here / "train.py").write_text(PROGRAM)
    (here / "bad.json").write_text("{")
    (here / "pyproject.toml").write_text("")
    (here / ".laminar").mkdir()
    for name in ("ARGO_SERVER", "ARGO_TOKEN", "KUBERNETES_SERVICE_HOST", "LAMINAR_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(here / "none"))
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(http_session, "ATTEMPTS", 0)  # a server that refuses is asked once
    return here


def valued(command: str) -> list[click.Option]:
    """Return the options of a command that expect a value, but for the files that it writes."""
    options = [option for option in command_of(command).params if isinstance(option, click.Option)]
    return [option for option in options if not option.is_flag and option.name not in ("output", "keep", "folder")]


def flags(command: str) -> list[str]:
    """Return the options of a command that expect no value."""
    return [option.opts[0] for option in command_of(command).params if isinstance(option, click.Option) and option.is_flag]


def base(command: str) -> tuple[str, ...]:
    """Return the words of a command that works, or that cannot connect."""
    return BASE.get(command, ("train.py",) if command not in CLUSTER else ("some-run",))


def value_of(option: click.Option) -> st.SearchStrategy[str]:
    """Return values for an option; a flag of the same command never has one."""
    if option.name in ("server", "context"):
        return SERVERS
    return st.one_of(VALUES, PATHS) if option.name in ("datastore", "flow", "module", "parameter") else VALUES


def check(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command, and raise AssertionError where it makes a mistake or reports without advice."""
    capsys.readouterr()
    try:
        code = main(words)
    except SystemExit as leaving:
        code = leaving.code
    shown = capsys.readouterr().err
    assert "InternalError" not in shown, (words, shown)
    assert "\nTraceback" not in "\n" + shown, (words, shown)
    assert code in (None, *range(4)) or code in (69, 124, 130), (words, code, shown)
    quiet = words[0] in ("lint", "diff", "doctor", "status")  # they answer by their code
    assert not code or "fix: " in shown or "Error: " in shown or quiet, (words, code, shown)


def examples(few: int) -> int:
    """Return how many examples a command gets; LAMINAR_EXAMPLES sets another number for a long search."""
    return int(os.environ.get("LAMINAR_EXAMPLES", few))


ALLOWED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.parametrize("command", EACH)
def test_any_value_of_an_option_is_accepted_or_reported(command, folder, capsys):
    options, switches = valued(command), flags(command)

    @settings(max_examples=examples(3 if command in SLOW else 10), deadline=None, suppress_health_check=ALLOWED, database=None)
    @given(data=st.data())
    def each(data: st.DataObject) -> None:
        words = [command, *base(command)]
        if options and data.draw(st.integers(0, 4)):
            option = data.draw(st.sampled_from(options))
            words += [option.opts[0], data.draw(value_of(option))]
        if switches and not data.draw(st.integers(0, 3)):
            words.append(data.draw(st.sampled_from(switches)))
        check(words, capsys)

    each()


@pytest.mark.parametrize(
    "words", [("init", "9" * 400), ("lint", "é" * 300), ("runs", "\0"), ("submit", "\udcff")], ids=lambda w: w[0]
)
def test_a_path_that_no_system_accepts_is_reported(words, folder, capsys):
    check([*words], capsys)
    with pytest.raises(SystemExit):
        main([*words])


@pytest.mark.parametrize("command", EACH)
def test_any_words_of_a_command_are_accepted_or_reported(command, folder, capsys):
    @settings(max_examples=examples(3 if command in SLOW else 8), deadline=None, suppress_health_check=ALLOWED, database=None)
    @given(words=st.lists(VALUES, max_size=3))
    def each(words: list[str]) -> None:
        check([command, *words], capsys)

    each()
