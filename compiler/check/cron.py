"""Check when a CronWorkflow runs: cron expressions as Argo parses them, and time zones.

Argo parses with robfig/cron/v3, ParseStandard (parser.go): five fields, days of the week from 0 to 6, or a descriptor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from laminar.exceptions import suggest

__all__ = ["timezone_problem", "wrong_cron"]

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 6))
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()
NAMES = {
    "month": {name: number for number, name in enumerate(MONTHS, 1)},
    "day of the week": dict(zip(DAYS, range(7), strict=True)),
}
DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
EVERY = re.compile(r"@every ([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+\Z")
LONGEST = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def wrong_cron(text: str) -> str:
    """Return the error in a cron expression, or an empty text.

    >>> wrong_cron("*/15 9-17 * * mon-fri"), wrong_cron("@daily"), wrong_cron("@every 1h30m")
    ('', '', '')
    >>> wrong_cron("0 0 30 2 *")
    'no month that it names has such a day'
    >>> wrong_cron("0 0 * * 7")
    "its day of the week '7' is not within 0 and 6"
    >>> wrong_cron("0 12 * *")
    'it has 4 fields, not 5 (minute, hour, day of the month, month, day of the week)'
    """
    if text.startswith("@"):
        known = text in DESCRIPTORS or EVERY.match(text)
        return "" if known else f"{text!r} is none of {', '.join(DESCRIPTORS)} and '@every 1h30m'"
    if re.match(r"(CRON_)?TZ=", text):
        return "the time zone is a separate setting"
    words = text.split()
    if len(words) != len(FIELDS):
        names = ", ".join(name for name, _, _ in FIELDS)
        return f"it has {len(words)} field{'s' * (len(words) != 1)}, not {len(FIELDS)} ({names})"
    values: list[set[int]] = []
    for word, (name, low, high) in zip(words, FIELDS, strict=True):
        try:
            values.append({value for part in word.split(",") for value in _part(part, name, low, high)})
        except ValueError as error:
            return str(error)
    if words[4] in ("*", "?") and all(min(values[2]) > LONGEST[month] for month in values[3]):
        return "no month that it names has such a day"
    return ""


def _part(part: str, name: str, low: int, high: int) -> Iterator[int]:
    """Yield the values of one part of a field: ``*``, ``5``, ``1-5``, each with ``/STEP`` or without."""
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and int(step)):
        raise ValueError(f"its {name} {part!r} has the step {step!r}, which is no whole number above 0")
    if span in ("*", "?"):
        first, last = low, high
    else:
        begin, dash, end = span.partition("-")
        first = _value(begin, part, name, low, high)
        last = _value(end, part, name, low, high) if dash else high if slash else first
    if first > last:
        raise ValueError(f"its {name} {part!r} ends before it begins")
    yield from range(first, last + 1, int(step) if slash else 1)


def _value(text: str, part: str, name: str, low: int, high: int) -> int:
    known = NAMES.get(name, {}).get(text.lower())
    if known is not None:
        return known
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"its {name} {part!r} is no number")
    if not low <= int(text) <= high:
        raise ValueError(f"its {name} {part!r} is not within {low} and {high}")
    return int(text)


def timezone_problem(name: str) -> str:
    """Return the error in a time zone's name, or an empty text; any name is accepted on a machine that has no list of zones.

    >>> timezone_problem("Europe/Berlin"), timezone_problem("UTC")
    ('', '')
    >>> timezone_problem("Europe/Berlim")
    "there is no time zone 'Europe/Berlim'. Did you mean 'Europe/Berlin'?"
    """
    import zoneinfo

    zones = zoneinfo.available_timezones()
    if not zones or name in zones or name == "Local":
        return ""
    return f"there is no time zone {name!r}.{suggest(name, sorted(zones))}"
