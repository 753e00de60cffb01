"""Place boxes in rows so that arrows lead one way and cross little: a layered (Sugiyama) layout.

Graphviz's ``dot`` computes it: the one that ``pip install 'laminar-argo[pictures]'`` installs, else one on the PATH. Without
either boxes are ordered by the mean place of their neighbours, so that notebooks and reports need no further package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

__all__ = ["Layout", "engine", "layered", "ranks"]

SWEEPS = 12
"""How often rows are ordered, down and up in turn, without Graphviz."""

GAP, ROW_GAP = 24.0, 44.0
"""Pixels between boxes of a row, and between rows."""

LIMIT = 30.0
"""Seconds that Graphviz may take; 1,000 boxes take about one."""

INCH = 72.0
"""Graphviz' layout has inches, 72 points each: https://graphviz.org/docs/outputs/plain/."""

Edge = tuple[int, int]
Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """The size of a picture, the centre of each box, the curve of each edge: its start, then three points for each Bezier curve."""

    width: float
    height: float
    centres: tuple[Point, ...]
    curves: tuple[tuple[Point, ...], ...]


def ranks(count: int, edges: Sequence[Edge]) -> tuple[int, ...]:
    """Return the row of each box: the first one below all that it needs.

    Boxes are in order: an edge leads from a lower to a higher number.

    >>> ranks(4, [(0, 1), (0, 2), (1, 3)])
    (0, 1, 1, 2)
    """
    row = [0] * count
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        row[target] = max(row[target], row[source] + 1)
    return tuple(row)


def layered(sizes: Sequence[Size], edges: Sequence[Edge], *, across: bool = False) -> Layout:
    """Return the layout of boxes of these sizes, whose edges lead from lower to higher numbers, down or across.

    The same boxes and edges have the same layout on each machine that has the same engine.
    """
    if not sizes:
        return Layout(0, 0, (), ())
    return _by_graphviz(sizes, edges, across) or _by_neighbours(sizes, edges, across)


# Graphviz


@lru_cache(maxsize=1)
def engine() -> str | None:
    """Return the path of Graphviz' dot, None where there is none."""
    for folder in (os.path.dirname(sys.executable), sysconfig.get_path("scripts"), None):
        if found := shutil.which("graphviz-pure", path=folder):
            return found
    return shutil.which("dot")


