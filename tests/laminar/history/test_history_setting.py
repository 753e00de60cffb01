"""Logs are kept unless the environment or the project says otherwise; the environment wins."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, compiler, history
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.history import history_setting


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.delenv("LAMINAR_LOGS", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    return tmp_path / "inner" / "main.py"


@pytest.mark.parametrize(
    ("text", "variable", "kept"),
    [
        ("", "", True),
        ("[tool.laminar]\nlogs = false\n", "", False),
        ("[tool.laminar]\nlogs = true\n", "", True),
        ("[tool.laminar]\nlogs = true\n", "off", False),
        ("[tool.laminar]\nlogs = false\n", "true", True),
        ("[tool.laminar\nlogs = false\n", "", True),
        ("[tool.other]\nlogs = false # laminar\n", "", True),
    ],
)
def test_logs_are_kept(text, variable, kept, program, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(text)
    if variable:
        monkeypatch.setenv("LAMINAR_LOGS", variable)
    assert history_setting.are_logs_kept(str(program)) is kept
    assert history_setting.are_logs_kept() is kept


class Speaks(Flow): ...


@Speaks.register
class Say(Layer):
    def __call__(self) -> None:
        print("said")


@pytest.mark.parametrize(("logs", "lines"), [("true", ["Say | said"]), ("false", [])])
def test_a_run_keeps_them_or_not_and_its_attempts_all_the_same(logs, lines, monkeypatch):
    monkeypatch.setenv("LAMINAR_LOGS", logs)
    flow = Speaks(datastore=Memory(), executor=Thread())
    execution = flow(execution="one")
    assert list(execution.logs()) == lines
    assert [one.how for one in history.find("Speaks", "one", flow.configuration.datastore).attempts] == ["finished"]


@pytest.mark.parametrize(("text", "emitted"), [("[tool.laminar]\nlogs = false\n", True), ("", False)])
def test_pods_are_started_with_the_projects_setting(text, emitted, program, tmp_path):
    (tmp_path / "pyproject.toml").write_text(text)
    program.write_text(
        "from laminar import Flow, Layer\nclass F(Flow): ...\n@F.register\nclass L(Layer): ...\n"
        "if flow := F(datastore='s3://bucket/store'): flow()\n"
    )
    assert ("LAMINAR_LOGS" in compiler.compile(program)) is emitted
