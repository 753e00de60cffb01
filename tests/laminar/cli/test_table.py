"""A table is drawn on a terminal, and tab-separated where it is piped."""

from __future__ import annotations

import click
import pytest

from laminar.cli.table import table

ROWS = [("Train", "[bold]x[/bold]"), ("Score", "2")]


def test_a_piped_table_is_tab_separated(capsys):
    table(("flow", "value"), iter(ROWS))
    assert capsys.readouterr().out == "flow\tvalue\nTrain\t[bold]x[/bold]\nScore\t2\n"


def test_a_table_without_rows_has_its_columns(capsys):
    table(("flow", "value"), [])
    assert capsys.readouterr().out == "flow\tvalue\n"


@pytest.mark.parametrize("width", ["40", "200"])
def test_a_drawn_table_aligns_its_columns_and_reads_no_markup(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    table(("flow", "value"), ROWS)
    lines = click.unstyle(capsys.readouterr().out).splitlines()
    assert lines[-1].index("2") == lines[0].index("value")
    assert "Train" in lines[1]
    assert "[bold]x[/bold]" in lines[1]


def test_a_cell_of_a_piped_table_is_on_one_line(capsys):
    table(("flow", "value"), [("Train", "a\nb\tc\r")])
    assert capsys.readouterr().out == "flow\tvalue\nTrain\ta b c \n"


def test_short_cells_are_not_folded_where_there_is_room(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    row = ("9AnmGPM", "failed", "2026-11-30 02:14:18", "failed: " + "VeryLongName" * 5)
    table(("run", "state", "started", "what"), [row])
    first = click.unstyle(capsys.readouterr().out).splitlines()[1]
    assert first.split()[:4] == ["9AnmGPM", "failed", "2026-11-30", "02:14:18"]


def test_a_long_message_is_shortened_on_a_terminal_only(monkeypatch, capsys):
    rows = [("0", f"failed ({'x' * 500})")]
    table(("split", "state"), rows, shorten=("state",))
    assert "x" * 500 in capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    table(("split", "state"), rows, shorten=("state",))
    assert "xxx...)" in capsys.readouterr().out
