"""Layers in a row become one task, and no others do."""

from __future__ import annotations

import pytest
from hypothesis import given

from laminar.compiler.ir import Condition
from laminar.compiler.optimizer import optimize, passes_for
from laminar.compiler.passes.fuse_chains import fuse_chains
from laminar.compiler.target import Target
from laminar.configurations.layers import Retry
from tests.support.drawn_plans import plans
from tests.support.plans import BIG, OTHER, POD, linear, over, plan, pod, task


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
