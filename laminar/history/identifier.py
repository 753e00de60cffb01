"""Shorten the ids of executions to their random part, and match addresses with them."""

from __future__ import annotations

import re

from laminar.ksuid import seconds_of

__all__ = ["fits", "is_generated", "origin", "short"]

RANDOM = 7
"""Last letters of a KSUID that are shown: 62**7 different ones. The first six only hold the time."""

SHORTEST = 4
"""Letters from which on a word may be the end of a KSUID."""

UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
"""The uid of a Kubernetes object: RFC 9562."""


def short(identifier: str) -> str:
    """Return the shown part of an id: the random part of a generated one, a whole id that a user chose.

    >>> short("0ujtsYcgvSTl8PAuAdqWYSMnLOv"), short("0ujtsYcgvSTl8PAuAdqWYSMnLOv-2"), short("nightly")
    ('YSMnLOv', 'YSMnLOv-2', 'nightly')
    >>> short("8c5a0d3e-6f7b-4b7c-9d2e-0123456789ab")
    '8c5a0d3e'
    """
    start, occurrence = _parts(identifier)
    if seconds_of(start) is not None:
        return start[-RANDOM:] + occurrence
    return start[:8] + occurrence if UID.fullmatch(start) else identifier


def is_generated(identifier: str) -> bool:
    """Return whether laminar or Kubernetes made an id, rather than a person.

    >>> is_generated("0ujtsYcgvSTl8PAuAdqWYSMnLOv"), is_generated("nightly")
    (True, False)
    """
    start, _ = _parts(identifier)
    return seconds_of(start) is not None or bool(UID.fullmatch(start))


def fits(identifier: str, words: str) -> bool:
    """Return whether an address is the beginning of an id, or its shown part.

    >>> fits("0ujtsYcgvSTl8PAuAdqWYSMnLOv", "0ujts"), fits("0ujtsYcgvSTl8PAuAdqWYSMnLOv", "YSMnLOv"), fits("nightly", "tly")
    (True, True, False)
    >>> fits("0ujtsYcgvSTl8PAuAdqWYSMnLOv-2", "YSMnL")
    True
    """
    if not words:
        return False
    start, _ = _parts(identifier)
    shown = short(identifier)
    return identifier.startswith(words) or (
        len(words) >= SHORTEST and seconds_of(start) is not None and (shown.startswith(words) or start.endswith(words))
    )


def origin(identifier: str) -> str:
    """Return the id that the flows of a chain share: the k-th occurrence of a flow in it has ``-k`` appended.

    >>> origin("0ujtsYcgvSTl8PAuAdqWYSMnLOv-2"), origin("run-2")
    ('0ujtsYcgvSTl8PAuAdqWYSMnLOv', 'run-2')
    """
    return _parts(identifier)[0]


def _parts(identifier: str) -> tuple[str, str]:
    """Return a generated id and the ``-k`` after it; any other id whole."""
    start, dash, number = identifier.rpartition("-")
    if dash and number.isdigit() and (seconds_of(start) is not None or UID.fullmatch(start)):
        return start, dash + number
    return identifier, ""
