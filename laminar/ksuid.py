"""Make execution ids that sort by the second in which they were made: KSUIDs.

The format is that of github.com/segmentio/ksuid (README, version 1). It is written here in 20 lines because a pod imports it
before the user's first line: the packages for it on PyPI load more than the whole runner.
"""

from __future__ import annotations

import os
import time

__all__ = ["ksuid", "seconds_of"]

EPOCH = 1_400_000_000
"""Second since 1970 from which a KSUID counts: 2014-05-13."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTH = 27
RANDOM_BYTES = 16


def ksuid() -> str:
    """Return a new id of 27 letters and digits: 4 bytes of seconds, then 16 random ones, in base 62.

    >>> first, second = ksuid(), ksuid()
    >>> len(first), first != second
    (27, True)
    """
    number = int.from_bytes((int(time.time()) - EPOCH).to_bytes(4, "big") + os.urandom(RANDOM_BYTES), "big")
    digits = []
    for _ in range(LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def seconds_of(identifier: str) -> int | None:
    """Return the second since 1970 in which an id was made, None where it is no KSUID.

    >>> seconds_of("0ujtsYcgvSTl8PAuAdqWYSMnLOv"), seconds_of("nightly")
    (1507608047, None)
    """
    if len(identifier) != LENGTH:
        return None
    number = 0
    for letter in identifier:
        digit = ALPHABET.find(letter)
        if digit < 0:
            return None
        number = number * len(ALPHABET) + digit
    return (number >> (8 * RANDOM_BYTES)) + EPOCH
