"""Requests that only an Argo server has; the common ones of both transports are in test_transport."""

from __future__ import annotations

import pytest

from laminar.exceptions import ClusterError
from tests.compiler.cluster.conftest import transport_to, workflow
from tests.support.fake_argo_server import FakeArgoServer


@pytest.fixture
def server(cluster):
    made = FakeArgoServer(cluster, strict=True)
    yield made
    made.close()
    assert made.checked == []


def test_a_list_asks_for_no_nodes_and_objects_get_their_kind(server, cluster):
    transport = transport_to(server)
    transport.create(workflow(name="two"))
    [found] = transport.objects("Workflow", labels="laminar/flow=Two")
    assert found["kind"] == "Workflow" and "nodes" not in server.seen("GET .*/workflows/argo$")[0].query["fields"]


def test_a_stop_of_a_suspended_workflow_is_followed_by_a_resume(server, cluster):
    transport = transport_to(server)
    cluster.held = True
    transport.create(workflow(name="two"))
    transport.act("suspend", "two")
    transport.act("stop", "two")
    assert [request.path.rpartition("/")[2] for request in server.seen("PUT")] == ["suspend", "stop", "resume"]


def test_a_page_is_below_the_servers_address_and_base_path(server):
    transport = transport_to(server)
    assert transport.link("two") == f"{server.url}/workflows/argo/two"


def test_rights_pods_and_definitions_are_not_known(server):
    transport = transport_to(server)
    assert (transport.may("get", "workflows"), transport.account_may("laminar", "create", "x")) == (None, None)
    assert (transport.newest_pods(), transport.definition("workflows"), transport.has_account("laminar")) == (None, None, None)


def test_a_retry_of_a_workflow_that_has_not_failed_is_not_sent(server, cluster):
    transport = transport_to(server)
    transport.create(workflow(name="two"))
    cluster.wait_for(lambda: cluster.phase() == "Succeeded")
    with pytest.raises(ClusterError, match="has succeeded"):
        transport.act("retry", "two")
    assert server.seen("PUT") == []
