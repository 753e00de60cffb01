"""Measure the costs of a division of a flow: a part waits for whole parts, and any failure in them keeps it from running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["ancestor_sets", "kept_back", "waiting"]


def ancestor_sets(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return for each layer the set of its ancestors, as a number whose bits are places; layers come after those that they need.

    >>> ancestor_sets({"A": [], "B": ["A"], "C": ["B"]})
    {'A': 0, 'B': 1, 'C': 3}
    """
    place = {layer: number for number, layer in enumerate(needs)}
    found: dict[str, int] = {}
    for layer, above in needs.items():
        ancestors = 0
        for need in above:
            ancestors |= found[need] | 1 << place[need]
        found[layer] = ancestors
    return found


def kept_back(parts: Sequence[Sequence[str]], needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the layers that a failure may keep from running although they do not need the failed one, with the number of failures.

    A part comes after the parts that it waits for.

    >>> kept_back([["A", "B"], ["C"]], {"A": [], "B": [], "C": ["A"]})
    {'C': 1}
    """
    place = {layer: number for number, layer in enumerate(needs)}
    part_of = {layer: number for number, layers in enumerate(parts) for layer in layers}
    whole = [sum(1 << place[layer] for layer in layers) for layers in parts]
    above = ancestor_sets(needs)
    before: list[int] = []  # the layers of all parts that a part waits for, directly or not
    found: dict[str, int] = {}
    for number, layers in enumerate(parts):
        waits = 0
        for other in {part_of[need] for layer in layers for need in needs[layer]} - {number}:
            waits |= whole[other] | before[other]
        before.append(waits)
        for layer in layers if waits else ():
            if innocent := (waits & ~above[layer]).bit_count():
                found[layer] = innocent
    return found


def waiting(parts: Sequence[Sequence[str]], needs: Mapping[str, Sequence[str]], weights: Mapping[str, int]) -> tuple[float, int]:
    """Return when the last layer ends plus when one ends on average, and how often a part waits for another.

    A layer takes as many steps as it has tasks, and a part waits for whole parts.
    """
    order = {layer: place for place, layer in enumerate(needs)}
    part_of = {layer: place for place, layers in enumerate(parts) for layer in layers}
    done: list[int] = []
    ends: dict[str, int] = {}
    waits = 0
    for place, layers in enumerate(parts):
        needed = {part_of[need] for layer in layers for need in needs[layer]} - {place}
        waits += len(needed)
        start = max((done[other] for other in needed), default=0)
        for layer in sorted(layers, key=order.__getitem__):
            inside = (ends[need] for need in needs[layer] if part_of[need] == place)
            ends[layer] = max(inside, default=start) + weights[layer]
        done.append(max(ends[layer] for layer in layers))
    return max(done) + sum(ends.values()) / len(ends), waits
