"""How pods of one workflow run: side by side, within bounds, observed."""

from __future__ import annotations

import pytest

from laminar.compiler.rehearsal import Refused
from tests.support.workflow_blocks import RETRYING, Counting, Script, dag, loop, pod, run, task, workflow


def test_a_workflows_parallelism_bounds_all_its_pods():
    counting = Counting()
    tasks = [loop("A", "3"), loop("B", "3")]
    assert run(workflow(dag("main", *tasks), pod(), parallelism=3), counting, concurrency=6).succeeded  # type: ignore[arg-type]
    assert counting.most == 3


def test_without_a_bound_pods_run_side_by_side():
    counting = Counting()
    run(workflow(dag("main", loop("A", "6")), pod()), counting, concurrency=6)  # type: ignore[arg-type]
    assert counting.most > 2


def test_a_workflow_that_waits_for_what_never_comes_is_refused():
    inner = dag("inner", task("A"), parallelism=0)
    with pytest.raises(Refused, match=r"The workflow would hang: w, w\.N wait"):
        run(workflow(dag("main", task("N", "inner")), inner, pod()))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_each_pod_is_observed_when_it_starts_and_when_it_has_ended(concurrency):
    seen: list[tuple[str, str]] = []
    run(
        workflow(dag("main", loop("L", "3"), task("S", when="false")), pod(retryStrategy=RETRYING)),
        Script({"L": [75, 0]}),
        concurrency=concurrency,
        observe=lambda node: seen.append((node.name, node.phase)),
    )
    pods = [f"w.L({item}:{item})({attempt})" for item in range(3) for attempt in range(2)]
    ended = {pod_: "Failed" if pod_.endswith("(0)") else "Succeeded" for pod_ in pods}
    assert sorted(seen) == sorted([*((pod_, "") for pod_ in pods), *ended.items()])
    assert all(seen.index((pod_, "")) < seen.index((pod_, phase)) for pod_, phase in ended.items())


def test_a_pod_that_cannot_be_made_is_not_observed():
    seen: list[str] = []
    run(workflow(dag("main", task("A")), pod(podSpecPatch="{")), observe=lambda node: seen.append(node.name))
    assert seen == []


def test_waits_between_attempts_grow_by_the_factor_and_are_scaled(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr("laminar.compiler.rehearsal.engine.time.sleep", waits.append)
    retry = {"limit": "3", "backoff": {"duration": "10s", "factor": 3}}
    run(workflow(dag("main", task("A")), pod(retryStrategy=retry)), Script({"A": [75, 75, 75, 0]}), backoff=0.5)
    assert waits == [5.0, 15.0, 45.0]
