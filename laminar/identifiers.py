"""State which names flows, layers, executions and attributes may have: one rule for the DSL, the compiler and every datastore."""

from __future__ import annotations

__all__ = ["MAX_BYTES", "is_name", "name_problem"]

MAX_BYTES = 200
"""Bytes of UTF-8 in a name. File systems allow 255 (NAME_MAX, limits.h of Linux), and a suffix has to fit."""


def name_problem(name: str) -> str:
    r"""Return the reason why a name is no valid path segment on every store, "" for a valid one.

    >>> name_problem("Train"), name_problem("2026-11-23T10:00:00+00:00"), name_problem("é" * 100)
    ('', '', '')
    >>> name_problem("../../x"), name_problem(".hidden"), name_problem("a\tb"), name_problem("é" * 150)
    ("holds '/'", 'starts with a dot', "holds '\\t'", 'is longer than 200 bytes')
    """
    if not name:
        return "is empty"
    found = next((part for part in ("/", "\\", "..") if part in name), "")
    if not found and not name.isprintable():
        found = next(letter for letter in name if not letter.isprintable())
    if found:
        return f"holds {found!r}"
    if name[0] == ".":
        return "starts with a dot"
    return f"is longer than {MAX_BYTES} bytes" if len(name.encode(errors="replace")) > MAX_BYTES else ""


def is_name(name: str) -> bool:
    """Return whether a name can be one segment of a path on every store."""
    return not name_problem(name)
