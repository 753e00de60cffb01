"""Format times as documents, markers and events hold them: ISO 8601 in UTC."""

from __future__ import annotations

import time

__all__ = ["from_seconds", "now"]


def now() -> str:
    """Return the current time in UTC, to the millisecond.

    >>> len(now()), now()[-1]
    (24, 'Z')
    """
    seconds, milliseconds = divmod(time.time_ns() // 1_000_000, 1000)
    return f"{from_seconds(seconds)}.{milliseconds:03d}Z"


def from_seconds(seconds: int) -> str:
    """Return a time in seconds since 1970, without fraction and zone: a prefix of what ``now`` returns.

    >>> from_seconds(0)
    '1970-01-01T00:00:00'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
