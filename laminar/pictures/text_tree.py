"""Draw a diagram as text for a terminal: a layer a line, each below the last of the layers that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from laminar.pictures.diagram import Box, Diagram, Frame, clean, shorten

__all__ = ["draw", "rows"]

MARKS: Mapping[str, str] = {
    "": "o",
    "waiting": ".",
    "not run": ".",
    "running": ">",
    "finished": "v",
    "failed": "x",
    "skipped": "-",
    "reused": "=",
    "interrupted": "!",
}
"""Marks before a layer's name, by its state in a run."""


def draw(diagram: Diagram, *, width: int = 0) -> str:
    """Return a diagram as lines of text, cut to a width where one is given.

    A layer that reads several others is below the last of them, and names the others. A layer that alone follows another is at
    the same depth, so that a long chain does not move to the right.
    """
    lines = [line for number, frame in enumerate(diagram.frames) for line in _frame(frame, is_first=number == 0)]
    lines += [f"note: {note}" for note in diagram.notes]
    return "\n".join(line if not width else shorten_line(line, width) for line in lines)


def shorten_line(line: str, width: int) -> str:
    """Return a line cut to a width.

    >>> shorten_line("  abcdef", 6)
    '  abc…'
    """
    return line if len(line) <= width else line[: width - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _frame(frame: Frame, *, is_first: bool) -> Iterator[str]:
    if not is_first:
        yield ""
    if frame.link:
        yield f"then, by the {clean(frame.link)}:"
    about = f"  {shorten(frame.about, 80)}" if frame.about else ""
    yield f"{clean(frame.name)}{about}"
    parameters = [box for box in frame.boxes if box.kind == "parameters"]
    for box in parameters:
        shown = ", ".join(
            f"{name}={shorten(text, 40)}" for title, facts in box.details for name, text in facts if title == "parameters" and name
        )
        yield f"  parameters: {shown.replace('values=', '') or 'none'}"
    boxes = [box for box in frame.boxes if box.kind != "parameters"]
    tree = list(_rows(boxes))
    broad = min(max((len(stem) + 2 + len(box.name) for stem, box, _ in tree), default=0), 48)
    for stem, box, others in tree:
        facts = ["; ".join(box.lines)] if box.lines else []
        facts += [f"after {', '.join(others)} too"] if others else []
        name = f"{stem}{MARKS[box.state]} {clean(box.name)}"
        yield f"{name:<{broad}}  {clean('; '.join(facts))}".rstrip()


def rows(boxes: Sequence[Box]) -> Iterator[tuple[str, Box]]:
    """Yield each box with the branches before its mark, in the order of the tree."""
    for stem, box, _ in _rows(boxes):
        yield stem, box


def _rows(boxes: Sequence[Box]) -> Iterator[tuple[str, Box, tuple[str, ...]]]:
    """Yield each box with the branches before its mark, and the other boxes that it reads."""
    place = {box.name: number for number, box in enumerate(boxes)}
    children: dict[str, list[Box]] = {}
    others: dict[str, tuple[str, ...]] = {}
    for box in boxes:
        needs = sorted((need for need in dict.fromkeys(box.needs) if need in place), key=lambda need: place[need])
        children.setdefault(needs[-1] if needs else "", []).append(box)
        others[box.name] = tuple(needs[:-1])
    waiting = _branches("  ", children.get("", []))
    while waiting:
        indent, branch, box = waiting.pop()
        yield f"{indent}{branch}", box, others[box.name]
        below = children.get(box.name, [])
        inner = indent + {"": "", "├─": "│ ", "└─": "  "}[branch]
        waiting += _branches(inner, below)


def _branches(indent: str, below: Sequence[Box]) -> list[tuple[str, str, Box]]:
    """Return the branches below a layer, the last first: several are indented, a single one continues at the same depth."""
    if len(below) == 1:
        return [(indent, "", below[0])]
    return [(indent, "├─" if number else "└─", box) for number, box in enumerate(reversed(below))]
