from __future__ import annotations

import base64
import json
import os
import stat
import sys
from pathlib import Path

import pytest
import yaml

from laminar.compiler.cluster import kubeconfig
from laminar.exceptions import ClusterError

PLUGIN = """
import json, os, sys
with open({log!r}, "a") as log:
    log.write(os.environ["KUBERNETES_EXEC_INFO"] + "\\n")
count = sum(1 for _ in open({log!r}))
print("logged in as somebody", file=sys.stderr)
{body}
"""


def write(path: Path, *, user=None, cluster=None, name="x", current="x", namespace=None) -> str:
    context = {"cluster": name, "user": name, **({"namespace": namespace} if namespace else {})}
    read = {
        "current-context": current,
        "clusters": [{"name": name, "cluster": cluster or {"server": f"https://{name}"}}],
        "users": [{"name": name, "user": user or {"token": f"token-{name}"}}],
        "contexts": [{"name": name, "context": context}],
    }
    path.write_text(yaml.safe_dump(read))
    return str(path)


def load(path, context=None):
    found = kubeconfig.load({"KUBECONFIG": path}, context, timeout=1)
    assert found is not None
    return found[0]


def test_several_files_are_merged_the_first_of_a_name_wins(tmp_path):
    one = write(tmp_path / "one", name="a", current="", user={"token": "first"})
    two = write(tmp_path / "two", name="b", current="b", namespace="ns")
    three = write(tmp_path / "three", name="a", current="a", user={"token": "second"})
    listed = os.pathsep.join([one, str(tmp_path / "missing"), two, three])
    endpoint, namespace = kubeconfig.load({"KUBECONFIG": listed}, None, timeout=1)
    assert (endpoint.url, namespace, endpoint.login(False)) == ("https://b", "ns", "Bearer token-b")
    assert load(listed, "a").login(False) == "Bearer first"


LOGINS = [
    ({"token": "t"}, "Bearer t"),
    ({"username": "u", "password": "p"}, "Basic " + base64.b64encode(b"u:p").decode()),
    ({"tokenFile": "token"}, "Bearer from-file"),
    ({}, "Bearer token-x"),
]


@pytest.mark.parametrize(("user", "header"), LOGINS)
def test_each_kind_of_user_logs_in(tmp_path, user, header):
    (tmp_path / "token").write_text("from-file\n")
    assert load(write(tmp_path / "config", user=user)).login(False) == header


def test_files_start_at_the_kubeconfigs_folder_and_data_is_written_for_this_user_alone(tmp_path):
    data = base64.b64encode(b"a certificate").decode()
    user = {"client-certificate-data": data, "client-key": "keys/k.pem"}
    cluster = {"server": "https://x", "certificate-authority": "ca.pem", "proxy-url": "http://proxy:3128", "tls-server-name": "k8s"}
    endpoint = load(write(tmp_path / "config", user=user, cluster=cluster))
    certificate, key = endpoint.certificate
    assert (endpoint.verify, key) == (str(tmp_path / "ca.pem"), str(tmp_path / "keys" / "k.pem"))
    assert Path(certificate).read_bytes() == b"a certificate" and stat.S_IMODE(os.stat(certificate).st_mode) == 0o600
    assert (endpoint.proxy, endpoint.server_name) == ("http://proxy:3128", "k8s")


def test_a_cluster_that_is_not_verified_is_not(tmp_path):
    cluster = {"server": "https://x", "insecure-skip-tls-verify": True}
    assert load(write(tmp_path / "config", cluster=cluster)).verify is False


def plugin(tmp_path: Path, body: str, version="v1", **more):
    script = tmp_path / "plugin.py"
    script.write_text(PLUGIN.format(log=str(tmp_path / "log"), body=body))
    read = {"apiVersion": f"client.authentication.k8s.io/{version}", "command": sys.executable, "args": [str(script)], **more}
    return load(write(tmp_path / "config", user={"exec": read}))


