"""A chain runs its flows one after the other, with a link before each but the first."""

from __future__ import annotations

from laminar.templates.link import Step, chain


def test_a_chain_of_one_flow_has_one_task():
    assert chain("main", [Step("Train")])["dag"]["tasks"] == [{"name": "Train", "template": "Train"}]


def test_each_link_waits_for_the_flow_before_and_each_flow_for_its_link():
    steps = [Step("A"), Step("B", link="link-2", template="layer"), Step("C", link="link-3", template="layer")]
    tasks = chain("main", steps)["dag"]["tasks"]
    assert [(task["name"], task["template"], task.get("depends")) for task in tasks] == [
        ("A", "A", None),
        ("link-2", "layer", "A.Succeeded"),
        ("B", "B", "link-2.Succeeded"),
        ("link-3", "layer", "B.Succeeded"),
        ("C", "C", "link-3.Succeeded"),
    ]


def test_a_flow_that_iterates_over_parameters_has_the_lengths_of_its_link():
    steps = [Step("A"), Step("B", link="link-2", template="layer", arguments={"layer": "link-2"}, lengths=True)]
    _, link, flow = chain("main", steps)["dag"]["tasks"]
    assert link["arguments"]["parameters"] == [{"name": "layer", "value": "link-2"}]
    assert flow["arguments"]["parameters"] == [{"name": "lengths", "value": "{{tasks.link-2.outputs.parameters.lengths}}"}]
