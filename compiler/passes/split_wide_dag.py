"""Nest a flow that has more tasks than one DAG takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from laminar import graph
from laminar.compiler import names
from laminar.compiler.ir import FlowPlan, Part, Plan, Task
from laminar.compiler.passes.name_tasks import MAIN
from laminar.compiler.target import Limits

__all__ = ["WIDEST", "split_wide_dag"]

WIDEST = Limits().tasks
"""Tasks in one DAG: layers, and the gates of some."""

SPARE, MOST = 4, 100
"""How many times as many parts as needed are made for the sake of less waiting, and how many at most: each takes a template."""


def split_wide_dag(plan: Plan, widest: int = WIDEST) -> Plan:
    """Divide the layers of a flow with more than ``widest`` tasks into parts, DAGs of their own.

    A part waits until all of another has run, so that layers of one part may wait for some of another that they do not need.
    Layers are divided in several ways, and the one with the least of such waiting is taken, a layer counting as one step.

    before: A -> B -> ... -> L300 in one DAG
    after:  part-1 (A ... L200) -> part-2 (L201 ... L300)
    """
    pods = (pod for _, task in plan.tasks() for pod in (task.template, task.condition.template, task.loop) if pod)
    taken = {MAIN, *(flow.name for flow in plan.flows), *pods}
    return plan.but(flows=tuple(_divided(flow, taken, widest) for flow in plan.flows))


def _divided(flow: FlowPlan, taken: set[str], widest: int) -> FlowPlan:
    tasks = {task.layer: task for task in flow.tasks}
    if sum(map(_weight, flow.tasks)) <= widest:
        return flow.but(parts=())
    ways = [_in_order(tasks, widest), *(_by_units(tasks, widest, apart=apart) for apart in (False, True))]
    few = [ways[0], *(way for way in ways[1:] if len(way) <= min(SPARE * len(ways[0]), MOST))]
    best = min(few, key=lambda way: (_waiting(way, tasks), len(way)))
    order = {layer: place for place, layer in enumerate(tasks)}
    return flow.but(
        parts=tuple(
            Part(name=_name(flow, number, taken), layers=tuple(sorted(layers, key=order.__getitem__)))
            for number, layers in enumerate(best, 1)
        )
    )


def _name(flow: FlowPlan, number: int, taken: set[str]) -> str:
    wish, otherwise = f"part-{number}", f"part-{flow.flow}{flow.suffix}-{number}"
    found = wish if wish not in taken else names.tasks([otherwise], taken=taken)[otherwise]
    taken.add(found)
    return found


def _weight(task: Task) -> int:
    return 2 if task.condition.pod else 1


# ways to divide: each a list of parts, which stand behind those that they need


def _in_order(tasks: Mapping[str, Task], widest: int) -> list[list[str]]:
    """Put each layer into the last part of those it needs, or into the next one with room: as few parts as can be."""
    parts: list[list[str]] = []
    room: list[int] = []
    part_of: dict[str, int] = {}
    for layer, task in tasks.items():
        first = max((part_of[need] for need in task.needs), default=0)
        place = next((place for place in range(first, len(parts)) if room[place] >= _weight(task)), len(parts))
        if place == len(parts):
            parts.append([])
            room.append(widest)
        parts[place].append(layer)
        room[place] -= _weight(task)
        part_of[layer] = place
    return parts


@dataclass
class _Box:
    """A part that is being filled: ``behind`` are all parts before it, ``group`` the layers that may share it."""

    group: int
    behind: frozenset[int]
    room: int
    closed: bool = False


def _by_units(tasks: Mapping[str, Task], widest: int, *, apart: bool) -> list[list[str]]:
    """Put linear runs of layers into parts that wait for just what they need themselves: more parts, less waiting.

    ``apart`` lets a part end with a layer from which more branches go than it has room for, so that these wait for nothing else.
    """
    below = graph.dependents({layer: task.needs for layer, task in tasks.items()})
    groups = _groups(tasks, widest)
    boxes: list[_Box] = []
    parts: list[list[str]] = []
    part_of: dict[str, int] = {}
    for unit in _units(tasks, below, widest):
        weight = sum(_weight(tasks[layer]) for layer in unit)
        above = frozenset(part_of[need] for need in tasks[unit[0]].needs)
        behind = above.union(*(boxes[place].behind for place in above))
        place = next(_fitting(boxes, groups[unit[0]], behind, weight), len(boxes))
        if place == len(boxes):
            boxes.append(_Box(groups[unit[0]], behind, widest))
            parts.append([])
        parts[place] += unit
        boxes[place].room -= weight
        part_of |= dict.fromkeys(unit, place)
        if apart and len(below[unit[-1]]) > 1 and _reach(unit[-1], below) > boxes[place].room:
            boxes[place].closed = True
    return parts


def _fitting(boxes: list[_Box], group: int, behind: frozenset[int], weight: int) -> Iterator[int]:
    """Give the parts where layers behind these parts have to wait for nothing more."""
    for place, box in enumerate(boxes):
        if box.group == group and not box.closed and box.room >= weight and box.behind == behind - {place}:
            yield place


def _units(tasks: Mapping[str, Task], below: Mapping[str, set[str]], widest: int) -> list[list[str]]:
    """Return runs of layers, each the only one below the only one above it, no longer than a part."""
    run_of: dict[str, list[str]] = {}
    weight_to: dict[str, int] = {}  # of a run, up to a layer
    for layer, task in tasks.items():
        above = task.needs[0] if len(task.needs) == 1 and len(below[task.needs[0]]) == 1 else None
        before = weight_to[above] if above is not None else 0
        if above is None or before + _weight(task) > widest:
            run_of[layer], before = [], 0
        else:
            run_of[layer] = run_of[above]
        run_of[layer].append(layer)
        weight_to[layer] = before + _weight(task)
    return list({id(run): run for run in run_of.values()}.values())


def _groups(tasks: Mapping[str, Task], widest: int) -> dict[str, int]:
    """Number layers by what hangs together; what fits a part as a whole is group 0 and may share one, as nothing waits for it."""
    joined: dict[str, list[str]] = {}
    for layer, task in tasks.items():
        together, *others = sorted({id(joined[need]): joined[need] for need in task.needs}.values(), key=len, reverse=True) or [[]]
        for added in (*others, [layer]):
            together += added
            joined.update(dict.fromkeys(added, together))
    found: dict[str, int] = {}
    for number, together in enumerate({id(group): group for group in joined.values()}.values(), 1):
        whole = sum(_weight(tasks[layer]) for layer in together) <= widest
        found |= dict.fromkeys(together, 0 if whole else number)
    return found


def _reach(layer: str, below: Mapping[str, set[str]]) -> int:
    return len(graph.ancestors(layer, below))


# how good a way is


def _waiting(parts: list[list[str]], tasks: Mapping[str, Task]) -> tuple[float, int]:
    """Return when the last layer ends plus when one ends on average, and how often a part waits for another.

    Each layer takes one step, and a part waits for whole parts.
    """
    part_of = {layer: place for place, layers in enumerate(parts) for layer in layers}
    done: list[int] = []
    ends: dict[str, int] = {}
    waits = 0
    for place, layers in enumerate(parts):
        needed = {part_of[need] for layer in layers for need in tasks[layer].needs} - {place}
        waits += len(needed)
        start = max((done[other] for other in needed), default=0)
        for layer in _sorted(layers, tasks):
            inside = (ends[need] for need in tasks[layer].needs if part_of[need] == place)
            ends[layer] = max(inside, default=start) + _weight(tasks[layer])
        done.append(max(ends[layer] for layer in layers))
    return max(done) + sum(ends.values()) / len(ends), waits


def _sorted(layers: Iterable[str], tasks: Mapping[str, Task]) -> list[str]:
    order = {layer: place for place, layer in enumerate(tasks)}
    return sorted(layers, key=order.__getitem__)
