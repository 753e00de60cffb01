"""Containers can start: images, volumes, names, patches."""

from __future__ import annotations

import pytest

from tests.support.small_workflows import errors, of_spec, of_template


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ("container: {image: alpine, command: [a]}", []),
        ('container: {image: "{{workflow.name}}:{{workflow.uid}}", command: [a]}', []),
        ("container: {command: [a]}", ["P101"]),
        ("script: {command: [a], source: x}", ["P101"]),
        ("container: {image: A/B, command: [a]}", ["P102"]),
        ("container: {image: a}", ["P103"]),
        ("container: {image: a, command: [a], volumeMounts: [{name: v, mountPath: /v}]}", ["P104"]),
        ("volumes: [{name: v, emptyDir: {}}], container: {image: a, command: [a], volumeMounts: [{name: v, mountPath: /v}]}", []),
        ("container: {image: a, command: [a], env: [{name: A, value: x}, {name: A, value: z}]}", ["N103"]),
        ("volumes: [{name: v, emptyDir: {}}, {name: v, emptyDir: {}}]", ["N103"]),
        ("sidecars: [{name: s, image: a}]", []),
        ("sidecars: [{name: s}]", ["P101"]),
        ("sidecars: [{name: wait, image: a}]", ["P110"]),
        ("sidecars: [{image: a}]", ["F103"]),
        ("parallelism: 2", ["P112"]),
        ("timeout: 10s, activeDeadlineSeconds: 5", []),
        ('activeDeadlineSeconds: "{{workflow.priority}}"', ["R111"]),
        ("podResources: {limits: {cpu: 1}}", []),
        ("podResources: {limits: {gpu: 1}}", ["F104"]),
        ("resourceClaims: [{name: a}], suspend: {}", ["P112"]),
        ("containerSet: {containers: [{name: a, image: i, command: [c]}]}", []),
        ("containerSet: {containers: []}", ["P113"]),
        ("containerSet: {containers: [{name: a, image: i, dependencies: [b]}]}", ["P113"]),
    ],
)
def test_template_with_a_pod(fields, codes):
    assert of_template(fields) == codes


@pytest.mark.parametrize(
    ("patch", "codes"),
    [
        ('{"containers":[{"name":"main","resources":{"limits":{"memory":"64Mi"}}}]}', []),
        ('{"containers":[{"name":"main","resources":{"limits":{"memory":"{{workflow.name}}"}}}]}', []),
        ('{"activeDeadlineSeconds":{{workflow.name}}}', []),
        ('{"$patch":"replace","containers":[{"$patch":"delete","name":"x"}]}', []),
        ('{"nodeSelector":null}', []),
        ("{{=sprig.b64dec(workflow.name)}}", []),
        ("terminationGracePeriodSeconds: 5", []),
        ('{"containers":[{"name":"main","resource":{}}]}', ["P107"]),
        ('{"container":[]}', ["P107"]),
        ('{"containers":[{"name":"main","resources":{"limits":{"memory":"64mb"}}}]}', ["P107"]),
        ('{"hostNetwork":"true"}', ["P107"]),
        ('{"tolerations":[{"operator":"Exist"}]}', ["P107"]),
        ('[{"op":"add"}]', ["P107"]),
        ("{", ["P107"]),
    ],
)
def test_patch_of_a_pods_spec(patch, codes):
    quoted = patch.replace("'", "''")
    assert of_spec(f"podSpecPatch: '{quoted}'") == codes
    assert of_template(f"podSpecPatch: '{quoted}'") == codes


ACCOUNT = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: a, labels: {LABEL: a}}
spec: {entrypoint: main, templates: [{name: main, container: {image: a, command: [b]}}]}
"""


@pytest.mark.parametrize("label", ["team", "laminar/flow"])
def test_missing_service_account_is_found_in_hand_written_workflows_and_in_laminars(label):
    assert errors(ACCOUNT.replace("LABEL", label)) == ["P105"]


def test_defaults_of_templates_name_image_and_command():
    defaults = "templateDefaults: {container: {image: a, command: [b]}}\n"
    assert of_spec(defaults + "templates: [{name: main, container: {args: [x]}}]") == []
