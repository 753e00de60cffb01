"""Nest a flow that has more tasks than Argo allows in one DAG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from laminar import graph
from laminar.compiler import names
from laminar.compiler.ir import FlowPlan, Part, Plan, Task
from laminar.compiler.passes.name_tasks import MAIN
from laminar.compiler.passes.part_costs import kept_back, waiting
from laminar.compiler.passes.series_parallel import Division, divide
from laminar.compiler.target import Limits

__all__ = ["WIDEST", "split_wide_dag"]

WIDEST = Limits().tasks
"""Tasks in one DAG: layers, and the gates of some."""

SPARE, MOST = 4, 100
"""How many times as many parts as necessary may be made to reduce waiting, and how many at most: each takes a template."""

Needs = Mapping[str, Sequence[str]]
"""The needs of each layer; layers come after those that they need."""

Weights = Mapping[str, int]
"""How many tasks each layer is."""


def split_wide_dag(plan: Plan, widest: int = WIDEST) -> Plan:
    """Divide the layers of a flow with more than ``widest`` tasks into parts, which are separate DAGs.

    A part waits for whole parts. So a layer of it may wait for layers that it does not need, and a failure of one of those keeps
    it from running. Layers are divided in several ways. The way with the fewest such layers is chosen, then the one with the least
    waiting, where a task takes one step.

    before: A -> B -> ... -> L300 in one DAG
    after:  part-1 (A ... L200) -> part-2 (L201 ... L300)
    """
    pods = (pod for _, task in plan.tasks() for pod in (task.template, task.condition.template, task.loop) if pod)
    taken = {MAIN, *(flow.name for flow in plan.flows), *pods}
    return plan.but(flows=tuple(_divided(flow, taken, widest) for flow in plan.flows))


def _divided(flow: FlowPlan, taken: set[str], widest: int) -> FlowPlan:
    weights = {task.layer: _weight(task) for task in flow.tasks}
    if sum(weights.values()) <= widest:
        return flow.but(parts=())
    needs = {task.layer: task.needs for task in flow.tasks}
    order = {layer: place for place, layer in enumerate(needs)}
    return flow.but(
        parts=tuple(
            Part(name=_name(flow, number, taken), layers=tuple(sorted(layers, key=order.__getitem__)))
            for number, layers in enumerate(_best(needs, weights, widest), 1)
        )
    )


def _name(flow: FlowPlan, number: int, taken: set[str]) -> str:
    wish, otherwise = f"part-{number}", f"part-{flow.flow}{flow.suffix}-{number}"
    found = wish if wish not in taken else names.tasks([otherwise], taken=taken)[otherwise]
    taken.add(found)
    return found


def _weight(task: Task) -> int:
    return 2 if task.condition.pod else 1


def _best(needs: Needs, weights: Weights, widest: int) -> Division:
    """Return the best division of a flow."""

    def of_block(block: list[str]) -> Division:
        inside = set(block)
        within = {layer: [need for need in needs[layer] if need in inside] for layer in block}
        return _chosen(within, weights, widest, [])

    return _chosen(needs, weights, widest, [_in_dependency_order(divide(needs, weights, widest, of_block), needs)])


def _chosen(needs: Needs, weights: Weights, widest: int, others: Sequence[Division]) -> Division:
    """Return the best of the ways to divide, and of other divisions, among those that are no more parts than allowed."""
    smallest = _in_order(needs, weights, widest)
    most = min(SPARE * len(smallest), MOST)
    ways = [*others, _waiting_least(needs, weights, widest, most), _waiting_apart(needs, weights, widest, most)]
    few = [smallest, *(way for way in ways if len(way) <= most)]
    return min(few, key=lambda way: (sum(kept_back(way, needs).values()), waiting(way, needs, weights), len(way)))


def _in_dependency_order(parts: Division, needs: Needs) -> Division:
    """Return parts so that each comes after those that it waits for."""
    part_of = {layer: number for number, layers in enumerate(parts) for layer in layers}
    first = {layer: place for place, layer in enumerate(needs)}
    edges = {
        str(number): [str(part_of[need]) for layer in parts[number] for need in needs[layer] if part_of[need] != number]
        for number in sorted(range(len(parts)), key=lambda number: first[parts[number][0]])
    }
    return [parts[int(number)] for number in graph.order(edges)]


# ways to divide: each returns parts that come after those that they wait for


def _in_order(needs: Needs, weights: Weights, widest: int) -> Division:
    """Assign each layer to the last part of those it needs, or to the next one with room: as few parts as possible."""
    parts: Division = []
    room: list[int] = []
    part_of: dict[str, int] = {}
    for layer, above in needs.items():
        first = max((part_of[need] for need in above), default=0)
        place = next((place for place in range(first, len(parts)) if room[place] >= weights[layer]), len(parts))
        if place == len(parts):
            parts.append([])
            room.append(widest)
        parts[place].append(layer)
        room[place] -= weights[layer]
        part_of[layer] = place
    return parts


@dataclass
class _Box:
    """A part that is being filled: ``above`` are all parts that it waits for, ``group`` the layers that may share it."""

    group: int
    above: frozenset[int]
    room: int
    closed: bool = False


def _waiting_least(needs: Needs, weights: Weights, widest: int, most: int) -> Division:
    """Assign linear runs of layers to parts that wait only for the dependencies of the runs: more parts, less waiting."""
    return _by_units(needs, weights, widest, most, lambda unit, below, room: False)


def _waiting_apart(needs: Needs, weights: Weights, widest: int, most: int) -> Division:
    """Also end a part with a layer from which more branches go than the part has room for: they then wait for nothing else."""
    return _by_units(
        needs,
        weights,
        widest,
        most,
        lambda unit, below, room: len(below[unit[-1]]) > 1 and len(graph.ancestors(unit[-1], below)) > room,
    )


Closing = Callable[[list[str], Mapping[str, set[str]], int], bool]
"""Whether a part ends with a unit, by the needs of layers and the room that the part has left."""


def _by_units(needs: Needs, weights: Weights, widest: int, most: int, closes: Closing) -> Division:
    """Assign units to parts; stop with ``most`` parts and one more, a division that is not used.

    Without the stop, thousands of parts, each with the set of all parts above it, took minutes and gigabytes.
    """
    below = graph.dependents(needs)
    groups = _groups(needs, weights, widest)
    boxes: list[_Box] = []
    parts: Division = []
    part_of: dict[str, int] = {}
    for unit in _units(needs, weights, below, widest):
        weight = sum(weights[layer] for layer in unit)
        nearest = frozenset(part_of[need] for need in needs[unit[0]])
        above = nearest.union(*(boxes[place].above for place in nearest))
        place = next(_fitting(boxes, groups[unit[0]], above, weight), len(boxes))
        if place == len(boxes):
            if place > most:
                return parts
            boxes.append(_Box(groups[unit[0]], above, widest))
            parts.append([])
        parts[place] += unit
        boxes[place].room -= weight
        part_of |= dict.fromkeys(unit, place)
        boxes[place].closed |= closes(unit, below, boxes[place].room)
    return parts


def _fitting(boxes: list[_Box], group: int, above: frozenset[int], weight: int) -> Iterator[int]:
    """Yield the parts with room that wait for exactly these parts."""
    for place, box in enumerate(boxes):
        if box.group == group and not box.closed and box.room >= weight and box.above == above - {place}:
            yield place


def _units(needs: Needs, weights: Weights, below: Mapping[str, set[str]], widest: int) -> list[list[str]]:
    """Return runs of layers, each the only dependent of its only dependency, no longer than a part."""
    run_of: dict[str, list[str]] = {}
    weight_to: dict[str, int] = {}  # of a run, up to a layer
    for layer, above in needs.items():
        last = above[0] if len(above) == 1 and len(below[above[0]]) == 1 else None
        before = weight_to[last] if last is not None else 0
        if last is None or before + weights[layer] > widest:
            run_of[layer], before = [], 0
        else:
            run_of[layer] = run_of[last]
        run_of[layer].append(layer)
        weight_to[layer] = before + weights[layer]
    return list({id(run): run for run in run_of.values()}.values())


def _groups(needs: Needs, weights: Weights, widest: int) -> dict[str, int]:
    """Number the connected components. Those that fit a part are group 0: they may share one, as nothing waits for it."""
    joined: dict[str, list[str]] = {}
    for layer, above in needs.items():
        together, *others = sorted({id(joined[need]): joined[need] for need in above}.values(), key=len, reverse=True) or [[]]
        for added in (*others, [layer]):
            together += added
            joined.update(dict.fromkeys(added, together))
    found: dict[str, int] = {}
    for number, together in enumerate({id(group): group for group in joined.values()}.values(), 1):
        whole = sum(weights[layer] for layer in together) <= widest
        found |= dict.fromkeys(together, 0 if whole else number)
    return found
