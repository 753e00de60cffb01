"""Divide a graph where it is a series of blocks, or parallel blocks: then no block waits for more than its layers need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from laminar.compiler.passes.part_costs import ancestor_sets

__all__ = ["Division", "divide"]

Division = list[list[str]]
"""Parts of a graph, each a list of layers."""

DEEPEST = 50
"""Depth of blocks within blocks; deeper ones are divided as any graph."""


def divide(
    needs: Mapping[str, Sequence[str]], weights: Mapping[str, int], widest: int, otherwise: Callable[[list[str]], Division]
) -> Division:
    """Return parts of at most a weight; each layer needs every layer of every part that its part waits for.

    Layers come after those that they need. A block that is neither a series nor parallel is divided by ``otherwise``.

    before: A1 ... A150 -> J -> B1 ... B150, with J below all A and above all B, at most 200 a part
    after:  A1 ... A150, J | B1 ... B150
    """
    graph = _Graph(needs)
    found: Division = []
    waiting = [(list(needs), 0)]
    while waiting:
        block, depth = waiting.pop()
        if sum(weights[layer] for layer in block) <= widest:
            found.append(block)
            continue
        series = graph.series(block)
        blocks = series if len(series) > 1 else graph.components(block)
        if len(blocks) == 1 or depth == DEEPEST:
            found.extend(otherwise(block))
            continue
        for joined in _joined(blocks, weights, widest, in_order=len(series) > 1):
            waiting.append((joined, depth + 1))
    return found


def _joined(blocks: Division, weights: Mapping[str, int], widest: int, *, in_order: bool) -> Iterator[list[str]]:
    """Yield blocks, with those joined that fit one part; of a series only neighbours are."""
    open_: list[tuple[list[str], int]] = []
    for block in blocks:
        weight = sum(weights[layer] for layer in block)
        if weight > widest:
            yield block
            if in_order:
                yield from (joined for joined, _ in open_)
                open_ = []
            continue
        place = next((place for place, (_, room) in enumerate(open_) if room >= weight), None)
        if place is None:
            if in_order:
                yield from (joined for joined, _ in open_)
                open_ = []
            open_.append((list(block), widest - weight))
        else:
            joined, room = open_[place]
            open_[place] = (joined + block, room - weight)
    yield from (joined for joined, _ in open_)


class _Graph:
    """A graph whose layers come after those that they need, with the set of each one's ancestors as bits by place."""

    def __init__(self, needs: Mapping[str, Sequence[str]]) -> None:
        self.needs = needs
        self.place = {layer: number for number, layer in enumerate(needs)}
        self.above = ancestor_sets(needs)

    def series(self, block: list[str]) -> Division:
        """Return the blocks in a row that a block is made of: every layer of one needs every layer of those before it."""
        inside = sum(1 << self.place[layer] for layer in block)
        within = {self.place[layer]: number for number, layer in enumerate(block)}
        cuts = [len(block)]
        lowest = len(block)
        for number in range(len(block) - 1, 0, -1):
            place = self.place[block[number]]
            missing = inside & ((1 << place) - 1) & ~self.above[block[number]]
            if missing:
                lowest = min(lowest, within[(missing & -missing).bit_length() - 1])
            if lowest >= number:
                cuts.append(number)
        return [block[start:end] for start, end in zip([0, *reversed(cuts[1:])], reversed(cuts), strict=True)]

    def components(self, block: list[str]) -> Division:
        """Return the parts of a block that have no edge between them."""
        joined: dict[str, list[str]] = {}
        for layer in block:
            groups = {id(joined[need]): joined[need] for need in self.needs[layer] if need in joined}
            largest, *others = sorted(groups.values(), key=len, reverse=True) or [[]]
            for added in (*others, [layer]):
                largest += added
                joined.update(dict.fromkeys(added, largest))
        found = {id(group): group for group in joined.values()}.values()
        return [sorted(group, key=self.place.__getitem__) for group in found]
