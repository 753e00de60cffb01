"""Give the tests of the cluster's commands a shell on each kind of server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster_commands import Pods, Shell, shell_to
from tests.support.fake_cluster import FakeCluster


@pytest.fixture(params=["argo", "kubernetes"])
def shell(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    """A shell on an Argo server, and one on a Kubernetes API server."""
    with shell_to(request.param, FakeCluster(Pods()), tmp_path, monkeypatch, capsys) as made:
        yield made


@pytest.fixture
def kubernetes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    """A shell on a Kubernetes API server, which alone shows pods and events."""
    with shell_to("kubernetes", FakeCluster(Pods()), tmp_path, monkeypatch, capsys) as made:
        yield made
