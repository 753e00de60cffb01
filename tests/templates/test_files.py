"""The files that users apply or copy fit the workflows."""

from __future__ import annotations

from importlib.resources import files

import yaml

from laminar.templates.workflow import USER, document


def read(name: str) -> str:
    return files("laminar.templates").joinpath(name).read_text(encoding="utf-8")


def test_rbac_lets_the_pods_report_and_nothing_else():
    account, role, binding = yaml.safe_load_all(read("rbac.yaml"))
    made = document("Workflow", metadata={}, entrypoint="A", templates=[])
    assert account["metadata"]["name"] == made["spec"]["serviceAccountName"] == binding["subjects"][0]["name"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert role["rules"] == [{"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}]


def test_image_runs_as_the_user_of_the_pods_in_the_containers_default_folder():
    lines = read("Dockerfile").splitlines()
    assert f"USER {USER}" in lines
    assert "WORKDIR /laminar" in lines
    # The name of the distribution is not claimed on a public index: the installed package is the user's copy.
    assert "/tmp/laminar" in read("Dockerfile") and "laminar-argo" not in read("Dockerfile")


def test_people_have_the_rights_that_doctor_looks_for():
    from laminar.compiler.cluster.fitness import RIGHTS

    roles = {one["metadata"]["name"]: one for one in yaml.safe_load_all(read("rbac-people.yaml")) if one["kind"] == "Role"}
    granted = {
        (verb, resource, group)
        for rule in roles["laminar-user"]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    asked = {(verb, f"{resource}/{sub}" if sub else resource, group) for verb, resource, group, sub in RIGHTS}
    assert asked <= granted
    viewer = {verb for rule in roles["laminar-viewer"]["rules"] for verb in rule["verbs"]}
    assert viewer == {"get", "list", "watch"}
