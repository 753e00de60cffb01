"""Pods as Kubernetes would start them: patches, variables, volumes, limits."""

from __future__ import annotations

import json

import pytest

from laminar.compiler.rehearsal.pods import quantity
from laminar.compiler.rehearsal.refusal import NodeError
from tests.support.workflow_blocks import Script, dag, pod, run, task, workflow


def patched(*, below: str = "", above: str = "", **fields: object) -> tuple[Script, object]:
    script = Script()
    template = pod(**({"podSpecPatch": above} if above else {}), **fields)
    trace = run(workflow(dag("main", task("A")), template, **({"podSpecPatch": below} if below else {})), script)
    return script, trace.node("A")


def test_patches_of_workflow_and_template_are_merged_in_that_order():
    below = {"nodeSelector": {"a": "1"}, "containers": [{"name": "main", "resources": {"limits": {"cpu": "1", "memory": "1M"}}}]}
    above = {"containers": [{"name": "main", "resources": {"limits": {"memory": "2M"}}}, {"name": "wait", "env": []}]}
    _, node = patched(below=json.dumps(below), above=json.dumps(above))
    assert node.patch == {  # type: ignore[attr-defined]
        "nodeSelector": {"a": "1"},
        "containers": [
            {"name": "main", "resources": {"limits": {"cpu": "1", "memory": "2M"}}},
            {"name": "wait", "env": []},
        ],
    }


def test_a_patch_changes_what_main_runs():
    above = {"containers": [{"name": "main", "image": "j", "env": [{"name": "B", "value": "2"}, {"name": "C", "value": "3"}]}]}
    script, _ = patched(above=json.dumps(above), container={"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]})
    assert script.pods[0].environment == {"A": "1", "B": "2", "C": "3"}
    assert script.pods[0].image == "j"


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ("{", "is neither JSON nor YAML"),
        ("[]", "is no object"),
        ('{"containrs": []}', "fields that are not known: containrs"),
        ('{"containers": [{"name": "man"}]}', "for a container 'man', which an Argo pod does not have"),
        ('{"containers": [{"name": "main", "resource": {}}]}', "fields that are not known: resource"),
    ],
)
def test_a_patch_that_is_wrong_is_an_error(patch, message):
    _, node = patched(above=patch)
    assert node.message == "task 'w.A' errored: Error applying PodSpecPatch"  # type: ignore[attr-defined]
    assert message in node.log  # type: ignore[attr-defined]


def test_a_patch_may_be_yaml_and_a_workflows_has_its_tags_replaced_too():
    _, node = patched(below="nodeSelector: {a: '{{inputs.parameters.name}}{{workflow.name}}'}", above='{"priorityClassName": "p"}')
    assert node.patch == {"nodeSelector": {"a": "Aw"}, "priorityClassName": "p"}  # type: ignore[attr-defined]


def test_kubernetes_replaces_its_variables_in_arguments():
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2 $$(A)"}]
    args = ["{{inputs.parameters.name}}", "0", "$(B) $(missing) $HOME $$$$"]
    script, _ = patched(container={"env": env, "args": args})
    assert script.pods[0].args[2] == "12 $(A) $(missing) $HOME $$"


def test_a_container_without_command_is_an_error():
    _, node = patched(container={"command": []})
    assert "container has no command" in node.message  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("128974848", 128974848),
        ("129e6", 129000000),
        ("129M", 129000000),
        ("123Mi", 128974848),
        (".5k", 500),
        ("1E", 10**18),
    ],
)
def test_a_quantity_is_read_as_kubernetes_reads_it(text, number):
    assert quantity(text) == number


@pytest.mark.parametrize("text", ["", "64mb", "1 Mi", "-1", "Mi", "1KI", "1e"])
def test_a_quantity_that_kubernetes_rejects_is_an_error(text):
    with pytest.raises(NodeError):
        quantity(text)


def test_a_pods_memory_is_the_limit_after_the_patch():
    limits = {"resources": {"limits": {"memory": "100M"}}}
    script, _ = patched(container=limits)
    assert script.pods[0].memory == 100_000_000
    script, _ = patched(container=limits, above='{"containers": [{"name": "main", "resources": {"limits": {"memory": "1Gi"}}}]}')
    assert script.pods[0].memory == 1 << 30
