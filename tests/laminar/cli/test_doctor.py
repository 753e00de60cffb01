"""``laminar doctor``: each thing that is wrong is a line with its fix."""

from __future__ import annotations

import json

import pytest

STORE = ("--datastore", "memory://doctor")


@pytest.fixture
def bucket(monkeypatch):
    """A bucket of a server on this machine."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="laminar")
    yield "s3://laminar/store"
    server.stop()


def findings(shell, *words):
    store = () if "--datastore" in words else STORE
    done = shell("doctor", *words, *store, "-o", "json")
    return done.code, {one["check"]: one for one in json.loads(done.out)}


def test_a_cluster_that_is_fit(shell, bucket):
    shell.cluster.accounts = {"laminar"}
    code, found = findings(shell, "train.py", "--datastore", bucket)
    assert code == 0, found
    assert [found[name]["state"] for name in ("reachable", "argo", "datastore", "image")] == ["ok"] * 4
    assert "s3://laminar/store can be written, read and deleted from" in found["datastore"]["what"]


def test_rights_and_the_account_that_are_missing_are_named(kubernetes):
    kubernetes.cluster.denied |= {("create", "workflows"), ("get", "pods/log")}
    code, found = findings(kubernetes)
    assert code == 1
    assert found["rights"]["what"] == "missing: create workflows, get pods/log" and "laminar-user" in found["rights"]["fix"]
    assert found["service account"]["state"] == "wrong" and "rbac.yaml" in found["service account"]["fix"]
    kubernetes.cluster.denied.clear()
    kubernetes.cluster.accounts = {"laminar"}
    assert findings(kubernetes)[0] == 0


def test_the_accounts_own_rights_are_reviewed(kubernetes):
    kubernetes.cluster.accounts = {"laminar"}
    assert findings(kubernetes)[1]["service account"]["what"] == "laminar exists and may report results to Argo"
    kubernetes.cluster.denied |= {("patch", "laminar:workflowtaskresults")}
    code, found = findings(kubernetes)
    assert code == 1 and found["service account"]["what"] == "laminar may not patch workflowtaskresults"
    kubernetes.cluster.denied = {("create", "subjectaccessreviews")}
    code, found = findings(kubernetes)
    assert code == 0 and "kubectl auth can-i create workflowtaskresults" in found["service account"]["fix"]


DEFINITIONS = [
    ({}, "ok", "full definitions: 200 tasks a template"),
    ({"task_limit": None}, "ok", "minimal definitions"),
    ({"task_limit": 100}, "warning", "may have 100 tasks"),
    ({"undefined": {"workflowtaskresults"}}, "wrong", "workflowtaskresults"),
    ({"denied": {("get", "customresourcedefinitions")}}, "unknown", "you may not read them"),
]


@pytest.mark.parametrize(("cluster", "state", "what"), DEFINITIONS)
def test_argos_definitions_are_there_with_their_limits(kubernetes, cluster, state, what):
    vars(kubernetes.cluster).update(accounts={"laminar"}, **cluster)
    found = findings(kubernetes)[1]["definitions"]
    assert found["state"] == state and what in found["what"] and (bool(found["fix"]) or state in ("ok", "unknown"))


def test_a_server_that_does_not_answer_is_the_only_finding_of_the_cluster(shell):
    shell.server.fault(times=99, status=503)
    code, found = findings(shell)
    assert code == 1 and set(found) == {"reachable", "datastore"} and found["reachable"]["state"] == "wrong"


def test_argo_that_is_not_installed_is_said(shell):
    shell.server.fault(
        path="workflows", times=9, status=404, body=b'{"message": "the server could not find the requested resource"}'
    )
    code, found = findings(shell)
    assert code == 1 and "install Argo Workflows" in found["argo"]["fix"]


def test_no_cluster_at_all_is_a_finding(shell, monkeypatch):
    from laminar.compiler.cluster import kubeconfig

    monkeypatch.setattr(kubeconfig, "DEFAULT", "/nowhere/config")
    for name in ("ARGO_SERVER", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    code, found = findings(shell)
    assert code == 1 and "No cluster is named" in found["reachable"]["what"]


def test_clocks_that_differ_are_a_warning(shell):
    shell.cluster.skew = 600.0
    _, found = findings(shell)
    assert found["clock"]["state"] == "warning" and "ahead of" in found["clock"]["what"]


def test_a_datastore_that_cannot_be_written_is_wrong(shell, tmp_path):
    done = shell("doctor", "--datastore", "nosuchprotocol://x")
    assert done.code == 1 and "wrong    datastore:" in done.out
    assert "unknown  datastore: none is named" in shell("doctor").out
    assert "it needs a volume there" in shell("doctor", "--datastore", "/data").out
