"""Define the parts of a picture: flows as frames, layers as boxes, dependencies as arrows. Values only; each format reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["SECTIONS", "STATES", "Box", "Diagram", "Frame", "clean", "shorten"]

STATES = ("", "waiting", "not run", "running", "finished", "failed", "skipped", "reused", "interrupted")
"""How a layer of a run may have ended; the empty text where no run is drawn."""

SECTIONS = ("fan-out", "hooks", "retry", "container", "reads", "parameters", "run")
"""Titles of a box's details, in the order in which pages show them."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """One layer of a flow, or its Parameters.

    ``lines`` are short facts below the name. ``needs`` are the names of the boxes that it reads. ``details`` are the rows
    of a page: for each section a name and a text. ``splits`` marks a fan-out, ``may_skip`` a layer that may end skipped.
    ``state`` is how it ended in a run, ``share`` the part of its splits that ended, from 0 to 1.
    """

    name: str
    lines: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    kind: str = "layer"
    splits: bool = False
    may_skip: bool = False
    where: str = ""
    about: str = ""
    source: str = ""
    first_line: int = 1
    yaml: str = ""
    details: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    state: str = ""
    share: float | None = None

    def but(self, **changes: Any) -> Box:
        """Return a copy with these fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One flow of a chain: its boxes, each after those that it needs. ``link`` describes the linker that leads to it."""

    name: str
    boxes: tuple[Box, ...]
    about: str = ""
    where: str = ""
    link: str = ""

    @property
    def edges(self) -> Iterator[tuple[str, str]]:
        """Pairs of a box and one that reads it."""
        known = {box.name for box in self.boxes}
        for box in self.boxes:
            yield from ((need, box.name) for need in dict.fromkeys(box.needs) if need in known)


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """A chain of flows, as it is drawn. ``notes`` are sentences below it."""

    title: str
    frames: tuple[Frame, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def size(self) -> int:
        """Number of boxes."""
        return sum(len(frame.boxes) for frame in self.frames)


UNPRINTABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 65534, 65535), "�")
"""Characters that XML 1.0 (section 2.2, Char) excludes, or that control a terminal."""


def clean(text: str) -> str:
    r"""Return a text without the characters that neither XML nor a terminal can show.

    >>> ascii(clean("a\x1b[31mb"))
    "'a\\ufffd[31mb'"
    """
    return text.translate(UNPRINTABLE).encode("utf-8", "replace").decode("utf-8")


def shorten(text: str, length: int) -> str:
    r"""Return a text of one line and at most so many characters.

    >>> shorten("a\nvery long text", 10)
    'a very lo…'
    """
    line = " ".join(clean(text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
