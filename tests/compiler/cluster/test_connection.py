from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from laminar.compiler.cluster import kubeconfig
from laminar.compiler.cluster.argo_server import ArgoServer
from laminar.compiler.cluster.connection import Choice, connect
from laminar.compiler.cluster.kubernetes_api import KubernetesApi
from laminar.compiler.project import Project
from laminar.exceptions import ClusterError


@pytest.fixture
def config(tmp_path) -> str:
    path = tmp_path / "config"
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": "one",
                "clusters": [{"name": "c", "cluster": {"server": "https://k8s:6443"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [
                    {"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "team"}},
                    {"name": "two", "context": {"cluster": "c", "user": "u"}},
                ],
            }
        )
    )
    return str(path)


def project(**given):
    return Project(Path("/"), **given)


def test_a_server_of_the_environment_goes_before_the_kubeconfig(config):
    found = connect(Choice(), None, {"ARGO_SERVER": "argo:2746", "KUBECONFIG": config, "ARGO_TOKEN": "Bearer t"})
    assert isinstance(found, ArgoServer) and found.session.endpoint.url == "https://argo:2746"
    assert found.namespace == "team" and found.session.endpoint.login(False) == "Bearer t"


def test_without_a_server_the_kubeconfigs_current_context_is_meant(config):
    found = connect(Choice(), None, {"KUBECONFIG": config})
    assert isinstance(found, KubernetesApi)
    assert (found.session.endpoint.url, found.namespace, found.shown) == (
        "https://k8s:6443",
        "team",
        "The Kubernetes API (context one)",
    )


def test_a_context_of_the_command_line_goes_before_a_server_of_the_environment(config):
    found = connect(Choice(context="two"), None, {"ARGO_SERVER": "argo:2746", "KUBECONFIG": config})
    assert isinstance(found, KubernetesApi) and found.namespace == "default"


def test_the_project_names_server_namespace_and_context(config):
    found = connect(Choice(), project(server="http://argo", namespace="n"), {"KUBECONFIG": config})
    assert (found.session.endpoint.url, found.namespace) == ("http://argo", "n")
    found = connect(Choice(), project(context="two"), {"KUBECONFIG": config})
    assert found.shown.endswith("(context two)")


NAMESPACES = [
    (Choice(namespace="a"), {"ARGO_NAMESPACE": "b"}, "a"),
    (Choice(), {"ARGO_NAMESPACE": "b"}, "b"),
    (Choice(), {}, "p"),
]


@pytest.mark.parametrize(("choice", "variables", "namespace"), NAMESPACES)
def test_the_command_lines_namespace_goes_before_the_variables_before_the_projects(config, choice, variables, namespace):
    assert connect(choice, project(namespace="p"), {"KUBECONFIG": config, **variables}).namespace == namespace


ADDRESSES = [
    ({}, "https://argo:2746"),
    ({"ARGO_SECURE": "false"}, "http://argo:2746"),
    ({"ARGO_BASE_HREF": "/tools/argo/"}, "https://argo:2746/tools/argo"),
    ({"ARGO_HTTP1": "true"}, "https://argo:2746"),
]


@pytest.mark.parametrize(("variables", "url"), ADDRESSES)
def test_the_servers_address_follows_argos_variables(variables, url):
    assert connect(Choice(), None, {"ARGO_SERVER": "argo:2746", **variables}).session.endpoint.url == url


def test_verification_is_left_out_where_that_is_asked_for():
    assert connect(Choice(), None, {"ARGO_SERVER": "a", "ARGO_INSECURE_SKIP_VERIFY": "true"}).session.endpoint.verify is False
    assert connect(Choice(insecure=True), None, {"ARGO_SERVER": "a"}).session.endpoint.verify is False
    assert connect(Choice(), None, {"ARGO_SERVER": "a"}).session.endpoint.verify is True


def test_files_of_certificates_are_passed_on(tmp_path):
    for name in ("ca", "crt", "key"):
        (tmp_path / name).write_text("x")
    choice = Choice(authority=str(tmp_path / "ca"), certificate=str(tmp_path / "crt"), private_key=str(tmp_path / "key"))
    endpoint = connect(choice, None, {"ARGO_SERVER": "a"}).session.endpoint
    assert (endpoint.verify, endpoint.certificate) == (str(tmp_path / "ca"), (str(tmp_path / "crt"), str(tmp_path / "key")))


MISTAKES = [
    (Choice(), {"HOME": "/nowhere"}, "No cluster is named", 1),
    (Choice(), {"ARGO_SERVER": "a", "ARGO_SECURE": "maybe"}, "ARGO_SECURE is 'maybe'", 2),
    (Choice(authority="/nowhere"), {"ARGO_SERVER": "a"}, "--certificate-authority names /nowhere", 2),
    (Choice(certificate=__file__), {"ARGO_SERVER": "a"}, "A client certificate needs its key", 2),
    (Choice(), {"KUBECONFIG": "/nowhere"}, "KUBECONFIG names /nowhere", 1),
    (Choice(context="x"), {"KUBECONFIG": "/nowhere"}, "no kubeconfig to find context 'x' in", 1),
]


@pytest.mark.parametrize(("choice", "variables", "said", "code"), MISTAKES)
def test_mistakes_are_one_line(monkeypatch, choice, variables, said, code):
    monkeypatch.setattr(kubeconfig, "DEFAULT", "/nowhere/config")
    with pytest.raises(ClusterError) as caught:
        connect(choice, None, variables)
    assert said in caught.value.what and caught.value.exit_code == code and caught.value.fix


def test_a_context_that_does_not_exist_is_said_with_those_that_do(config):
    with pytest.raises(ClusterError) as caught:
        connect(Choice(context="three"), None, {"KUBECONFIG": config})
    assert (caught.value.what, caught.value.fix) == ("The kubeconfig has no context 'three'.", "it has: one, two.")
