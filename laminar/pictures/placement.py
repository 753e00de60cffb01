"""Decide where a diagram's boxes, blocks of boxes and arrows are, and how much of each box is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from laminar.pictures.diagram import Box, Diagram, Frame, shorten
from laminar.pictures.layered_layout import GAP, ROW_GAP, Point, Size, layered, ranks
from laminar.pictures.siblings import groups

__all__ = ["BASE", "HEAD", "LINE", "MARGIN", "PADDING", "TITLE", "Arrow", "Block", "Placed", "fitting", "placed", "text_width"]

MARGIN, PADDING, TITLE, BETWEEN = 16.0, 18.0, 34.0, 34.0
"""Pixels around the picture, inside a flow's frame, of the frame's title, and between two frames."""

LINE, HEAD, BASE = 16.0, 26.0, 9.0
"""Pixels of a line of facts in a box, of its name, and below the last line."""

NARROW, BROAD = 132.0, 264.0
"""The least and the most pixels of a box's width."""

INSIDE = 10.0
"""Pixels between the boxes of a block, and around them."""

CROWDED = 120
"""Boxes from which on a box shows its name and one line."""

READERS = 12
"""Readers of the parameters up to which arrows lead to them; with more, the arrows would hide all others."""

PAGE = (1200.0, 1600.0)
"""A page's width and height in pixels: pictures that fit need no scrolling."""


@dataclass(frozen=True)
class Arrow:
    """A curve from a box or block to another; ``source`` and ``target`` are their keys."""

    source: str
    target: str
    points: tuple[Point, ...]
    of_parameters: bool


@dataclass(frozen=True)
class Block:
    """The outline of boxes that read the same and are read by the same."""

    key: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """A frame with its place, the corner and size of each box, and the key of its arrows' target."""

    frame: Frame
    y: float
    width: float
    height: float
    corners: tuple[Point, ...]
    sizes: tuple[Size, ...]
    keys: tuple[str, ...]
    blocks: tuple[Block, ...]
    arrows: tuple[Arrow, ...]


def placed(diagram: Diagram) -> list[Placed]:
    """Return a diagram's frames from above to below."""
    is_crowded = diagram.size >= CROWDED
    boxes = [box for frame in diagram.frames for box in frame.boxes]
    width = _box_width(boxes, is_crowded=is_crowded)
    found: list[Placed] = []
    y = MARGIN
    for number, frame in enumerate(diagram.frames):
        found.append(_placed(frame, str(number), [(width, _box_height(box, is_crowded=is_crowded)) for box in frame.boxes], y))
        y += found[-1].height + BETWEEN
    return found


def _placed(frame: Frame, prefix: str, boxes: Sequence[Size], y: float) -> Placed:
    edges = _edges(frame)
    found = groups(len(frame.boxes), edges)
    group_of = {member: place for place, members in enumerate(found) for member in members}
    merged = sorted({(group_of[source], group_of[target]) for source, target in edges})
    sizes = [_group_size([boxes[member] for member in members]) for members in found]
    layout = layered(sizes, merged, across=_is_across(sizes, merged))
    keys = [f"{prefix}-{members[0]}" if len(members) == 1 else f"{prefix}-b{place}" for place, members in enumerate(found)]
    corners: dict[int, Point] = {}
    blocks = []
    for members, size, centre, key in zip(found, sizes, layout.centres, keys, strict=True):
        corner = (centre[0] - size[0] / 2, centre[1] - size[1] / 2)
        corners.update(zip(members, _inside(corner, [boxes[member] for member in members]), strict=True))
        if len(members) > 1:
            blocks.append(Block(key, *corner, *size))
    arrows = tuple(
        Arrow(keys[source], keys[target], curve, frame.boxes[found[source][0]].kind == "parameters")
        for (source, target), curve in zip(merged, layout.curves, strict=True)
    )
    return Placed(
        frame,
        y,
        width=max(layout.width, text_width(frame.name, 16) + 10, text_width(frame.link, 12) + 40, 160.0) + 2 * PADDING,
        height=layout.height + TITLE + 2 * PADDING,
        corners=tuple(corners[place] for place in range(len(boxes))),
        sizes=tuple(boxes),
        keys=tuple(keys[group_of[place]] for place in range(len(boxes))),
        blocks=tuple(blocks),
        arrows=arrows,
    )


