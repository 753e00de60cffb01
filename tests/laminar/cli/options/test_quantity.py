"""Durations are read as people write them; sizes in tables suit people or programs."""

from __future__ import annotations

import click
import pytest

from laminar.cli.options.quantity import Duration, column


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("12h", 43_200), ("1.5d", 129_600), ("2w", 1_209_600), ("0", 0), (5.0, 5)],
)
def test_a_duration_is_a_number_with_a_unit(text, seconds):
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "1 s", "1y", "1e3s", ".5s", "1m30s", "1.s"])
def test_anything_else_is_a_usage_error_that_shows_what_to_write(text):
    with pytest.raises(click.BadParameter, match="is not a duration"):
        Duration().convert(text, None, None)


@pytest.mark.parametrize(("terminal", "text"), [(True, "1.5 kB"), (False, "1500")])
def test_a_size_in_a_table_is_for_people_on_a_terminal_only(terminal, text, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert column(1500) == text