TOKEN = 'print(json.dumps({"status": {"token": "t%d" % count, "expirationTimestamp": "2999-01-01T00:00:00Z"}}))'
EXPIRED = 'print(json.dumps({"status": {"token": "t%d" % count, "expirationTimestamp": "2001-01-01T00:00:00Z"}}))'


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_an_exec_plugin_gives_a_token_and_is_asked_again_when_it_was_rejected(tmp_path, version):
    login = plugin(tmp_path, TOKEN, version).login
    assert [login(False), login(False), login(True)] == ["Bearer t1", "Bearer t1", "Bearer t2"]
    asked = json.loads((tmp_path / "log").read_text().splitlines()[0])
    assert asked["apiVersion"].endswith(version) and asked["kind"] == "ExecCredential" and "cluster" not in asked["spec"]


def test_a_token_that_has_expired_is_replaced(tmp_path):
    login = plugin(tmp_path, EXPIRED).login
    first = login(False)
    assert login(False) != first


def test_an_exec_plugin_may_give_a_certificate_and_be_told_of_the_cluster(tmp_path):
    body = 'print(json.dumps({"status": {"clientCertificateData": "-----A-----", "clientKeyData": "-----B-----"}}))'
    endpoint = plugin(tmp_path, body, provideClusterInfo=True, env=[{"name": "X", "value": "y"}])
    assert [Path(path).read_text() for path in endpoint.certificate] == ["-----A-----", "-----B-----"]
    assert json.loads((tmp_path / "log").read_text().splitlines()[0])["spec"]["cluster"] == {"server": "https://x"}


FAILURES = [
    ('print("not JSON: s3cret")', "prints no ExecCredential"),
    ('print("s3cret"); sys.exit("please log in")', "ended with exit code 1: please log in"),
]


@pytest.mark.parametrize(("body", "said"), FAILURES)
def test_a_plugin_that_fails_is_one_line_without_what_it_printed(tmp_path, body, said):
    with pytest.raises(ClusterError) as caught:
        plugin(tmp_path, body, installHint="Install it:\nsomehow")
    assert said in caught.value.what and "s3cret" not in str(caught.value)
    assert (caught.value.fix, caught.value.exit_code) == ("Install it:", 77)


MISTAKES = [
    ("clusters: [", "is no kubeconfig that can be read"),
    ("clusters: [{cluster: {}}]", "is no kubeconfig that can be read"),
    ("[1, 2]", "is no kubeconfig that can be read"),
    ("current-context: gone\nclusters: []", "has no context 'gone'"),
    ("clusters: [{name: a, cluster: {}}]", "has no current context"),
    ("current-context: a\ncontexts: [{name: a, context: {cluster: b}}]", "has no cluster 'b'"),
    ("current-context: a\nclusters: [{name: b}]\ncontexts: [{name: a, context: {cluster: b, user: c}}]", "has no user 'c'"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_kubeconfig_that_is_wrong_is_one_line(tmp_path, text, said):
    (tmp_path / "config").write_text(text)
    with pytest.raises(ClusterError) as caught:
        kubeconfig.load({"KUBECONFIG": str(tmp_path / "config")}, None, timeout=1)
    assert said in caught.value.what and caught.value.exit_code == 1 and caught.value.fix


@pytest.mark.parametrize("user", [{"auth-provider": {"name": "gcp"}}, {"exec": {"apiVersion": "v9", "command": "x"}}])
def test_logins_that_no_cluster_has_any_more_are_said_so(tmp_path, user):
    with pytest.raises(ClusterError, match=r"auth-provider|exec plugin speaks"):
        load(write(tmp_path / "config", user=user))


def test_a_pods_service_account_is_known(tmp_path):
    for name, text in (("token", "one"), ("namespace", "ns"), ("ca.crt", "x")):
        (tmp_path / name).write_text(text)
    variables = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    endpoint, namespace = kubeconfig.service_account(variables, tmp_path, timeout=1)
    assert (endpoint.url, namespace, endpoint.verify) == ("https://[fd00::1]:443", "ns", str(tmp_path / "ca.crt"))
    (tmp_path / "token").write_text("two")  # the kubelet replaces it
    assert endpoint.login(False) == "Bearer two"
    assert kubeconfig.service_account({}, tmp_path, timeout=1) is None
