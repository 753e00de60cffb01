"""A bounded loop sits in a template of its own."""

from __future__ import annotations

import pytest

from laminar.templates.fan_out import INDEX, bounded


def made(*, publishes: bool = False, patched: bool = False, batch: int = 1):
    return bounded(
        "loop-W",
        task_name="W",
        template="layer",
        parallelism=2,
        batch=batch,
        arguments={"layer": "W", "index": INDEX},
        publishes=publishes,
        patched=patched,
    )


def test_the_template_bounds_the_pods_and_the_task_is_the_loop():
    template = made()
    [loop] = template["dag"]["tasks"]
    assert template["parallelism"] == 2
    assert "parallelism" not in loop
    assert "inputs.parameters.splits" in loop["withSequence"]["count"]
    assert {"name": "index", "value": "{{item}}"} in loop["arguments"]["parameters"]


@pytest.mark.parametrize(("patched", "inputs"), [(False, ["splits"]), (True, ["splits", "patches"])])
def test_a_patched_loop_has_its_patches_as_an_input(patched, inputs):
    assert [one["name"] for one in made(patched=patched)["inputs"]["parameters"]] == inputs


def test_lengths_are_published_where_they_are_read():
    assert "outputs" not in made(publishes=False)
    [lengths] = made(publishes=True)["outputs"]["parameters"]
    assert lengths["valueFrom"] == {"parameter": "{{tasks.W.outputs.parameters.lengths}}", "default": "[]"}


def test_a_batch_divides_the_count():
    [loop], [batched] = (made(batch=batch)["dag"]["tasks"] for batch in (1, 5))
    assert "5" in batched["withSequence"]["count"]
    assert loop["withSequence"]["count"] != batched["withSequence"]["count"]