def _by_graphviz(sizes: Sequence[Size], edges: Sequence[Edge], across: bool) -> Layout | None:
    """Return the layout that Graphviz computes, None where it is not installed or fails."""
    program = engine()
    if program is None:
        return None
    graph = "\n".join(_statements(sizes, edges, across))
    try:
        made = subprocess.run([program, "-Tplain"], input=graph, capture_output=True, text=True, timeout=LIMIT, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return _read_plain(made.stdout, len(sizes), edges)


def _statements(sizes: Sequence[Size], edges: Sequence[Edge], across: bool) -> Iterator[str]:
    """Yield a graph in Graphviz' language: numbers only, so that no name of a program needs to be quoted."""
    yield f"digraph {{ rankdir={'LR' if across else 'TB'}; nodesep={GAP / INCH:.4f}; ranksep={ROW_GAP / INCH:.4f};"
    yield 'node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none];'
    yield from (f"{place} [width={w / INCH:.4f}, height={h / INCH:.4f}];" for place, (w, h) in enumerate(sizes))
    yield from (f"{source} -> {target};" for source, target in edges)
    yield "}"


def _read_plain(text: str, count: int, edges: Sequence[Edge]) -> Layout | None:
    """Return the layout in Graphviz' plain output: https://graphviz.org/docs/outputs/plain/."""
    width = height = 0.0
    centres: dict[int, Point] = {}
    curves: dict[Edge, tuple[Point, ...]] = {}
    for line in text.splitlines():
        words = line.split()
        if words[0] == "graph":
            width, height = float(words[2]) * INCH, float(words[3]) * INCH
        elif words[0] == "node":
            centres[int(words[1])] = _point(words[2:4], height)
        elif words[0] == "edge":
            numbers = words[4 : 4 + 2 * int(words[3])]
            points = tuple(_point(numbers[at : at + 2], height) for at in range(0, len(numbers), 2))
            curves.setdefault((int(words[1]), int(words[2])), points)
    if len(centres) != count or not curves.keys() >= set(edges):
        return None
    return Layout(width, height, tuple(centres[number] for number in range(count)), tuple(curves[edge] for edge in edges))


def _point(words: Sequence[str], height: float) -> Point:
    return round(float(words[0]) * INCH, 1), round(height - float(words[1]) * INCH, 1)


# without Graphviz


def _by_neighbours(sizes: Sequence[Size], edges: Sequence[Edge], across: bool) -> Layout:
    """Return the layout of boxes that are placed by their neighbours' means."""
    turned = [(h, w) if across else (w, h) for w, h in sizes]
    rows = list(ranks(len(sizes), edges))
    widths = [size[0] for size in turned]
    chains = []
    for source, target in edges:  # an edge has a point in each row that it passes
        passed = range(rows[source] + 1, rows[target])
        chains.append([source, *range(len(rows), len(rows) + len(passed)), target])
        rows += passed
        widths += [0.0] * len(passed)
    centre = _settled(rows, widths, [pair for chain in chains for pair in pairwise(chain)])
    left = min(place - width / 2 for place, width in zip(centre, widths, strict=True))
    right = max(place + width / 2 for place, width in zip(centre, widths, strict=True))
    heights = [
        max((size[1] for size, row in zip(turned, rows, strict=False) if row == one), default=0.0) for one in range(max(rows) + 1)
    ]
    tops = [sum(heights[:row]) + ROW_GAP * row for row in range(len(heights))]
    spots = [(place - left, tops[row] + heights[row] / 2) for place, row in zip(centre, rows, strict=True)]
    made = [_curve([spots[one] for one in chain], turned[chain[0]][1] / 2, turned[chain[-1]][1] / 2) for chain in chains]
    size = (right - left, tops[-1] + heights[-1])
    curves = tuple(tuple(_rounded(point, across) for point in curve) for curve in made)
    return Layout(*_rounded(size, across), tuple(_rounded(spot, across) for spot in spots[: len(sizes)]), curves)


def _rounded(point: Point, across: bool) -> Point:
    x, y = reversed(point) if across else point
    return round(x, 1), round(y, 1)


def _curve(spots: Sequence[Point], first: float, last: float) -> list[Point]:
    """Return a curve from the lower side of the first box through the points between to the upper side of the last."""
    stops = [(spots[0][0], spots[0][1] + first), *spots[1:-1], (spots[-1][0], spots[-1][1] - last)]
    points = [stops[0]]
    for (x, y), (next_x, next_y) in pairwise(stops):
        middle = (y + next_y) / 2
        points += [(x, middle), (next_x, middle), (next_x, next_y)]
    return points


def _settled(rows: Sequence[int], widths: Sequence[float], links: Sequence[Edge]) -> list[float]:
    """Return centres along the rows: row by row, down and up, the mean of the neighbours'."""
    above: list[list[int]] = [[] for _ in rows]
    below: list[list[int]] = [[] for _ in rows]
    for source, target in links:
        above[target].append(source)
        below[source].append(target)
    ordered: list[list[int]] = [[] for _ in range(max(rows) + 1)]
    for one, row in enumerate(rows):
        ordered[row].append(one)
    centre = [0.0] * len(rows)
    for members in ordered:
        _spread(members, widths, dict.fromkeys(members, 0.0), centre)
    for sweep in range(SWEEPS):
        down, is_last = sweep % 2 == 0, sweep >= SWEEPS - 4
        for members in ordered if down else reversed(ordered):
            wanted = {}
            for one in members:
                near = above[one] + below[one] if is_last else above[one] if down else below[one]
                wanted[one] = sum(centre[other] for other in near) / len(near) if near else centre[one]
            members.sort(key=lambda one: (wanted[one], centre[one]))
            _spread(members, widths, wanted, centre)
    return centre


def _spread(row: Sequence[int], widths: Sequence[float], wanted: dict[int, float], centre: list[float]) -> None:
    """Set the centres of a row in order: a gap between neighbours, and together as near to the wanted ones as possible.

    Neighbours that are too close form a block, which moves to the mean of its members' wanted centres (pool adjacent violators).
    """
    offsets, reached = [], 0.0
    for place, one in enumerate(row):
        reached += (widths[row[place - 1]] + widths[one]) / 2 + GAP if place else 0.0
        offsets.append(reached)
    blocks: list[tuple[float, int]] = []  # the start of the row that the block's members would have alone, and their number
    for one, offset in zip(row, offsets, strict=True):
        mean, size = wanted[one] - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, members = blocks.pop()
            mean = (before * members + mean * size) / (members + size)
            size += members
        blocks.append((mean, size))
    starts = [mean for mean, size in blocks for _ in range(size)]
    for one, start, offset in zip(row, starts, offsets, strict=True):
        centre[one] = start + offset
