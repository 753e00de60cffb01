"""Names that Argo accepts stay, others are made so, and no two of one scope are equal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from laminar.compiler import names
from laminar.compiler.ir import Condition
from laminar.compiler.passes.name_tasks import MAIN, name_tasks
from tests.support.drawn_plans import plans
from tests.support.plans import POD, chain, over, plan, task

LOOP = over(("Load", "rows"), parallelism=2)


@settings(max_examples=10)
@given(plans())
def test_all_names_can_be_waited_for_and_differ(made):
    named = name_tasks(made)
    flows = [flow.name for flow in named.flows]
    loops = [item.loop for _, item in named.tasks() if item.loop]
    links = [flow.link.name for flow in named.flows if flow.link]
    templates = [MAIN, *flows, *loops, *links]
    assert len(templates) == len(set(templates))
    for flow in named.flows:
        tasks = [item.name for item in flow.tasks] + [item.condition.gate for item in flow.tasks if item.condition.gate]
        assert len(tasks) == len(set(tasks))
        assert all(names.TASK.match(name) for name in tasks)


@pytest.mark.parametrize("name", ["Fit", "fit2", "Fit-2"])
def test_a_name_that_argo_accepts_stays_without_a_label(name):
    [(_, named)] = name_tasks(plan(task(name))).tasks()
    assert (named.layer, named.name, named.label, named.loop) == (name, name, None, None)


@pytest.mark.parametrize(("flow", "kept"), [("Train", True), ("main", False), ("link-2", False)])
def test_a_flow_gives_way_to_the_templates_that_are_always_there(flow, kept):
    named = name_tasks(chain(("First", [task("Fit")]), (flow, [task("Fit")])))
    assert (named.flows[1].name == flow) == kept
    assert named.flows[1].flow == flow


def test_only_a_bounded_fan_out_has_a_loop_of_its_own():
    tasks = [task("Load"), task("A", fan_out=LOOP), task("B", fan_out=over(("Load", "rows")))]
    assert [item.loop for _, item in name_tasks(plan(*tasks)).tasks()] == [None, "loop-A", None]


def test_loops_of_one_name_in_two_flows_differ():
    named = name_tasks(chain(("X", [task("A", fan_out=LOOP)]), ("Y", [task("A", fan_out=LOOP)])))
    assert [item.loop for _, item in named.tasks()] == ["loop-A", "loop-Y-A"]


def test_a_gate_gives_way_to_a_layer_of_its_name():
    gated = replace(task("A"), condition=Condition(entry=True, pod=POD))
    [(_, first), (_, second)] = name_tasks(plan(gated, task("A-gate"))).tasks()
    assert second.name == "A-gate"
    assert first.condition.gate not in (None, "A-gate")
