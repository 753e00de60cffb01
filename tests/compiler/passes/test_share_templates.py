"""Tasks with equal pods, and no others, share a template."""

from __future__ import annotations

from hypothesis import given

from laminar.compiler.optimizer import optimize
from tests.support.drawn_plans import plans


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
