"""A template's inputs are the values that differ between its tasks; the others are constant in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from laminar.compiler.emit.template_signature import Signature, Use, over_parameters, signatures, uses
from laminar.compiler.ir import Condition
from tests.support.plans import BIG, FEATURES, POD, chain, over, plan, pod, task

VALUES = {"layer": "A", "flow": "Train", "label": "A", "suffix": "", "index": "0", "splits": "1", "batch": "1"}


def signature(*changes: dict[str, str], one=POD) -> Signature:
    """Return the signature of a template whose tasks have these values."""
    used = tuple(Use("layer", one, {**VALUES, **change}) for change in changes)
    return signatures(((None, used),))["layer"][1]


@pytest.mark.parametrize(
    ("changes", "inputs"),
    [
        ([{}], {"layer": None}),
        ([{}, {"layer": "B", "label": "B"}], {"layer": None}),
        ([{}, {"flow": "Score"}], {"layer": None, "flow": "Train"}),
        ([{}, {"index": "{{item}}"}], {"layer": None, "index": "0"}),
        ([{"index": "{{item}}"}], {"layer": None, "index": None}),
        ([{"splits": "{{=x}}"}, {"splits": "{{=y}}"}], {"layer": None, "splits": None}),
        ([{}, {"batch": "5"}], {"layer": None, "batch": "1"}),
        ([{"layer": "_A", "label": "A-1"}, {}], {"layer": None, "label": None}),
    ],
)
def test_values_that_differ_or_hold_a_tag_are_inputs(changes, inputs):
    assert dict(signature(*changes).inputs) == inputs


@pytest.mark.parametrize("changes", [[{}], [{}, {"index": "{{item}}", "splits": "{{=x}}"}], [{"flow": "B", "suffix": "-2"}, {}]])
def test_every_task_gets_its_own_values_back(changes):
    made = signature(*changes)
    for change in changes:
        values = {**VALUES, **change}
        arguments = made.arguments(values)
        for name, value in values.items():
            if name == "label":
                continue
            known = {**made.constants, **{key: default for key, default in made.inputs.items() if default is not None}, **arguments}
            assert known[name] == value
        assert all(values[name] != made.inputs[name] for name in arguments)


def test_a_label_that_is_the_layers_name_is_read_from_it():
    assert signature({}).value("label") == signature({}).value("layer") == "{{inputs.parameters.layer}}"
    assert signature({}).value("flow") == "Train"


def test_only_a_patched_pod_has_a_patch_as_input():
    assert "patch" not in signature({"patch": "x"}).inputs
    assert signature({"patch": "x"}, one=pod(patched=True)).value("patch") == "x"


def test_outputs_are_published_where_any_task_of_the_template_is_read():
    made = plan(task("Load"), task("Fit", "Load", fan_out=over(("Load", "rows"))))
    assert signatures(uses(made))["layer"][2] == ("lengths",)
    assert signatures(uses(plan(task("Load"), task("Fit", "Load"))))["layer"][2] == ()


def test_templates_of_gates_and_links_are_found_too():
    gated = replace(task("Fit"), condition=Condition(entry=True, pod=BIG, gate="Fit-gate", template="gate"))
    [(_, [use])] = uses(plan(gated))
    assert use.gate is not None
    assert (use.gate.values["layer"], use.gate.publishes, use.when) == ("Fit-gate", ("entries",), use.when)
    assert "Fit-gate" in use.when
    assert signatures(uses(plan(gated)))["gate"][0] == BIG
    (first, _), (second, _) = uses(FEATURES["chain"][0])
    assert first is None
    assert second is not None
    assert (second.values["layer"], second.values["flow"]) == ("link-2", "Train")


def test_a_link_publishes_lengths_where_its_flow_iterates_over_parameters():
    made = chain(("A", [task("Fit")]), ("B", [task("Use", fan_out=over(("Parameters", "rows")))]))
    assert [over_parameters(flow) for flow in made.flows] == [False, True]
    link = uses(made)[1][0]
    assert link is not None
    assert link.publishes == ("lengths",)


def test_a_fixed_split_has_its_index_and_the_number_of_all():
    [(_, [use])] = uses(plan(replace(task("Fit"), fixed=(2, 5))))
    assert (use.values["index"], use.values["splits"], use.count) == ("2", "5", None)
