"""Draw graphs for tests of divisions: any, and those made of rows and branches."""

from __future__ import annotations

import random

Needs = dict[str, list[str]]


def drawn(draw: random.Random) -> Needs:
    """Return any graph, whose names come after those that they need."""
    names = [f"L{number}" for number in range(draw.randint(1, 24))]
    return {name: draw.sample(names[:place], draw.randint(0, min(place, 3))) for place, name in enumerate(names)}


def series_parallel(draw: random.Random) -> Needs:
    """Return a graph made of blocks in a row and blocks side by side, within each other."""
    needs: Needs = {}

    def block(above: list[str], depth: int) -> list[str]:
        """Add a block below some layers, and return its last layers."""
        if depth == 0 or draw.random() < 0.2:
            name = f"L{len(needs)}"
            needs[name] = list(above)
            return [name]
        if draw.random() < 0.5:
            for _ in range(draw.randint(2, 4)):
                above = block(above, depth - 1)
            return above
        return [last for _ in range(draw.randint(2, 4)) for last in block(above, depth - 1)]

    block([], 4)
    return needs


def division(draw: random.Random, needs: Needs) -> list[list[str]]:
    """Return a division of a graph into parts that come after those that they wait for."""
    parts: list[list[str]] = [[]]
    for layer in needs:
        if parts[-1] and draw.random() < 0.3:
            parts.append([])
        parts[-1].append(layer)
    return parts
