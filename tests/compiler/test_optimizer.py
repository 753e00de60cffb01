"""A pass that makes a plan invalid is found and named."""

from __future__ import annotations

import pytest
from hypothesis import given

from laminar.compiler.ir import Plan, from_json, to_json
from laminar.compiler.optimizer import optimize, passes_for, verify
from laminar.compiler.target import Target
from laminar.exceptions import InternalError
from tests.support.drawn_plans import plans
from tests.support.plans import chain, over, plan, task

EVERY = passes_for(Target(fuse=True))


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
        (plan(task("Fit", "Load"), task("Load")), "Train.Fit needs 'Load', which does not come before it"),
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
