"""Compare a file with a compiled program, apart from comments that name the lines of layers in the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["is_current"]


def is_current(known: str, text: str, bare: str) -> bool:
    r"""Return whether a known text equals the documents that ``text`` holds with comments, and ``bare`` without.

    A line of the known text is a comment only in a place where the documents have one: lines of literal blocks may look like it.

    >>> text, bare = "a:\n# A: p.py:3\n- x\n", "a:\n- x\n"
    >>> is_current("a:\n# A: p.py:7\n- x\n", text, bare), is_current(bare, text, bare), is_current("# p:1\n" + bare, text, bare)
    (True, True, False)
    """
    lines = bare.split("\n")
    return _without_comments(known.split("\n"), dict(_comments(text.split("\n"), lines))) == lines


def _comments(text: Sequence[str], bare: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of the bare text, counted from 0, that have a comment above them, with the beginning of each such comment.

    A literal block that ends there is indented further.
    """
    place = 0
    for line in text:
        if place < len(bare) and line == bare[place]:
            place += 1
        else:
            yield place, line[: line.index("#")] + "# "


def _without_comments(known: Sequence[str], comments: Mapping[int, str]) -> list[str]:
    """Return the known lines without those that are comments in a place where the documents have one."""
    left: list[str] = []
    for line in known:
        begin = comments.get(len(left))
        if begin is None or not line.startswith(begin):
            left.append(line)
    return left
