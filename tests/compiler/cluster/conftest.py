"""Give the cluster's tests fake servers, and clients of them that wait for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from laminar.compiler.cluster import http_session
from laminar.compiler.cluster.argo_server import ArgoServer
from laminar.compiler.cluster.http_session import Endpoint, HttpSession
from laminar.compiler.cluster.kubernetes_api import KubernetesApi
from laminar.compiler.cluster.transport import Transport
from tests.support.fake_argo_server import FakeArgoServer
from tests.support.fake_cluster import FakeCluster
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.fake_server import FakeServer

RECORDINGS = Path(__file__).parent.parent.parent / "support" / "recordings"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_session, "BACKOFF", 0.0)
    for name in ("ARGO_SERVER", "ARGO_TOKEN", "ARGO_NAMESPACE", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()


@pytest.fixture(params=["argo", "kubernetes"])
def server(request: pytest.FixtureRequest, cluster: FakeCluster) -> Iterator[FakeServer]:
    """A server of each kind."""
    made = FakeArgoServer(cluster, strict=True) if request.param == "argo" else FakeKubernetes(cluster)
    yield made
    made.close()
    assert made.checked == []


@pytest.fixture
def transport(server: FakeServer) -> Transport:
    return transport_to(server)


def transport_to(server: FakeServer, **given: Any) -> Transport:
    session = HttpSession(Endpoint(url=server.url, shown="The server", **{"timeout": 5.0, **given}))
    return ArgoServer(session, "argo") if isinstance(server, FakeArgoServer) else KubernetesApi(session, "argo")


def recording(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RECORDINGS / f"{name}-exchanges.json").read_text())
    return found


def workflow(**metadata: Any) -> dict[str, Any]:
    """Return a workflow of two layers, the second a fan-out of two."""
    template = {
        "name": "layer",
        "inputs": {"parameters": [{"name": "layer"}, {"name": "index", "value": "0"}]},
        "retryStrategy": {"limit": "1", "retryPolicy": "Always", "expression": "asInt(lastRetry.exitCode) == 75"},
        "container": {
            "image": "laminar:1",
            "command": ["python", "-m", "laminar.runner", "main.py"],
            "args": ["--flow", "Two", "--layer", "{{inputs.parameters.layer}}", "--index", "{{inputs.parameters.index}}"],
        },
    }
    a = {"name": "A", "template": "layer", "arguments": {"parameters": [{"name": "layer", "value": "A"}]}}
    given = [{"name": "layer", "value": "B"}, {"name": "index", "value": "{{item}}"}]
    b = {"name": "B", "template": "layer", "depends": "A", "withSequence": {"count": "2"}, "arguments": {"parameters": given}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"labels": {"laminar/flow": "Two"}, **(metadata or {"generateName": "two-"})},
        "spec": {
            "entrypoint": "Two",
            "serviceAccountName": "laminar",
            "templates": [{"name": "Two", "dag": {"tasks": [a, b]}}, template],
        },
    }
