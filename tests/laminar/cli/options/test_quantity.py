"""Durations and sizes are read and written as people write them."""

from __future__ import annotations

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.cli.options.quantity import UNITS, Duration, column, duration
from laminar.quantities import size


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


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (60, "1 min"), (90, "90 s"), (119, "119 s"), (120, "2 min"), (3600, "1 h"), (86_400, "1 d")]
)
def test_a_duration_is_shown_in_the_largest_unit_that_keeps_it_readable(seconds, text):
    assert duration(seconds) == text


@given(st.floats(0, 1e9))
def test_a_shown_duration_is_close_to_the_one_it_stands_for(seconds):
    number, unit = duration(seconds).split()
    assert float(number) * UNITS[unit.replace("min", "m")] == pytest.approx(seconds, rel=0.006)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_500_000, "1.5 MB"), (10**19, "10000.0 PB")],
)
def test_a_size_has_a_decimal_prefix(count, text):
    assert size(count) == text


@pytest.mark.parametrize(("terminal", "text"), [(True, "1.5 kB"), (False, "1500")])
def test_a_size_in_a_table_is_for_people_on_a_terminal_only(terminal, text, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    assert column(1500) == text
