"""The workflows that ran on a real Argo rehearse to the nodes and phases that it gave."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from laminar.compiler.rehearsal import Outcome, Pod, Refused, RunPod, Trace, read, rehearse
from laminar.compiler.rehearsal.processes import Processes
from laminar.compiler.rehearsal.site import Site
from tests.support.workflow_blocks import Script, dag, parameters, pod, run, task, workflow

DATA = Path(__file__).parent.parent.parent / "data" / "argo"


def stub(changed: Mapping[str, Any]) -> RunPod:
    """Behave as the variable BEH describes: write these outputs, exit so by attempt."""

    def run(pod: Pod) -> Outcome:
        behaviour = {**json.loads(pod.environment["BEH"]), **changed}.get(pod.args[0], {})
        attempt, codes = int(pod.environment["LAMINAR_LAYER_ATTEMPT"]), behaviour.get("exit", [0])
        files = {name: json.dumps(behaviour[name]) for name in ("lengths", "entries") if name in behaviour}
        return Outcome(codes[min(attempt, len(codes)) - 1], files)

    return run


def rehearsed(file: str, run_pod: RunPod, **options: Any) -> Trace:
    return rehearse(read((DATA / file).read_text(encoding="utf-8")), run_pod=run_pod, **options)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_reference_gives_the_nodes_of_a_real_argo(concurrency):
    trace = rehearsed("reference.yaml", stub({}), concurrency=concurrency)
    assert str(trace) == (DATA / "reference.trace.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_reference_with_a_failing_layer_gives_the_nodes_of_a_real_argo(concurrency):
    trace = rehearsed("reference.yaml", stub({"RF": {"exit": [70]}}), concurrency=concurrency)
    assert str(trace) == (DATA / "reference-failed.trace.txt").read_text(encoding="utf-8")


def test_memory_grows_with_each_attempt_by_the_templates_patch():
    trace = rehearsed("reference.yaml", stub({}))
    limits = []
    for attempt in range(3):
        patch = trace.node(f"first.RU({attempt})").patch
        main = next(container for container in patch["containers"] if container["name"] == "main")
        limits.append(main["resources"]["limits"]["memory"])
        assert [one["name"] for one in patch["initContainers"]] == ["init"]
    assert limits == ["64Mi", "128Mi", "256Mi"]


def test_the_reference_over_an_overridden_parameter_has_as_many_pods():
    trace = rehearsed("reference.yaml", stub({}), parameters={"names": "7"})
    assert [node.name for node in trace.nodes if node.name.startswith("ref.first.P")] == [
        "ref.first.P",
        "ref.first.P(0:0)",
        "ref.first.P(0:0)(0)",
    ]


def test_the_second_reference_runs_to_its_end_with_real_processes(tmp_path):
    trace = rehearsed("reference-2.yaml", Processes(Site(tmp_path, tmp_path / "scratch", str(tmp_path / "store"))))
    assert trace.succeeded
    assert len(trace.pods) == 8
    assert trace.node("part-2.S").message == "when 'false' evaluated false"
    patched = [container.get("resources") for container in trace.node("part-2.P(0:0)").patch["containers"]]
    assert patched == [None, {"limits": {"memory": "77Mi"}}]
    # the text with braces, quotes, newline and umlaut arrives intact
    assert trace.pods[0].log.splitlines()[-1] == "{'n': 3, 'text': 'a{{x}} \"q\" ü\\n'} ['A', '0']"


def given(arg: str, **options: object) -> str:
    """Return the argument of a pod."""
    container = {"args": ["{{inputs.parameters.name}}", "{{inputs.parameters.index}}", "{{inputs.parameters.arg}}"]}
    script = Script()
    document = workflow(
        dag("main", task("A", give={"arg": arg})), pod(container=container), arguments=parameters(n="3", text='"\\u007b\\u007bx}}"')
    )
    trace = run(document, script, uid="u-1", **options)
    return script.pods[0].args[2] if script.pods else trace.nodes[-1].message


@pytest.mark.parametrize(
    ("arg", "expected"),
    [
        ("{{workflow.name}} {{workflow.uid}}", "w u-1"),
        ("{{workflow.parameters.n}}", "3"),
        ("{{=string(fromJSON(workflow.parameters.n) + 1)}}", "4"),
        (
            "{{workflow.parameters.json}}",
            '[{"name":"n","value":"3"},{"name":"text","value":"\\"\\\\u007b\\\\u007bx}}\\""}]',
        ),
        ("{{workflow.parameters.text}}", '"\\u007b\\u007bx}}"'),
    ],
)
def test_workflow_parameters_arrive_in_the_pod(arg, expected):
    assert given(arg) == expected


def test_a_parameter_is_overridden():
    assert given("{{workflow.parameters.n}}", parameters={"n": "x y"}) == "x y"


@pytest.mark.parametrize(("value", "seen"), [("{{workflow.name}}", "w"), ("{{=1 + 1}}", "2"), ("{{of a user}}", "{{of a user}}")])
def test_known_tags_in_an_overridden_parameter_are_replaced_and_unknown_ones_stay(value, seen):
    assert given("{{workflow.parameters.n}}", parameters={"n": value}) == seen


def test_a_parameter_that_does_not_exist_is_refused():
    with pytest.raises(Refused, match=r"no parameter 'txet'\. Did you mean 'text'"):
        given("x", parameters={"txet": "1"})


def test_a_parameter_called_json_replaces_the_list_of_all():
    container = {"args": ["{{inputs.parameters.name}}", "0", "{{workflow.parameters.json}}"]}
    script = Script()
    run(workflow(dag("main", task("A")), pod(container=container), arguments=parameters(json="1")), script)
    assert script.pods[0].args[2] == "1"
