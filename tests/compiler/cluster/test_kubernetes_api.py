"""Requests that only the Kubernetes API has; test_transport tests those that both transports share."""

from __future__ import annotations

import pytest

from laminar.exceptions import ClusterError
from tests.compiler.cluster.conftest import transport_to, workflow
from tests.support.fake_kubernetes import FakeKubernetes


@pytest.fixture
def server(cluster):
    made = FakeKubernetes(cluster)
    yield made
    made.close()
    assert made.checked == []


def test_an_object_is_created_with_its_owner_and_strict_fields(server, cluster):
    transport_to(server).create(workflow(name="two"), dry_run=True)
    [sent] = server.seen("POST")
    assert sent.query == {"fieldManager": "laminar", "fieldValidation": "Strict", "dryRun": "All"} and cluster.workflows == []


def test_the_newest_pods_are_those_of_all_workflows(server, cluster):
    transport = transport_to(server)
    for name in ("one", "two"):
        transport.create(workflow(name=name))
        cluster.wait_for(lambda name=name: cluster.phase(name) == "Succeeded")
    assert len(transport.pods("one")) == 3 and len(transport.newest_pods() or ()) == 6


def test_rights_of_oneself_and_of_an_account_are_reviewed(server, cluster):
    transport = transport_to(server)
    cluster.denied = {("delete", "pods"), ("patch", "laminar:workflowtaskresults")}
    assert (transport.may("delete", "pods", ""), transport.may("get", "pods", "", "log")) == (False, True)
    account = [transport.account_may("laminar", verb, "workflowtaskresults") for verb in ("create", "patch")]
    assert account == [True, False]
    [review] = server.seen("/subjectaccessreviews")[:1]
    assert review.body["spec"]["user"] == "system:serviceaccount:argo:laminar"


def test_what_credentials_may_not_see_is_unknown_and_what_is_not_there_an_error(server, cluster):
    transport = transport_to(server)
    cluster.denied = {("get", "customresourcedefinitions"), ("create", "subjectaccessreviews")}
    assert transport.definition("workflows") is None and transport.account_may("laminar", "create", "x") is None
    cluster.denied, cluster.undefined = set(), {"cronworkflows"}
    with pytest.raises(ClusterError) as caught:
        transport.definition("cronworkflows")
    assert caught.value.status == 404


def test_a_retry_deletes_the_failed_pods_first(server, cluster):
    from laminar.compiler.rehearsal import Outcome

    cluster.run_pod = lambda pod: Outcome(1 if ".B(1" in pod.node else 0)
    transport = transport_to(server)
    transport.create(workflow(name="two"))
    cluster.wait_for(lambda: cluster.phase() == "Failed")
    failed = [name for name, pod in cluster.pods.items() if pod["status"]["phase"] == "Failed"]
    transport.act("retry", "two")
    sent = [str(request) for request in server.requests if request.method in ("DELETE", "PUT")]
    assert sent[:-1] == [f"DELETE /api/v1/namespaces/argo/pods/{name}" for name in failed] and sent[-1].startswith("PUT ")
