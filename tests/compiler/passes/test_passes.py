"""Each pass produces its golden file, keeps a plan valid, and changes nothing the second time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given

from laminar.compiler.ir import Plan, show
from laminar.compiler.optimizer import optimize, passes_for, verify
from laminar.compiler.passes.fuse_chains import fuse_chains
from laminar.compiler.passes.name_tasks import name_tasks
from laminar.compiler.passes.share_templates import share_templates
from laminar.compiler.passes.split_wide_dag import split_wide_dag
from laminar.compiler.target import Target
from tests.support.drawn_plans import plans
from tests.support.plans import BIG, chain, over, plan, pod, task

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
    """Return a plan's text with the decisions of the passes: Argo's names beside Python's."""
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


def test_no_pass_changes_the_graph():
    before = CASES["name_tasks"][1]
    after = optimize(before)
    assert [(flow.flow, item.layer, item.needs) for flow, item in after.tasks()] == [
        (flow.flow, item.layer, item.needs) for flow, item in before.tasks()
    ]
