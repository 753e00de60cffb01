"""The files that users apply or copy are what the workflows expect."""

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
