"""Values that tasks read of others cross the border of a part, named alike on both sides, and stays within Argo's limits."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from laminar import compiler
from laminar.compiler import optimizer
from laminar.compiler.check import checker
from laminar.compiler.emit import emitter
from laminar.compiler.ir import Condition, Plan
from laminar.compiler.lint import validate
from laminar.compiler.passes.name_tasks import name_tasks
from laminar.compiler.passes.share_templates import share_templates
from laminar.compiler.passes.split_wide_dag import split_wide_dag
from laminar.compiler.plan.planner import Settings
from laminar.compiler.rehearsal import read, rehearse
from laminar.compiler.rehearsal.processes import Forked
from laminar.compiler.rehearsal.site import Site
from laminar.compiler.target import Target
from laminar.compiler.yaml import writer
from laminar.compiler.yaml.reader import read_text
from tests.support.plans import POD, chain, every, linear, over, plan, task

GOLDEN = Path("tests/golden/compiler")


def divided(made: Plan, widest: int) -> dict[str, Any]:
    """Return the document of a plan whose DAGs take so many tasks."""
    passes = (name_tasks, share_templates, partial(split_wide_dag, widest=widest))
    (document,) = emitter.emit(checker.check(optimizer.optimize(made, passes), Target()), Target())
    return document


def dags(document: dict[str, Any]) -> dict[str, Any]:
    return {template["name"]: template for template in document["spec"]["templates"] if "dag" in template}


def crossed(made: Plan, widest: int = 1) -> dict[str, str]:
    """Return the outputs of parts: names, each with its path or expression."""
    return {
        output["name"]: output["valueFrom"].get("expression") or output["valueFrom"]["parameter"]
        for template in dags(divided(made, widest)).values()
        for output in template.get("outputs", {}).get("parameters", [])
    }


SKIPPING = plan(
    task("Load"),
    task("Check", "Load").but(condition=Condition(entry=True, evaluator="Load")),
    task("Fit", "Check", fan_out=over(("Check", "rows"))).but(condition=Condition(follows=("Check",))),
    task("Best", "Fit").but(condition=Condition(follows=("Fit",))),
)


def test_parts_compile_to_their_golden_yaml(golden):
    text = writer.dump((divided(SKIPPING, 1),))
    golden(text, GOLDEN / "parts.yaml")


def test_lengths_cross_as_one_sum():
    made = plan(
        task("Load"),
        task("Split", "Load", fan_out=over(("Load", "rows"))),
        task("Fit", "Split", fan_out=over(every("Split", "rows"))),
    )
    assert crossed(made) == {
        "Load-rows": "string(int(sum(fromJSON(tasks.Load.outputs.parameters.lengths).rows)))",
        "Split-rows": "string(int(sum(map(fromJSON(tasks.Split.outputs.parameters.lengths), {sum(#.rows)}))))",
    }


def test_what_two_layers_read_crosses_once():
    made = plan(task("Load"), *(task(name, "Load", fan_out=over(("Load", "rows"))) for name in "AB"))
    assert list(crossed(made)) == ["Load-rows"]


def test_an_attribute_called_status_and_a_status_have_two_names():
    made = plan(
        task("S").but(condition=Condition(entry=True, pod=POD)),
        task("A", "S", fan_out=over(("S", "status"))).but(condition=Condition(follows=("S",))),
    )
    assert len(crossed(made, 2)) == 2


def test_lengths_of_a_linked_flows_parameters_are_handed_on():
    made = chain(("A", [task("X")]), ("B", [task("Y"), task("Z", "Y", fan_out=over(("Parameters", "rows")))]))
    outer = dags(divided(made, 1))["B"]
    given = {item["name"]: item.get("arguments") for item in outer["dag"]["tasks"]}
    assert outer["inputs"] == {"parameters": [{"name": "lengths"}]}
    assert given == {
        "part-1": None,
        "part-2": {"parameters": [{"name": "lengths", "value": "{{inputs.parameters.lengths}}"}]},
    }


def test_a_gate_stays_with_its_layer():
    made = plan(*linear(3).flows[0].tasks, task("J", "Layer002").but(condition=Condition(entry=True, pod=POD)))
    parts = [[item["name"] for item in template["dag"]["tasks"]] for template in dags(divided(made, 2)).values()]
    assert parts[1:] == [["Layer000", "Layer001"], ["Layer002"], ["J-gate", "J"]]


BIG = """
import random
from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.configurations.layers import ForEach, Parameter

class Big(Flow): ...

draw = random.Random(1)

def method(names, body, needs):
    scope = {}
    exec(f"def made(self{''.join(', ' + name for name in names)}): {body}", scope)
    scope["made"].__annotations__ = dict(zip(names, needs))
    return scope["made"]

made = []
for place in range(1000):
    needs = NEEDS
    names = [f"p{number}" for number in range(len(needs))]
    body = {"__call__": method(names, "self.shard(rows=[1, 2])", needs)}
    if draw.random() < SKIPS:
        body["may"] = hooks.entry(method(names, "return True", needs))
    layer = type(f"L{place}", (Layer,), {"__module__": __name__, "fans": False, **body})
    globals()[layer.__name__] = layer
    foreach = None
    if needs and draw.random() < FANS:
        foreach = ForEach([Parameter(needs[0], "rows", **({"index": None} if needs[0].fans else {}))])
        layer.fans = True
    Big.register(foreach=foreach)(layer) if foreach else Big.register(layer)
    made.append(layer)

if flow := Big():
    flow()
"""
SHAPES = {
    "linear": {"NEEDS": "made[-1:]", "SKIPS": "0", "FANS": "0"},
    "wide": {"NEEDS": "made[:1]", "SKIPS": "0", "FANS": "0"},
    "drawn": {"NEEDS": "[each for each in made[-30:] if draw.random() < 0.05]", "SKIPS": "0.05", "FANS": "0.1"},
}


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_flow_of_1000_layers_stays_within_all_limits(shape, tmp_path):
    source = BIG
    for name, value in SHAPES[shape].items():
        source = source.replace(name, value)
    (tmp_path / "main.py").write_text(source)
    command = [sys.executable, "-m", "laminar", "compile", "main.py", "--datastore", "s3://bucket/prefix"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (source_read,) = read_text(done.stdout, "big.yaml")
    document: Any = yaml.safe_load(done.stdout)
    templates = document["spec"]["templates"]
    assert len(templates) <= 200
    assert all(len(template["dag"]["tasks"]) <= 200 for template in templates if "dag" in template)
    assert sum(item["template"].startswith("layer") for each in templates if "dag" in each for item in each["dag"]["tasks"]) >= 1000
    assert len(json.dumps(document, separators=(",", ":"))) < 1024 * 1024
    assert [str(finding) for finding in validate([source_read])] == []


@pytest.mark.slow
def test_a_flow_of_parts_rehearses_to_its_end(tmp_path):
    source = BIG.replace("range(1000)", "range(230)")
    for name, value in SHAPES["drawn"].items():
        source = source.replace(name, value)
    (tmp_path / "main.py").write_text(source)
    text = compiler.compile(tmp_path / "main.py", settings=Settings(datastore="s3://bucket/store"))
    trace = rehearse(read(text), run_pod=Forked(Site(tmp_path, tmp_path / "scratch", str(tmp_path / "store"))))
    assert trace.succeeded, str(trace)
    assert sum(node.type == "DAG" for node in trace.nodes) >= 3
