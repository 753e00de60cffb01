"""The program overrides a base workflow's settings, and these override laminar's defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from laminar.compiler import optimizer
from laminar.compiler.check import checker
from laminar.compiler.emit import emitter, site_policy
from laminar.compiler.target import Target
from laminar.compiler.yaml import writer
from laminar.configurations.schedulers import Schedule
from laminar.exceptions import FlowError
from tests.support.plans import POD, plan, pod, task

BASE = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  labels: {team: vision, laminar/flow: wrong}
  annotations: {example.com/owner: "Zoë"}
spec:
  nodeSelector: {pool: batch}
  tolerations: [{key: batch, operator: Exists}]
  imagePullSecrets: [{name: registry}]
  archiveLogs: true
  ttlStrategy: {secondsAfterSuccess: 60}
  podGC: null
  securityContext: {runAsUser: 2000}
  podSpecPatch: '{"containers":[{"name":"wait","resources":{"limits":{"cpu":"1"}}}]}'
  onExit: notify
  templates:
  - {name: notify, container: {image: notifier, command: [notify]}}
"""


def load(tmp_path: Path, text: str | bytes) -> site_policy.Base:
    file = tmp_path / "base.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return site_policy.load(file)


def merged(tmp_path: Path, text: str = BASE, *, pod: Any = POD, **target: Any) -> dict[str, Any]:
    suited = Target(base=load(tmp_path, text), **target)
    made = plan(task("Fit", pod=pod), schedule=Schedule(schedules=("@daily",)), parameters={"n": "1"})
    return emitter.emit(checker.check(optimizer.optimize(made), suited), suited)[0]


def test_base_is_merged_to_its_golden_yaml(tmp_path, golden):
    golden(writer.dump((merged(tmp_path),)), Path("tests/golden/compiler/base.yaml"))


def test_the_programs_labels_beat_the_bases(tmp_path):
    assert merged(tmp_path)["metadata"]["labels"] == {"laminar/flow": "Train", "team": "vision"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nodeSelector", {"pool": "batch"}),
        ("tolerations", [{"key": "batch", "operator": "Exists"}]),
        ("imagePullSecrets", [{"name": "registry"}]),
        ("archiveLogs", True),
        ("onExit", "notify"),
    ],
)
def test_what_laminar_does_not_say_is_the_bases(tmp_path, name, value):
    assert merged(tmp_path)["spec"][name] == value


def test_base_replaces_a_default_and_null_removes_one(tmp_path):
    spec = merged(tmp_path)["spec"]
    assert spec["ttlStrategy"] == {"secondsAfterSuccess": 60}
    assert "podGC" not in spec


