"""Write durations and sizes as people read them."""

from __future__ import annotations

__all__ = ["counted", "duration", "size"]

PREFIXES = ("B", "kB", "MB", "GB", "TB", "PB")


def duration(seconds: float) -> str:
    """Return a duration with about three digits.

    >>> [duration(seconds) for seconds in (0.0123, 4.25, 61, 3725, 200000)]
    ['0.01 s', '4.2 s', '1 min 1 s', '1 h 2 min', '2 d 7 h']
    """
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, below, inner in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // below} {inner}"
    return f"{whole} s"


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
