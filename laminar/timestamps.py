"""Format times as documents, markers and events hold them: ISO 8601 in UTC."""

from __future__ import annotations

import time
from functools import lru_cache

__all__ = ["from_seconds", "now", "seconds_since", "since_epoch"]


def now(*, after: float = 0.0) -> str:
    """Return the current time in UTC, or the time so many seconds from now, to the millisecond.

    >>> len(now()), now()[-1], now() < now(after=60)
    (24, 'Z', True)
    """
    seconds, milliseconds = divmod(time.time_ns() // 1_000_000 + int(after * 1000), 1000)
    return f"{from_seconds(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=16)
def from_seconds(seconds: int) -> str:
    """Return a time in seconds since 1970, without fraction and zone: a prefix of the result of ``now``.

    >>> from_seconds(0)
    '1970-01-01T00:00:00'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def since_epoch(text: str) -> float:
    """Return the seconds since 1970 of a time, 0 for no time.

    >>> since_epoch("1970-01-01T00:01:00.500Z"), since_epoch("")
    (60.5, 0.0)
    """
    if not text:
        return 0.0
    import calendar

    seconds = calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))
    return seconds + float(f"0{text[19:].rstrip('Z')}")


def seconds_since(started: str, ended: str) -> float:
    """Return the seconds between two times, 0 where one is missing or the clock was set back.

    >>> seconds_since("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.250Z"), seconds_since("", "2026-01-01T00:00:01.250Z")
    (1.25, 0.0)
    """
    return max(0.0, round(since_epoch(ended) - since_epoch(started), 3)) if started and ended else 0.0
