"""Each pass does what its golden file shows, keeps a plan valid, and does nothing the second time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.compiler.ir import Condition, Plan, Task, from_json, show, to_json
from laminar.compiler.optimizer import optimize, passes_for, verify
from laminar.compiler.passes.fuse_chains import fuse_chains
from laminar.compiler.passes.name_tasks import name_tasks
from laminar.compiler.passes.share_templates import share_templates
from laminar.compiler.passes.split_wide_dag import split_wide_dag
from laminar.compiler.target import Target
from laminar.configurations.layers import Retry
from laminar.exceptions import InternalError
from tests.support.drawn_plans import plans
from tests.support.plans import BIG, OTHER, POD, chain, linear, over, plan, pod, task

GOLDEN = Path("tests/golden/passes")
EVERY = passes_for(Target(fuse=True))

CASES = {
    "name_tasks": (
        name_tasks,
        chain(
            (
                "main",
                [
                    task("load_rows"),
                    task("load-rows", "load_rows"),
                    task("nil", "load_rows"),
                    task("Größe", "nil"),
                    task("_Fit", "nil", fan_out=over(("nil", "rows"), parallelism=2)),
                    task("A" * 70, "_Fit"),
                ],
            ),
            ("main", [task("_Fit", fan_out=over(("Parameters", "rows"), parallelism=2))]),
        ),
    ),
    "split_wide_dag": (
        partial(split_wide_dag, widest=4),
        chain(
            (
                "Train",
                [
                    task("Load"),
                    *(task(f"{name}{place}", f"{name}{place - 1}" if place else "Load") for name in "ABC" for place in range(2)),
                    task("Join", "A1", "B1", "C1"),
                ],
            ),
            ("Short", [task("Load"), task("Save", "Load")]),
            ("Long", [task(f"L{place}", *([f"L{place - 1}"] if place else [])) for place in range(5)]),
        ),
    ),
    "fuse_chains": (
        fuse_chains,
        plan(
            task("Load"),
            task("Clean", "Load"),
            task("Split", "Clean"),
            task("Fit", "Split", fan_out=over(("Split", "rows"))),
            task("Best", "Fit"),
            task("Save", "Best"),
            task("Big", "Split", pod=BIG),
            task("Slow", "Big", pod=pod(cpu=8, memory=16000, timeout=60)),
            task("End", "Save", "Slow"),
        ),
    ),
    "share_templates": (
        share_templates,
        chain(
            ("Train", [task("Load"), task("FitAll", "Load", pod=BIG), task("Save", "FitAll")]),
            ("Judge", [task("FitAll", pod=pod(cpu=4)), task("Score", "FitAll", pod=BIG)]),
        ),
    ),
}


def told(made: Plan) -> str:
    """Return a plan's text with what the passes decide: Argo's names beside Python's."""
    lines = [show(made), ""]
    for flow, item in made.tasks():
        more = [f"label {item.label}"] if item.label else []
        more += [f"loop {item.loop}"] if item.loop else []
        more += [f"in {part.name}" for part in flow.parts if item.layer in part.layers]
        lines.append(f"{flow.name}.{item.name}  {', '.join([item.template, *more])}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_pass_does_what_its_golden_file_shows(name, golden):
    rewrite, before = CASES[name]
    golden(f"# before\n{told(before)}\n# after\n{told(rewrite(before))}", GOLDEN / f"{name}.txt")


def test_every_pass_has_a_golden_file():
    assert {rewrite.__name__ for rewrite in EVERY} == set(CASES)


@pytest.mark.parametrize("rewrite", EVERY)
@given(made=plans())
def test_pass_applied_twice_is_the_pass_applied_once(rewrite, made):
    assert rewrite(rewrite(made)) == rewrite(made)


@given(plans())
def test_optimized_plan_is_valid_and_optimizing_it_changes_nothing(made):
    once = optimize(made)
    assert optimize(verify(once, after="test")) == once


@given(plans())
def test_tasks_share_a_template_exactly_if_their_pods_are_equal(made):
    pods: dict[str, set[object]] = {}
    for _, item in optimize(made).tasks():
        pods.setdefault(item.template, set()).add(item.pod)
    assert all(len(group) == 1 for group in pods.values())
    assert len(pods) == len({item.pod for _, item in made.tasks()})


@given(plans())
def test_templates_of_pods_have_names_that_pods_can_have(made):
    assert all(item.template == item.template.lower() for _, item in optimize(made).tasks())


def test_no_pass_changes_the_graph():
    before = CASES["name_tasks"][1]
    after = optimize(before)
    assert [(flow.flow, item.layer, item.needs) for flow, item in after.tasks()] == [
        (flow.flow, item.layer, item.needs) for flow, item in before.tasks()
    ]


# rows in one pod


def test_ten_layers_in_a_row_are_one_task():
    (flow,) = fuse_chains(linear(10)).flows
    assert [len(item.fused) for item in flow.tasks] == [10]


def test_layers_are_fused_only_if_asked_for():
    assert len(optimize(linear(3)).flows[0].tasks) == 3
    assert fuse_chains not in passes_for(Target())


RETRIED = pod(retry=Retry(attempts=3))


@pytest.mark.parametrize(
    "made",
    [
        plan(task("A"), task("B", "A", pod=BIG)),
        plan(task("A"), task("B", "A", pod=RETRIED)),
        plan(task("A"), task("B", "A", fan_out=over(("A", "rows")))),
        plan(task("A", fan_out=over(("Parameters", "rows"))), task("B", "A")),
        plan(task("A"), task("B", "A"), task("C", "A")),
        plan(task("A"), task("B"), task("C", "A", "B")),
        plan(task("A"), task("B", "A").but(condition=Condition(entry=True, evaluator="A"))),
        plan(task("A").but(condition=Condition(entry=True, pod=POD)), task("B", "A").but(condition=Condition(follows=("A",)))),
        plan(*(item.but(pod=pod(attempts=("{}", "{}"))) for item in linear(2).flows[0].tasks)),
        plan(*(item.but(pod=pod(timeout=9)) for item in linear(2).flows[0].tasks)),
        plan(*(item.but(pod=OTHER) for item in linear(2).flows[0].tasks)),
    ],
)
def test_layers_that_need_pods_of_their_own_are_not_fused(made):
    assert fuse_chains(made) == made


def test_pod_of_a_row_is_tried_again_as_often_as_its_layers_together():
    (flow,) = fuse_chains(plan(*(item.but(pod=RETRIED) for item in linear(4).flows[0].tasks))).flows
    assert [item.pod.retry.attempts for item in flow.tasks] == [9]


def test_row_without_retries_shares_its_template_with_other_layers():
    made = optimize(plan(task("A"), task("B", "A"), task("C", "B", pod=BIG), task("D", "C")), passes_for(Target(fuse=True)))
    assert [(item.name, item.template) for _, item in made.tasks()] == [("A-B", "layer"), ("C", "layer-c"), ("D", "layer")]


@given(plans())
def test_fusing_keeps_each_layer_once_and_the_order(made):
    for before, after in zip(made.flows, fuse_chains(made).flows, strict=True):
        ran = [layer for item in after.tasks for layer in item.fused or (item.layer,)]
        assert sorted(ran) == sorted(item.layer for item in before.tasks)
        assert all(ran.index(need) < ran.index(item.layer) for item in before.tasks for need in item.needs)


# parts


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
        behind: set[str] = set()
        for part in flow.parts:
            behind |= set(part.layers)
            assert all(set(item.needs) <= behind for item in flow.tasks if item.layer in part.layers)


# verify


def spoil(made: Plan) -> Plan:
    """Stand for a pass with a mistake: it gives all tasks one name."""
    return made.but(flows=tuple(flow.but(tasks=tuple(item.but(name="A") for item in flow.tasks)) for flow in made.flows))


def test_pass_that_spoils_the_plan_is_named():
    with pytest.raises(InternalError, match="not valid after 'spoil': two tasks of 'Train' are named 'A'"):
        optimize(plan(task("Load"), task("Fit", "Load")), [spoil])


def without_link(made: Plan) -> Plan:
    return made.but(flows=tuple(flow.but(link=None) for flow in made.flows))


def of_one_name(made: Plan) -> Plan:
    return made.but(flows=tuple(flow.but(name="A") for flow in made.flows))


@pytest.mark.parametrize(
    "made, problem",
    [
        (plan(task("Fit"), task("Fit")), "two layers of 'Train' are called 'Fit'"),
        (plan(task("Fit", "Load"), task("Load")), "Train.Fit needs 'Load', which does not stand before it"),
        (plan(task("A"), task("B", fan_out=over(("A", "x")))), "Train.B iterates over 'A', which it does not need"),
        (plan(), "flow 'Train' has no task"),
        (Plan(flows=(), datastore="s3://b"), "it has no flow"),
        (without_link(chain(("A", [task("X")]), ("B", [task("Y")]))), "flow 'B' is number 2 and has no link"),
        (of_one_name(chain(("A", [task("X")]), ("B", [task("Y")]))), "two flows are named 'A'"),
    ],
)
def test_plan_that_no_stage_could_rely_on_is_refused(made, problem):
    with pytest.raises(InternalError, match=problem):
        verify(made, after="test")


@given(plans())
def test_what_the_passes_make_is_of_the_types_that_a_plan_says(made):
    optimized = optimize(made, EVERY)
    assert from_json(to_json(optimized)) == optimized
