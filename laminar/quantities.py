"""Write durations and sizes as people read them."""

from __future__ import annotations

__all__ = ["counted", "duration", "size"]

PREFIXES = ("B", "kB", "MB", "GB", "TB", "PB")

UNITS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))
"""Units of time with the next smaller one, each with its seconds."""


def duration(seconds: float) -> str:
    """Return a duration in one or two units; a negative one, of two clocks, is 0.

    >>> [duration(seconds) for seconds in (0.0004, 0.0123, 4.25, 12, 61, 3725, 200_000, 30 * 86_400)]
    ['0 s', '12 ms', '4.2 s', '12 s', '1 min 1 s', '1 h 2 min', '2 d 7 h', '30 d']
    """
    if seconds <= 0.0005:
        return "0 s"
    if seconds < 59.95:
        if seconds < 0.9995:
            return f"{seconds * 1000:.0f} ms"
        return f"{seconds:.0f} s" if seconds == int(seconds) else f"{seconds:.1f} s"
    whole = round(seconds)
    unit, word, inner, below = next(one for one in UNITS if whole >= one[0])
    rest = whole % unit // inner
    return f"{whole // unit} {word}" + (f" {rest} {below}" if rest else "")


def size(count: float) -> str:
    """Return a number of bytes for people.

    >>> size(0), size(4096), size(999_999), size(1.5e9)
    ('0 B', '4.1 kB', '1.0 MB', '1.5 GB')
    """
    for prefix in PREFIXES[:-1]:
        if round(count, 0 if prefix == "B" else 1) < 1000:
            return f"{count:.0f} B" if prefix == "B" else f"{count:.1f} {prefix}"
        count /= 1000
    return f"{count:.1f} {PREFIXES[-1]}"


def counted(count: int, word: str) -> str:
    """Return a number with its word, in the plural where it is not 1.

    >>> counted(1, "split"), counted(2000, "split")
    ('1 split', '2,000 splits')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"
