"""Test the settings of a layer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.layers import YEAR, Retry


@given(
    attempt=st.integers(1, 10_000),
    delay=st.floats(0, 1e6),
    backoff=st.floats(0, 1e6),
)
def test_the_pause_before_any_attempt_is_a_number_of_seconds(attempt: int, delay: float, backoff: float) -> None:
    pause = Retry(attempts=10_000, delay=delay, backoff=backoff).pause(attempt)
    assert 0 <= pause <= YEAR
    if attempt == 1:
        assert pause == delay


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"delay": -1.0}, {"backoff": -1.0}, {"jitter": -0.1}])
def test_wrong_numbers_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Retry(**wrong)  # type: ignore[arg-type]
