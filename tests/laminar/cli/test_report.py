"""``laminar report``: how the command names a run, and the file that it writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from laminar.cli.main import cli
from laminar.configurations.datastores import Local
from tests.support.stored_runs import save_run

PROGRAM = """\
from laminar import Flow, Layer
class Train(Flow): ...
@Train.register
class Read(Layer): ...
if flow := Train(): flow()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(PROGRAM)
    store = Local(tmp_path / ".laminar")
    save_run(store, execution="first")
    save_run(store, execution="second", failing=(1,), file=str(tmp_path / "train.py"))
    return tmp_path


def report(*words: str) -> Result:
    return CliRunner().invoke(cli, ["report", *words])


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ((), "second"),
        (("first",), "first"),
        (("fir",), "first"),
        (("Train",), "second"),
        (("Train", "first"), "first"),
        (("train.py",), "second"),
        (("train.py", "first"), "first"),
        (("first", "--datastore", ".laminar"), "first"),
    ],
    ids=" ".join,
)
def test_words_name_a_run(words, shown):
    done = report(*words, "-o", "page.html")
    assert (done.exit_code, done.output) == (0, "")
    assert f"<title>Train {shown}: " in Path("page.html").read_text()


def test_without_a_file_the_page_has_the_name_of_the_run():
    assert report("first").stderr == "wrote Train-first.html\n"
    assert Path("Train-first.html").read_text().startswith("<!doctype html>")


def test_words_that_name_nothing_are_an_error():
    assert "There is no execution 'other'" in str(report("other").exception)


def test_values_can_be_left_out():
    report("first", "--no-values", "-o", "page.html")
    assert "not shown" in Path("page.html").read_text()
