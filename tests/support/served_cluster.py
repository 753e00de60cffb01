"""Serve a fake cluster to a person: python -m tests.support.served_cluster argo|kubernetes [--seconds N] [--fail LAYER=CODE,...].

It prints the variables that name it and stays until it is interrupted. Pods take so many seconds, and end with 0 or with the codes
given, one for each attempt; with ``--run STORE`` they are processes of this machine that run their code package,
or the program of this folder.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import yaml

from laminar.compiler.rehearsal import Outcome, Pod
from laminar.compiler.rehearsal.processes import Processes
from laminar.compiler.rehearsal.site import LocalPod, Site
from tests.support.cluster_commands import Pods
from tests.support.fake_argo_server import FakeArgoServer
from tests.support.fake_cluster import FakeCluster
from tests.support.fake_kubernetes import FakeKubernetes
from tests.support.fake_server import FakeServer


class Packaged(Site):
    """This machine in the cluster's place, where pods run the code package that their workflow names."""

    def bring(self, pod: Pod) -> LocalPod:
        local = super().bring(pod)
        code = {name: value for name, value in pod.environment.items() if name == "LAMINAR_CODE"}
        return replace(local, env={**local.env, **code})


def serve(kind: str, cluster: FakeCluster) -> tuple[FakeServer, dict[str, str]]:
    """Return a server of a cluster, and the variables by which a shell finds it."""
    if kind == "argo":
        server: FakeServer = FakeArgoServer(cluster, token="s3cret")
        return server, {"ARGO_SERVER": server.address, "ARGO_SECURE": "false", "ARGO_TOKEN": "s3cret", "ARGO_NAMESPACE": "argo"}
    server = FakeKubernetes(cluster, token="s3cret")
    config = {
        "current-context": "fake",
        "clusters": [{"name": "c", "cluster": {"server": server.url}}],
        "users": [{"name": "u", "user": {"token": "s3cret"}}],
        "contexts": [{"name": "fake", "context": {"cluster": "c", "user": "u", "namespace": "argo"}}],
    }
    path = Path(tempfile.mkdtemp(prefix="laminar-fake-")) / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return server, {"KUBECONFIG": str(path)}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("argo", "kubernetes"))
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--rows", type=int, default=3)
    parser.add_argument("--fail", action="append", default=[], metavar="LAYER=CODE,...")
    parser.add_argument("--run", metavar="STORE", help="run pods, which keep artifacts in this folder")
    given = parser.parse_args()
    codes: dict[str, list[int | Outcome]] = {
        name: [int(code) for code in found.split(",")] for name, _, found in (one.partition("=") for one in given.fail)
    }
    made = Pods(given.rows, **codes)
    if given.run:
        made = Processes(Packaged(Path.cwd(), Path(tempfile.mkdtemp()), given.run), confine=False)  # type: ignore[assignment]

    def run_pod(pod: Pod) -> Outcome:
        time.sleep(given.seconds)
        return made(pod)

    cluster = FakeCluster(run_pod)
    cluster.accounts = {"laminar"}
    server, variables = serve(given.kind, cluster)
    for name, value in variables.items():
        print(f"export {name}={value}", flush=True)
    try:
        threading.Event().wait()
    finally:
        server.close()


if __name__ == "__main__":
    main()
