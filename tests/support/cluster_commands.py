"""Run the commands of the cluster in this process, against a fake server, as a user's shell would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from laminar.cli import main
from laminar.compiler.rehearsal import Outcome, Pod
from tests.support.fake_argo_server import FakeArgoServer
from tests.support.fake_cluster import FakeCluster
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.fake_server import FakeServer

PROGRAM = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import Container, ForEach, Parameter

class Train(Flow): ...

@Train.register(container=Container(image="train:1"))
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.count))

@Train.register(container=Container(image="train:1"), foreach=ForEach([Parameter(Read, "rows")]))
class Fit(Layer):
    def __call__(self, read: Read) -> None:
        self.score = read.rows

@Train.register(container=Container(image="train:1"))
class Best(Layer):
    def __call__(self, fit: Fit) -> None:
        self.best = max(fit.score)

if flow := Train():
    flow(count=3)
"""


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


class Shell:
    """A shell in a folder with ``train.py``, whose cluster is a fake server."""

    def __init__(self, server: FakeServer, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.server, self.folder, self.capsys = server, folder, capsys
        self.cluster = server.cluster

    def __call__(self, *words: str) -> Done:
        self.capsys.readouterr()
        code = 0
        try:
            main(list(words))
        except SystemExit as exit:
            code = int(exit.code or 0)
        out, err = self.capsys.readouterr()
        return Done(code, out, err)

    def submit(self, *words: str) -> str:
        """Submit the program and return the workflow's name."""
        done = self("submit", "train.py", "--datastore", "s3://b/p", "--no-lint", "-o", "name", *words)
        assert done.code == 0, done.err
        return done.out.strip()

    def ended(self, name: str = "") -> str:
        """Wait until a workflow has ended, and return its phase."""
        self.cluster.wait_for(lambda: self.cluster.phase(name) in ("Succeeded", "Failed", "Error"))
        return self.cluster.phase(name)


class Pods:
    """Ends pods: by layer or by layer and index, with exit codes by attempt; each prints where it is."""

    def __init__(self, rows: int = 3, **codes: list[int | Outcome]) -> None:
        self.rows, self.codes = rows, codes
        self.ran: list[str] = []

    def __call__(self, pod: Pod) -> Outcome:
        layer = argument(pod, "--layer") or pod.node.partition(".")[2]
        index = argument(pod, "--index")
        loops = ":" in pod.node
        key = f"{layer}_{index}" if loops and f"{layer}_{index}" in self.codes else layer
        attempt = int(pod.node[pod.node.rfind("(") + 1 : -1]) if pod.node.endswith(")") else 0
        self.ran.append(f"{layer}[{index}]" if loops else layer)
        codes = self.codes.get(key, [0])
        found = codes[min(attempt, len(codes) - 1)]
        log = f"{layer} begins\n{layer} ends\n"
        if isinstance(found, Outcome):
            return Outcome(found.code, error=found.error, log=log)
        files = {"lengths": f'{{"rows":[{self.rows}]}}'} if "lengths" in pod.paths and layer == "Read" else {}
        return Outcome(found, files, log=log)


def argument(pod: Pod, name: str) -> str:
    return pod.args[pod.args.index(name) + 1] if name in pod.args else ""


@contextmanager
def shell_to(
    kind: str, cluster: FakeCluster, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    """A shell whose cluster is an Argo server, or a Kubernetes API server."""
    from laminar.compiler.cluster import follower, http_session

    monkeypatch.setattr(http_session, "BACKOFF", 0.0)
    monkeypatch.setattr(follower, "PAUSES", (0.01,))
    for name in ("ARGO_SERVER", "ARGO_NAMESPACE", "KUBECONFIG", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.chdir(folder)
    (folder / "train.py").write_text(PROGRAM)
    server: FakeServer
    if kind == "argo":
        server = FakeArgoServer(cluster, strict=True, token="s3cret")
        monkeypatch.setenv("ARGO_SERVER", server.address)
        monkeypatch.setenv("ARGO_SECURE", "false")
        monkeypatch.setenv("ARGO_TOKEN", "s3cret")
        monkeypatch.setenv("ARGO_NAMESPACE", "argo")
    else:
        server = FakeKubernetes(cluster, token="s3cret")
        config = {
            "current-context": "kind",
            "clusters": [{"name": "c", "cluster": {"server": server.url}}],
            "users": [{"name": "u", "user": {"token": "s3cret"}}],
            "contexts": [{"name": "kind", "context": {"cluster": "c", "user": "u", "namespace": "argo"}}],
        }
        (folder / "kubeconfig").write_text(yaml.safe_dump(config))
        monkeypatch.setenv("KUBECONFIG", str(folder / "kubeconfig"))
    yield Shell(server, folder, capsys)
    server.close()
    assert server.checked == []
