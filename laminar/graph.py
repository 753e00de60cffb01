"""Decide about a flow's graph in one place, so that planner, runner and local scheduler agree.

Everything here is pure: edges and order, cycles, grids, which lengths are published. Skips are in `laminar.skip_rules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = [
    "LOST_ATTEMPTS",
    "PARAMETERS",
    "Axis",
    "Counted",
    "Node",
    "ancestors",
    "coordinates",
    "dependents",
    "find_cycle",
    "length_key",
    "order",
    "parameter_length",
    "published",
    "size",
]

PARAMETERS = "Parameters"
"""The name of the layer that holds a flow's parameters."""

LOST_ATTEMPTS = 2
"""Number of lost attempts of a split (killed, evicted, out of memory) that are replaced, beyond the attempts of its Retry.

Argo counts these among a retryStrategy's `limit`: `workflow/controller/operator.go`, `processNodeRetries`, 4.1.2.
"""


@dataclass(frozen=True)
class Axis:
    """One parameter of a ForEach: ``attribute`` of ``layer``; ``index`` is the split iterated over, None for all of a fan-out."""

    layer: str
    attribute: str
    index: int | None = None
    fan_out: bool = False


@dataclass(frozen=True)
class Node:
    """A node of the graph: a layer with the facts that decide its place.

    ``needs`` are its dependencies in the order they are written, ``grid`` the axes of its ForEach, ``entry`` is True
    if it has entry hooks, its flow's included, ``submission`` if it has submission hooks that depend on data or the split.
    """

    name: str
    needs: tuple[str, ...] = ()
    grid: tuple[Axis, ...] | None = None
    entry: bool = False
    submission: bool = False
    batch: int = 1


def order(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the names so that each comes after those that it needs, and otherwise in the given order.

    Raises ValueError for a cycle.

    >>> order({"C": ["A", "B"], "B": ["A"], "A": []})
    ('A', 'B', 'C')
    """
    import heapq

    names = tuple(edges)
    place = {name: number for number, name in enumerate(names)}
    missing = {name: {need for need in needs if need in edges} for name, needs in edges.items()}
    below = dependents(missing)
    ready = [place[name] for name, needs in missing.items() if not needs]
    done: list[str] = []
    while ready:  # a heap: of the names that may be next, the first in the given order is
        name = names[heapq.heappop(ready)]
        done.append(name)
        for other in below[name]:
            missing[other].discard(name)
            if not missing[other]:
                heapq.heappush(ready, place[other])
    if len(done) < len(names):
        raise ValueError(f"cycle among {sorted(set(names).difference(done))}")
    return tuple(done)


def find_cycle(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the names along one cycle, each needing the next and the last the first; empty where there is none.

    >>> find_cycle({"A": ["B"], "B": ["A"], "C": ["A"]})
    ('A', 'B')
    >>> find_cycle({"A": [], "B": ["A"]})
    ()
    """
    settled: set[str] = set()
    for start in edges:
        path: dict[str, None] = {}
        stack = [(start, iter(edges.get(start, ())))] if start not in settled else []
        path.update((name, None) for name, _ in stack)
        while stack:
            need = next((need for need in stack[-1][1] if need not in settled), None)
            if need is None:
                settled.add(path.popitem()[0])
                stack.pop()
            elif need in path:
                names = list(path)
                return tuple(names[names.index(need) :])
            else:
                path[need] = None
                stack.append((need, iter(edges.get(need, ()))))
    return ()


def ancestors(name: str, edges: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Return everything that a name needs, directly or not.

    >>> sorted(ancestors("C", {"A": [], "B": ["A"], "C": ["B"]}))
    ['A', 'B']
    """
    found: set[str] = set()
    waiting = list(edges.get(name, ()))
    while waiting:
        need = waiting.pop()
        if need not in found:
            found.add(need)
            waiting.extend(edges.get(need, ()))
    return frozenset(found)


def dependents(edges: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Return the reversed edges: for each name those that need it.

    >>> dependents({"A": [], "B": ["A"]})
    {'A': {'B'}, 'B': set()}
    """
    turned: dict[str, set[str]] = {name: set() for name in edges}
    for name, needs in edges.items():
        for need in needs:
            turned.setdefault(need, set()).add(name)
    return turned


def size(lengths: Iterable[int]) -> int:
    """Return how many splits a grid has.

    >>> size([2, 3]), size([2, 0]), size([])
    (6, 0, 1)
    """
    product = 1
    for length in lengths:
        product *= length
    return product


def coordinates(index: int, lengths: Sequence[int]) -> tuple[int, ...]:
    """Return the place of a split on each axis of its grid, the last axis running fastest.

    >>> [coordinates(index, [2, 3]) for index in range(6)]
    [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    """
    place: list[int] = []
    for length in reversed(lengths):
        index, position = divmod(index, length)
        place.append(position)
    return tuple(reversed(place))


class Counted(Protocol):
    """Source of a fan-out's elements: an Axis of a flow's graph, or a factor of the compiler's plan."""

    @property
    def layer(self) -> str:
        """Layer whose attribute is counted."""

    @property
    def attribute(self) -> str:
        """Attribute whose elements are counted."""


def published(counted: Iterable[Counted]) -> dict[str, tuple[str, ...]]:
    """Return for each layer the attributes whose lengths it publishes: those that fan-outs iterate over, in that order.

    >>> published([Axis("A", "rows"), Axis("A", "columns"), Axis("A", "rows")])
    {'A': ('rows', 'columns')}
    """
    found: dict[str, dict[str, None]] = {}
    for each in counted:
        found.setdefault(each.layer, {})[each.attribute] = None
    return {layer: tuple(attributes) for layer, attributes in found.items()}


def length_key(layer: str, attribute: str, split: int | None = None) -> str:
    """Return the key under which a planner publishes a length: of all splits, or of one.

    >>> length_key("A", "rows"), length_key("A", "rows", 2)
    ('A.rows', 'A[2].rows')
    """
    return f"{layer}{'' if split is None else f'[{split}]'}.{attribute}"


def parameter_length(value: Any) -> int:
    """Return how many elements a parameter contributes to a fan-out: those of a list, else one.

    The emitted workflow counts the same, from the parameter's JSON.

    >>> parameter_length([1, 2]), parameter_length([]), parameter_length("ab"), parameter_length({"a": 1})
    (2, 0, 1, 1)
    """
    return len(value) if isinstance(value, list) else 1
