"""Durations are read as people write them; sizes in tables suit people or programs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import click
import pytest

from laminar.cli.options.quantity import Duration, Since, column


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


def test_a_time_in_the_past_is_a_duration_a_day_or_a_date():
    since, now = Since(), datetime.now().astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    assert since.convert("2h", None, None) == 7200
    assert abs(since.convert("yesterday", None, None) - (now - midnight).total_seconds() - 86_400) < 3700  # summer time may begin
    assert 0 <= since.convert("today", None, None) < 90_000
    noon = since.convert("2020-02-01T12:00", None, None)
    for text in (
        f"{now - timedelta(days=3):%Y-%m-%dT%H:%M:%S}",
        f"{now.astimezone(timezone.utc) - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}",
    ):
        assert abs(since.convert(text, None, None) - 3 * 86_400) < 3700
    assert since.convert("2020-01-31", None, None) > noon > since.convert("2020-02-01T13:00", None, None)
    assert since.convert("2999-01-01", None, None) == 0


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-", "12:30", "last week"])
def test_anything_else_is_no_time(text):
    with pytest.raises(click.BadParameter, match="is not a time"):
        Since().convert(text, None, None)