def _edges(frame: Frame) -> list[tuple[int, int]]:
    """Return the arrows by the places of their ends, without those from parameters that nearly all layers read."""
    places = {box.name: place for place, box in enumerate(frame.boxes)}
    first = frame.boxes[0] if frame.boxes else None
    hidden = first is not None and first.kind == "parameters" and sum(first.name in box.needs for box in frame.boxes) > READERS
    return [(places[need], places[name]) for need, name in frame.edges if not (hidden and first is not None and need == first.name)]


# sizes


def _box_width(boxes: Sequence[Box], *, is_crowded: bool) -> float:
    """Return the width of all boxes: enough for most texts."""
    names = max((text_width(box.name, 14) for box in boxes), default=0.0)
    facts = max((text_width(line, 12) for box in boxes for line in (box.lines[:1] if is_crowded else box.lines)), default=0.0)
    return round(min(max(NARROW, names + 34, facts + 30), BROAD))


def _box_height(box: Box, *, is_crowded: bool) -> float:
    """Return the height of a box: enough for its lines, of which a crowded picture shows one."""
    return HEAD + BASE + LINE * min(len(box.lines), 1 if is_crowded else 9)


def _columns(count: int, box: Size) -> int:
    """Return how many boxes a row of a block has: about as wide as high, and at most as wide as a page."""
    square = math.ceil(math.sqrt(count * (box[1] + INSIDE) / (box[0] + INSIDE) * 1.4))
    return max(1, min(square, int(PAGE[0] // (box[0] + INSIDE))))


def _group_size(boxes: Sequence[Size]) -> Size:
    """Return the size of a box, or of a block of boxes."""
    if len(boxes) == 1:
        return boxes[0]
    cell = boxes[0][0], max(height for _, height in boxes)
    columns = _columns(len(boxes), cell)
    rows = math.ceil(len(boxes) / columns)
    return columns * (cell[0] + INSIDE) + INSIDE, rows * (cell[1] + INSIDE) + INSIDE


def _inside(corner: Point, boxes: Sequence[Size]) -> list[Point]:
    """Return the corners of the boxes of a block, row by row; of a single box the corner itself."""
    if len(boxes) == 1:
        return [corner]
    cell = boxes[0][0], max(height for _, height in boxes)
    columns = _columns(len(boxes), cell)
    x, y = corner[0] + INSIDE, corner[1] + INSIDE
    return [(x + place % columns * (cell[0] + INSIDE), y + place // columns * (cell[1] + INSIDE)) for place in range(len(boxes))]


def _is_across(sizes: Sequence[Size], edges: Sequence[tuple[int, int]]) -> bool:
    """Return whether arrows that lead to the right make a picture nearer to a page's shape than arrows that lead down."""
    rows = ranks(len(sizes), edges)
    of_row: dict[int, list[Size]] = {}
    for row, size in zip(rows, sizes, strict=True):
        of_row.setdefault(row, []).append(size)
    down = (
        max((sum(w + GAP for w, _ in row) for row in of_row.values()), default=0.0),
        sum(max(h for _, h in row) + ROW_GAP for row in of_row.values()),
    )
    across = (
        sum(max(w for w, _ in row) + ROW_GAP for row in of_row.values()),
        max((sum(h + GAP for _, h in row) for row in of_row.values()), default=0.0),
    )
    return _strain(across) < _strain(down)


def _strain(size: Size) -> float:
    """Return the distance that a reader has to scroll: sideways counts double."""
    return max(size[0] / PAGE[0], size[1] / PAGE[1]) + max(0.0, size[0] / PAGE[0] - 1)


# texts


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is: fonts differ, and no font is measured."""
    return sum(size * next((share for chars, share in WIDTHS if char in chars), 0.58) for char in text)


WIDTHS = (("iljtfI.,:;|!'()[] ", 0.33), ("mwMW@%", 0.88), ("ABCDEFGHJKLNOPQRSTUVXYZ", 0.69))
"""Characters with the share of the font's size that they are wide: rounded up from Verdana, DejaVu Sans, Segoe UI and Arial."""


def fitting(text: str, size: float, width: float) -> str:
    """Return a text of one line, shortened where it is wider than it may be.

    >>> fitting("a" * 100, 10, 50)
    'aaaaaaa…'
    """
    text = shorten(text, 200)
    if text_width(text, size) <= width:
        return text
    while len(text) > 1 and text_width(text + "\N{HORIZONTAL ELLIPSIS}", size) > width:
        text = text[:-1]
    return text.rstrip() + "\N{HORIZONTAL ELLIPSIS}"