def test_base_changes_a_part_of_the_security_context(tmp_path):
    assert merged(tmp_path)["spec"]["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 2000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_patches_of_one_container_are_joined(tmp_path):
    patch = json.loads(merged(tmp_path)["spec"]["podSpecPatch"])
    (wait,) = patch["containers"]
    assert wait["name"] == "wait"
    assert wait["resources"] == {"limits": {"cpu": "1"}}
    assert wait["securityContext"]["allowPrivilegeEscalation"] is False
    assert patch["initContainers"][0]["name"] == "init"


def test_layer_with_a_node_selector_of_its_own_has_the_bases_too(tmp_path):
    made = pod(node_selector={"gpu": "yes"}, tolerations=[{"key": "gpu"}])
    (template,) = [template for template in merged(tmp_path, pod=made)["spec"]["templates"] if template["name"] == "layer"]
    assert template["nodeSelector"] == {"pool": "batch", "gpu": "yes"}
    assert template["tolerations"] == [{"key": "batch", "operator": "Exists"}, {"key": "gpu"}]


def test_templates_of_the_base_stand_behind_the_programs(tmp_path):
    assert [template["name"] for template in merged(tmp_path)["spec"]["templates"]] == ["Train", "layer", "notify"]


def test_template_of_the_base_that_the_program_has_too_is_an_error(tmp_path):
    with pytest.raises(FlowError, match=r"has templates that the program has too: layer\."):
        merged(tmp_path, "spec: {templates: [{name: layer}]}")


@pytest.mark.parametrize("kind", ["cron", "template", "cluster-template"])
def test_workflows_of_a_stored_document_have_the_bases_labels(tmp_path, kind):
    document = merged(tmp_path, kind=kind)
    assert document["spec"]["workflowMetadata"] == {
        "labels": {"laminar/flow": "Train", "team": "vision"},
        "annotations": {"example.com/owner": "Zoë"},
    }
    spec = document["spec"].get("workflowSpec", document["spec"])
    assert spec["archiveLogs"] is True


def test_cluster_template_has_no_namespace(tmp_path):
    assert merged(tmp_path, "metadata: {namespace: jobs}")["metadata"]["namespace"] == "jobs"
    assert "namespace" not in merged(tmp_path, "metadata: {namespace: jobs}", kind="cluster-template")["metadata"]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    known = load(tmp_path, BASE)
    assert load(tmp_path, b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode()) == known


def test_empty_base_changes_nothing(tmp_path):
    made = plan(task("Fit"))
    empty = Target(base=load(tmp_path, "metadata: {}\n"))
    plain = Target()
    optimized = optimizer.optimize(made)
    assert emitter.emit(optimized, empty) == emitter.emit(optimized, plain)


def test_rights_for_another_service_account_than_the_bases_are_refused(tmp_path):
    with pytest.raises(FlowError, match="--rbac makes the service account 'laminar', and the base file has pods run as 'jobs'"):
        Target(base=load(tmp_path, "spec: {serviceAccountName: jobs}"), rbac=True)


def test_service_account_of_the_base_is_taken(tmp_path):
    assert merged(tmp_path, "spec: {serviceAccountName: jobs}")["spec"]["serviceAccountName"] == "jobs"


WRONG = {
    "spec:\n  ttlStrategey: {}\n": (r"has 'ttlStrategey', which .* Did you mean 'ttlStrategy'\?", 2),
    "spec:\n  podGC: {}\n  entrypoint: main\n": ("has 'entrypoint', and it is the program's flow", 3),
    "spec:\n  arguments: {}\n": ("has 'arguments', and the parameters come from the program", 2),
    "metadata:\n  name: mine\n": ("has metadata 'name', and the name comes from the flow", 2),
    "kind: CronWorkflow\n": ("has the kind 'CronWorkflow'", 1),
    "labels: {}\n": ("has 'labels', which a Workflow does not have", 1),
    "spec:\n  podSpecPatch: '{'\n": ("has a podSpecPatch that is no JSON or YAML mapping", 2),
    "spec:\n  priority: 1\n  priority: 2\n": ("has the key 'priority' twice", 3),
    "spec: [1]\n": ("has a spec that is no mapping", 1),
    "- 1\n": ("is no mapping", 1),
    "spec:\n  a: [\n": ("is not valid YAML", 3),
    "spec:\n  volumes:\n  - {name: a, emptyDir: }\n": ("has no value for 'emptyDir'", 3),
    "spec:\n  priority: 1.5\n": ("has the number 1.5 as 'priority'", 2),
    "metadata:\n  labels:\n    n: x\n": ("has the key n, which YAML 1.1 reads as true or false", 3),
    "a: 1\n---\nb: 1\n": ("has 2 documents", 0),
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_base_is_refused_with_its_line(tmp_path, text):
    message, line = WRONG[text]
    with pytest.raises(FlowError, match=message) as caught:
        load(tmp_path, text)
    assert caught.value.where.endswith(f"base.yaml:{line}" if line else "base.yaml")


def test_text_that_is_no_utf8_is_refused_with_its_line(tmp_path):
    with pytest.raises(FlowError, match="is not UTF-8 text") as caught:
        load(tmp_path, b"spec:\n  a: \xff\n")
    assert caught.value.where.endswith("base.yaml:2")


def test_all_problems_of_a_base_are_said_at_once(tmp_path):
    with pytest.raises(FlowError) as caught:
        load(tmp_path, "spec: {entrypoint: a, arguments: {}}")
    assert len(caught.value.problems) == 2


def test_known_fields_are_those_of_argos_models():
    from hera.workflows import models

    assert {field.alias or name for name, field in models.WorkflowSpec.model_fields.items()} == site_policy.FIELDS


def test_base_of_the_project_is_taken_and_the_options_goes_first(tmp_path):
    from click.testing import CliRunner

    from laminar.cli.main import cli

    (tmp_path / "pyproject.toml").write_text('[tool.laminar]\nbase = "site/base.yaml"\n')
    (tmp_path / "site").mkdir()
    (tmp_path / "site/base.yaml").write_text("spec: {priority: 7}\n")
    (tmp_path / "other.yaml").write_text("spec: {priority: 8}\n")
    program = tmp_path / "program.py"
    program.write_text(
        "from laminar import Flow, Layer\nclass A(Flow): ...\n@A.register()\nclass B(Layer):\n"
        "    def __call__(self) -> None: ...\nA()()\n"
    )
    command = ["compile", str(program), "--datastore", "s3://bucket/store"]
    assert "priority: 7" in CliRunner().invoke(cli, command).stdout
    assert "priority: 8" in CliRunner().invoke(cli, [*command, "--base", str(tmp_path / "other.yaml")]).stdout
