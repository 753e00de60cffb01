"""Find boxes that read the same and are read by the same: a picture shows many of them as one block with common arrows."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["MANY", "groups"]

MANY = 8
"""Siblings from which on they form a block: more arrows to one place cannot be followed."""

Edge = tuple[int, int]


def groups(count: int, edges: Sequence[Edge]) -> tuple[tuple[int, ...], ...]:
    """Return boxes in order, those of a block together.

    >>> groups(3, [(0, 1), (0, 2)])
    ((0,), (1,), (2,))
    >>> groups(10, [(0, below) for below in range(1, 10)])
    ((0,), (1, 2, 3, 4, 5, 6, 7, 8, 9))
    """
    above: list[set[int]] = [set() for _ in range(count)]
    below: list[set[int]] = [set() for _ in range(count)]
    for source, target in edges:
        above[target].add(source)
        below[source].add(target)
    alike: dict[tuple[frozenset[int], frozenset[int]], list[int]] = {}
    for box in range(count):
        alike.setdefault((frozenset(above[box]), frozenset(below[box])), []).append(box)
    found: list[tuple[int, ...]] = []
    for members in alike.values():
        found += [tuple(members)] if len(members) >= MANY else [(member,) for member in members]
    return tuple(sorted(found))
