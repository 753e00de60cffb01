"""Durations, sizes and counts are written as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.quantities import duration, size

SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86_400}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.0005, "0 s"),
        (0.0006, "1 ms"),
        (0.0004, "0 s"),
        (0.0123, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (1, "1 s"),
        (4.25, "4.2 s"),
        (59.9, "59.9 s"),
        (59.96, "1 min"),
        (61, "1 min 1 s"),
        (90, "1 min 30 s"),
        (3599.6, "1 h"),
        (5400, "1 h 30 min"),
        (7260.4, "2 h 1 min"),
        (86_400, "1 d"),
        (129_600, "1 d 12 h"),
        (30 * 86_400, "30 d"),
    ],
)
def test_a_duration_has_one_or_two_units(seconds, text):
    assert duration(seconds) == text


@given(st.floats(0, 1e9))
def test_a_shown_duration_is_close_to_the_one_it_stands_for(seconds):
    words = duration(seconds).split()
    shown = sum(float(number) * SECONDS[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    assert shown == pytest.approx(seconds, rel=0.05, abs=0.005)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_500_000, "1.5 MB"), (10**19, "10000.0 PB")],
)
def test_a_size_has_a_decimal_prefix(count, text):
    assert size(count) == text
