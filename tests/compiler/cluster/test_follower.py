"""Follow a workflow through broken streams and a server that is away."""

from __future__ import annotations

import threading

import pytest

from laminar.compiler.cluster import follower
from laminar.compiler.cluster.follower import TimedOut, follow
from laminar.exceptions import ClusterError
from tests.compiler.cluster.conftest import workflow


@pytest.fixture
def started(transport, cluster):
    cluster.held = True
    return str(transport.create(workflow())["metadata"]["name"])


def followed(transport, name, **given):
    return [one.get("status", {}).get("phase") for one in follow(transport, name, sleep=lambda _: None, **given)]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "cut", "path": "workflow-events|workflows$", "lines": 1, "times": 2},
        {"kind": "drop", "path": "workflow-events|workflows", "times": 3},
        {"status": 503, "path": "workflow-events|workflows", "times": 4},
    ],
)
def test_a_run_is_followed_to_its_end_through_faults(server, transport, cluster, started, fault):
    server.fault(**fault)
    threading.Timer(0.05, cluster.release).start()
    assert followed(transport, started, seconds=20)[-1] == "Succeeded"


def test_a_run_that_is_deleted_ends_the_following(transport, cluster, started):
    threading.Timer(0.05, lambda: transport.delete("Workflow", started)).start()
    with pytest.raises(ClusterError, match=r"was deleted|not found"):
        followed(transport, started, seconds=20)


def test_following_has_a_time_out_and_an_end_of_patience(server, transport, started, monkeypatch):
    with pytest.raises(TimedOut) as caught:
        followed(transport, started, seconds=0.1)
    assert caught.value.exit_code == 124
    monkeypatch.setattr(follower, "PATIENCE", 0.0)
    server.fault(status=503, times=99)
    with pytest.raises(ClusterError) as gone:
        followed(transport, started)
    assert gone.value.exit_code == 69
