"""Test the times that documents hold."""

from __future__ import annotations

import time
from datetime import datetime

from laminar.timestamps import from_seconds, now


def test_a_time_is_utc_to_the_millisecond_and_read_by_python():
    before = time.time()
    moment = datetime.fromisoformat(now().replace("Z", "+00:00")).timestamp()
    assert before - 0.001 <= moment <= time.time()


def test_a_millisecond_keeps_its_zeros(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_007_999_999)
    assert now() == "2023-11-14T22:13:20.007Z"
    assert now().startswith(from_seconds(1_700_000_000))
