"""Everything that the target would refuse is reported at once, in the user's terms: each message is a golden file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given

from laminar.compiler import optimizer
from laminar.compiler.check import checker
from laminar.compiler.ir import Plan
from laminar.compiler.target import Target
from laminar.configurations.layers import Secret, Volume
from laminar.exceptions import FlowError
from tests.support.drawn_plans import plans
from tests.support.plans import FEATURES, TEMPLATE, WORKFLOW, chain, linear, over, plan, pod, task

GOLDEN = Path("tests/golden/errors")


def check(made: Plan, target: Target = WORKFLOW) -> Plan:
    return checker.check(optimizer.optimize(made), target)


def fit(**changes: object) -> Plan:
    """Return a plan of one layer whose container is changed."""
    return plan(task("Fit", pod=pod(**changes)))


def wide(count: int) -> Plan:
    return plan(*(task(f"Layer{place}", pod=pod(cpu=place + 1)) for place in range(count)))


def large(count: int) -> Plan:
    return plan(*(task(f"Layer{place}", pod=pod(env={f"TEXT{place}": "x" * 120_000})) for place in range(count)))


def long_chain(count: int) -> Plan:
    return chain(*((f"Flow{place}", [task("Fit")]) for place in range(count)))


def crossing(count: int) -> Plan:
    """Return a flow of which a half goes over three attributes of each layer of the other half."""
    sources = [task(f"A{place}", *([f"A{place - 1}"] if place else [])) for place in range(count)]
    fan_outs = [over(*((item.layer, name) for name in ("rows", "columns", "files"))) for item in sources]
    return plan(*sources, *(task(f"B{place}", f"A{place}", f"A{count - 1}", fan_out=each) for place, each in enumerate(fan_outs)))


WRONG: dict[str, tuple[Plan, Target]] = {
    "argo_crossing": (crossing(250), WORKFLOW),
    "argo_templates": (wide(200), WORKFLOW),
    "argo_chain": (long_chain(101), WORKFLOW),
    "argo_document_size": (large(9), WORKFLOW),
    "argo_document_of_many_layers": (plan(*(task(f"{'Layer' * 200}{place}") for place in range(1000))), WORKFLOW),
    "argo_parameters": (plan(task("Fit"), parameters={f"p{place}": "1" for place in range(501)}), WORKFLOW),
    "argo_parameters_size": (plan(task("Fit"), parameters={"n": "1", "rows": '"' + "x" * 50_000 + '"'}), WORKFLOW),
    "argo_parameter_json": (plan(task("Fit"), parameters={"json": "1"}), WORKFLOW),
    "argo_parameter_name": (plan(task("Fit"), parameters={"größe": "1"}), WORKFLOW),
    "argo_object_name": (plan(task("Fit")), Target(name="My_Flow")),
    "argo_object_name_too_long": (plan(task("Fit")), Target(name="a" * 253)),
    "argo_template_with_execution": (plan(task("Fit"), execution="nightly"), TEMPLATE),
    "argo_braces_in_execution": (plan(task("Fit"), execution="a{"), WORKFLOW),
    "argo_braces_in_datastore": (plan(task("Fit"), datastore="s3://bucket/{{x}}"), WORKFLOW),
    "argo_braces_in_variable": (fit(env={"GREETING": "Hello {{name}}"}), WORKFLOW),
    "argo_unwritable_text": (fit(annotations={"note": "a\ud800b"}), WORKFLOW),
    "argo_long_text": (fit(env={"TEXT": "x" * 131_073}), WORKFLOW),
    "argo_relative_workdir": (fit(workdir="app"), WORKFLOW),
    "argo_variable_name": (fit(env={"1A": ""}), WORKFLOW),
    "argo_variable_of_laminar": (fit(env={"LAMINAR_DATASTORE": "x"}), WORKFLOW),
    "argo_variable_twice": (fit(env={"A": "1"}, secrets={"A": Secret("s", "k")}), WORKFLOW),
    "argo_label_name": (fit(labels={"my team": "a"}), WORKFLOW),
    "argo_label_value": (fit(labels={"team": "a b"}), WORKFLOW),
    "argo_label_of_laminar": (fit(labels={"laminar/layer": "a"}), WORKFLOW),
    "argo_service_account": (fit(service_account="My_Account"), WORKFLOW),
    "argo_claim_name": (fit(volumes=[Volume("/data", claim="My Data")]), WORKFLOW),
    "argo_secret_key": (fit(secrets={"A": Secret("s", "a/b")}), WORKFLOW),
    "argo_mounts_at_one_path": (fit(volumes=[Volume("/data", claim="a"), Volume("/data/", claim="b")]), WORKFLOW),
    "argo_mount_at_scratch": (fit(volumes=[Volume("/tmp", claim="a")]), WORKFLOW),
    "argo_mount_with_colon": (fit(volumes=[Volume("/a:b", claim="a")]), WORKFLOW),
    "argo_toleration": (fit(tolerations=[{"keys": "gpu"}]), WORKFLOW),
    "argo_batch_of_other_command": (
        plan(
            task("Load"),
            task("Fit", "Load", fan_out=over(("Load", "rows"), batch=5), pod=pod(command="bash run.sh")),
        ),
        WORKFLOW,
    ),
    "argo_layer_name": (plan(task("link-2")), WORKFLOW),
    "argo_several_problems": (
        plan(
            task("Load", pod=pod(workdir="app")), task("Fit", pod=pod(annotations={"image": "{{image}}"})), parameters={"json": "1"}
        ),
        WORKFLOW,
    ),
}
"""A plan that the target would refuse for each error."""


@pytest.mark.parametrize("name", WRONG)
def test_wrong_plan_is_refused_with_its_golden_message(name, golden):
    with pytest.raises(FlowError) as caught:
        check(*WRONG[name])
    golden(f"FlowError: {caught.value}\n", GOLDEN / f"{name}.txt")


def problems(made: Plan, target: Target = WORKFLOW) -> Sequence[object]:
    with pytest.raises(FlowError) as caught:
        check(made, target)
    return caught.value.problems or (caught.value,)


@pytest.mark.parametrize("feature", FEATURES)
def test_right_plan_is_returned_as_it_is(feature):
    made = optimizer.optimize(FEATURES[feature][0])
    assert checker.check(made, FEATURES[feature][1]) is made


@given(plans())
def test_drawn_plans_are_right(made):
    check(made)


@pytest.mark.parametrize("made", [linear(200), wide(199), long_chain(100)])
def test_what_is_just_within_the_limits_is_taken(made):
    check(made)


def test_problem_of_a_shared_container_is_said_once():
    shared = pod(workdir="app")
    assert len(problems(plan(task("A", pod=shared), task("B", "A", pod=shared)))) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"command": "'{{x}}'"},
        {"command": "python '{{x}}.py'"},
        {"command": "python main.py '{{x}}'"},
        {"workdir": "/{{x}}"},
        {"env": {"A": "{{x}}"}},
        {"labels": {"a": "{{x}}"}},
        {"annotations": {"a": "{{x}}"}},
        {"node_selector": {"a": "{{x}}"}},
        {"tolerations": [{"key": "{{x}}"}]},
        {"affinity": {"a": "{{x}}"}},
        {"service_account": "{{x}}"},
        {"priority_class": "{{x}}"},
        {"secrets": {"A": Secret("{{x}}", "k")}},
        {"secrets": {"A": Secret("s", "{{x}}")}},
        {"volumes": [Volume("/{{x}}", claim="a")]},
        {"volumes": [Volume("/a", claim="{{x}}")]},
        {"volumes": [Volume("/a", host_path="/{{x}}")]},
        {"volumes": [Volume("/a", claim="a", sub_path="{{x}}")]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_braces_that_argo_would_replace_are_found_wherever_they_stand(changes):
    assert len(problems(fit(**changes))) == 1


def test_unknown_kind_is_refused_with_a_suggestion():
    with pytest.raises(FlowError, match=r"There is no kind of document 'workflows'\. Did you mean 'workflow'"):
        Target(kind="workflows")


def test_unknown_argo_is_refused():
    with pytest.raises(FlowError, match=r"There is no version of Argo '2'"):
        Target(argo="2")
