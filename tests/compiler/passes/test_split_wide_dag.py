"""A flow that is too wide for one DAG becomes parts, which wait for as little as can be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler.ir import Plan, Task
from laminar.compiler.passes.split_wide_dag import _waiting_apart, _waiting_least, split_wide_dag
from tests.support.drawn_plans import plans
from tests.support.plans import linear, plan, task


def parts_of(made: Plan, widest: int = 200) -> list[set[str]]:
    (flow,) = split_wide_dag(made, widest).flows
    return [set(part.layers) for part in flow.parts]


def waits(made: Plan, widest: int = 200) -> dict[int, set[int]]:
    """Return for each part those that it waits for."""
    (flow,) = split_wide_dag(made, widest).flows
    part_of = {layer: place for place, part in enumerate(flow.parts) for layer in part.layers}
    found: dict[int, set[int]] = {place: set() for place in range(len(flow.parts))}
    for item in flow.tasks:
        found[part_of[item.layer]] |= {part_of[need] for need in item.needs} - {part_of[item.layer]}
    return found


def row(name: str, count: int, *above: str) -> list[Task]:
    """Return layers one below the other."""
    return [task(f"{name}{place}", *([f"{name}{place - 1}"] if place else above)) for place in range(count)]


def test_flow_of_200_tasks_stays_one_dag():
    assert parts_of(linear(200)) == []


def test_row_of_layers_becomes_consecutive_parts():
    assert [len(part) for part in parts_of(linear(1000))] == [200] * 5
    assert waits(linear(1000)) == {0: set(), 1: {0}, 2: {1}, 3: {2}, 4: {3}}


def test_rows_that_do_not_need_each_other_do_not_wait_for_each_other():
    rows = [row(name, 90) for name in "ABCDE"]
    together = plan(*(item for each in rows for item in each))
    level_by_level = plan(*(item for each in zip(*rows, strict=True) for item in each))
    for made in (together, level_by_level):
        assert len(parts_of(made)) == 3
        assert set(map(len, waits(made).values())) == {0}


def test_branches_too_many_for_a_part_wait_for_nothing_but_the_layer_they_come_from():
    branches = [f"B{place}" for place in range(300)]
    made = plan(
        task("Load"),
        *(item for name in branches for item in row(name, 2, "Load")),
        task("Join", *(f"{name}1" for name in branches)),
    )
    (load,) = (place for place, part in enumerate(parts_of(made)) if "Load" in part)
    (join,) = (place for place, part in enumerate(parts_of(made)) if "Join" in part)
    assert parts_of(made)[load] == {"Load"}
    between = set(waits(made)) - {load, join}
    assert waits(made) == {load: set(), **{place: {load} for place in between}, join: between}


@given(plans(), st.integers(1, 4))
def test_parts_hold_every_layer_once_and_only_later_ones_wait(made, widest):
    for flow in split_wide_dag(made, widest).flows:
        layers = [item.layer for item in flow.tasks]
        assert sorted(layer for part in flow.parts for layer in part.layers) == (sorted(layers) if len(layers) > widest else [])
        assert all(len(part.layers) <= widest for part in flow.parts)
        before: set[str] = set()
        for part in flow.parts:
            before |= set(part.layers)
            assert all(set(item.needs) <= before for item in flow.tasks if item.layer in part.layers)


def test_division_into_too_many_parts_is_given_up_at_the_first_part_too_many():
    needs = {f"L{place}": [f"L{above}" for above in (place - 3, place - 7) if above >= 0] for place in range(300)}
    weights = dict.fromkeys(needs, 1)
    for way in (_waiting_least, _waiting_apart):
        assert len(way(needs, weights, 10, 1000)) > 6
        assert len(way(needs, weights, 10, 5)) == 6
