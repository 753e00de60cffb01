"""Make execution ids that sort by the time they were made: KSUIDs (github.com/segmentio/ksuid)."""

from __future__ import annotations

import os
import time

__all__ = ["ksuid"]

EPOCH = 1_400_000_000
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 27


def ksuid() -> str:
    """Return a new id of 27 letters and digits: 4 bytes of seconds since 2014-05-13, then 16 random ones, in base 62.

    >>> first, second = ksuid(), ksuid()
    >>> len(first), first != second
    (27, True)
    """
    number = int.from_bytes((int(time.time()) - EPOCH).to_bytes(4, "big") + os.urandom(16), "big")
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
