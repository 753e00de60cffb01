"""Make plans for the compiler's tests: short builders, and a plan for each feature that has a golden file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from laminar.compiler.ir import Factor, FanOut, FlowPlan, Link, ParameterPlan, Plan, Pod, Task
from laminar.compiler.target import Target
from laminar.configurations.layers import Container, Retry, Secret, Volume


def pod(*, retry: Retry | None = None, attempts: tuple[str, ...] = (), patched: bool = False, **fields: Any) -> Pod:
    """Return the pod of a container with these fields."""
    retry = replace(retry or Retry(), jitter=0)
    return Pod(container=Container(**fields), retry=retry, attempts=attempts, patched=patched)


POD = pod()
BIG = pod(cpu=8, memory=16000)
OTHER = pod(command="bash -c 'set -e\nmake all\npython main.py'")
STORE = "s3://bucket/laminar"


def over(*factors: Factor | tuple[Any, ...], **more: Any) -> FanOut:
    """Return a fan-out over factors, or over (layer, attribute)."""
    made = [factor if isinstance(factor, Factor) else Factor(layer=factor[0], attribute=factor[1]) for factor in factors]
    return FanOut(factors=tuple(made), **more)


def every(layer: str, attribute: str) -> Factor:
    """Return the factor that counts an attribute's elements of all splits of a fan-out."""
    return Factor(layer=layer, attribute=attribute, fan_out=True)


def task(layer: str, *needs: str, fan_out: FanOut | None = None, pod: Pod = POD) -> Task:
    """Return a task as the planner makes it."""
    return Task(layer=layer, name=layer, needs=needs, fan_out=fan_out, pod=pod, where=f"main.py:{10 + len(layer)}")


def plan(*tasks: Task, flow: str = "Train", parameters: dict[str, str] | None = None, **more: Any) -> Plan:
    """Return a plan of one flow."""
    return chain((flow, tasks), parameters=parameters, **more)


def chain(*flows: tuple[str, Iterable[Task]], parameters: dict[str, str] | None = None, **more: Any) -> Plan:
    """Return a plan of flows, each linked to the one before it."""
    names = [name for name, _ in flows]
    made = []
    for place, (name, tasks) in enumerate(flows):
        occurrence = names[: place + 1].count(name)
        suffix = "" if occurrence == 1 else f"-{occurrence}"
        link = Link(name=f"link-{place + 1}", pod=POD, where="main.py:90") if place else None
        made.append(FlowPlan(flow=name, name=name + suffix, suffix=suffix, tasks=tuple(tasks), link=link, where="main.py:3"))
    texts = tuple(ParameterPlan(name=name, value=value) for name, value in (parameters or {}).items())
    return Plan(**{"flows": tuple(made), "parameters": texts, "datastore": STORE, "where": "main.py:80", **more})


def linear(count: int) -> Plan:
    """Return a flow of so many layers in a row."""
    names = [f"Layer{place:03}" for place in range(count)]
    return plan(*(task(name, *names[max(0, place - 1) : place]) for place, name in enumerate(names)))


EVERYTHING = pod(
    image="registry.example/train:1.2",
    command="python3 -u train/main.py --fast '$(HOME)' yes",
    workdir="/app",
    cpu=0.5,
    memory=2000,
    gpu=1,
    ephemeral_storage=10000,
    env={"MODE": "on", "PRICE": "$5 and $$5"},
    secrets={"TOKEN": Secret("hub", "token")},
    volumes=[Volume("/data", claim="data"), Volume("/data/old", claim="data", sub_path="old", read_only=True)],
    node_selector={"pool": "gpu"},
    tolerations=[{"key": "gpu", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}],
    affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": None}},
    service_account="trainer",
    labels={"team": "vision"},
    annotations={"example.com/owner": "me@example.com"},
    priority_class="high",
    timeout=90.5,
    retry=Retry(attempts=3, delay=30, backoff=1.5),
)

WORKFLOW = Target()
TEMPLATE = Target(kind="template")

FEATURES: dict[str, tuple[Plan, Target]] = {
    "linear": (plan(task("Load"), task("Fit", "Load"), task("Save", "Fit")), WORKFLOW),
    "branches": (plan(task("Load"), task("A", "Load"), task("B", "Load"), task("Join", "A", "B")), WORKFLOW),
    "fan_out": (plan(task("Load"), task("Fit", "Load", fan_out=over(("Load", "rows"))), task("Best", "Fit")), WORKFLOW),
    "fan_out_of_known_length": (
        plan(task("Load"), task("Fit", "Load", fan_out=over(Factor(layer="Load", attribute="rows", length=12), batch=5))),
        WORKFLOW,
    ),
    "fan_out_over_parameter": (
        plan(task("Fit", fan_out=over(("Parameters", "rates"))), parameters={"rates": "[0.1, 0.2]", "n": "3"}),
        WORKFLOW,
    ),
    "grid": (
        plan(
            task("Load"),
            task("Fit", "Load", fan_out=over(("Load", "rows"), ("Load", "columns"), ("Parameters", "rates"))),
            parameters={"rates": "[0.1, 0.2]"},
        ),
        WORKFLOW,
    ),
    "chain_of_fan_outs": (
        plan(
            task("Load"),
            task("Split", "Load", fan_out=over(("Load", "files"))),
            task("Fit", "Split", fan_out=over(every("Split", "rows"))),
        ),
        WORKFLOW,
    ),
    "batch": (
        plan(
            task("Load"),
            task("Fit", "Load", fan_out=over(("Load", "rows"), batch=25)),
            task("Check", "Fit", fan_out=over(Factor(layer="Fit", attribute="rows", fan_out=True, split=60, batch=25))),
        ),
        WORKFLOW,
    ),
    "parallelism": (
        plan(task("Fit", fan_out=over(("Parameters", "rates"), parallelism=2)), parameters={"rates": "[0.1, 0.2]"}),
        WORKFLOW,
    ),
    "chain": (chain(("Train", [task("Fit")]), ("Evaluate", [task("Score")])), WORKFLOW),
    "flow_to_itself": (chain(("Train", [task("Fit")]), ("Train", [task("Fit")]), execution="nightly"), WORKFLOW),
    "template": (plan(task("Fit"), parameters={"text": '"{{x}} ü"'}), TEMPLATE),
    "container": (plan(task("Fit", pod=EVERYTHING), chain=2), WORKFLOW),
    "other_command": (
        plan(task("Load", pod=OTHER), task("Fit", "Load", fan_out=over(("Load", "rows")), pod=OTHER)),
        WORKFLOW,
    ),
    "names": (plan(task("load_rows"), task("nil", "load_rows"), task("Größe_", "load_rows", "nil"), flow="my_Flow"), WORKFLOW),
}
"""A plan and its target for each feature of the YAML."""
