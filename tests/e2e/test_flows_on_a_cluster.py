"""Examples, random flows and faults on a real cluster leave what a local run leaves."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support import drawn_flows

EXAMPLES = sorted((Path(__file__).parent.parent.parent / "examples").glob("*.py"))
DRAWN = int(os.environ.get("LAMINAR_E2E_DRAWN", "5"))

SLOW = """\
import time
from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.configurations.layers import Container, ForEach, Parameter, Retry

class Disturbed(Flow): ...

@Disturbed.register(container=Container(cpu=0.1, memory=128))
class Make(Layer):
    def __call__(self) -> None:
        self.shard(rows=range(4))

@Disturbed.register(container=Container(cpu=0.1, memory=128), foreach=ForEach([Parameter(Make, "rows")]), retry=Retry(attempts=2))
class Wait(Layer):
    def __call__(self, make: Make) -> None:
        time.sleep(SECONDS)
        self.row = make.rows * 2

@Disturbed.register(container=Container(cpu=0.1, memory=128))
class Sum(Layer):
    def __call__(self, wait: Wait) -> None:
        self.total = sum(wait.row)

if flow := Disturbed():
    flow()
"""

HUNGRY = """\
from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.configurations.layers import Container, Retry

class Hungry(Flow): ...

@Hungry.register(container=Container(cpu=0.1, memory=64), retry=Retry(attempts=3))
class Eat(Layer):
    @hooks.retry
    def more(self) -> None:
        self.configuration.container.memory *= 2

    def __call__(self) -> None:
        self.size = len(bytearray(150_000_000))

if flow := Hungry():
    flow()
"""


def local(cluster, program: str) -> dict[str, str]:
    """Run a program here and return what it left."""
    folder = cluster.folder / "local"
    cluster("run", program, "--execution", "here", code=None)
    return cluster.results(program, "here", str(folder if folder.is_dir() else cluster.folder / ".laminar"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_leaves_what_a_local_run_leaves(cluster, example):
    (cluster.folder / "pyproject.toml").write_text("[tool.laminar]\n")
    (cluster.folder / "docs").mkdir()
    for name in ("README.md", "docs"):
        source = example.parent.parent / name
        (
            shutil.copytree(source, cluster.folder / name, dirs_exist_ok=True)
            if source.is_dir()
            else shutil.copy(source, cluster.folder / name)
        )
    (cluster.folder / "examples").mkdir()
    program = f"examples/{example.name}"
    shutil.copy(example, cluster.folder / program)
    name = cluster.submit(program)
    status = cluster.end(name, program)
    assert cluster.results(program, status["execution"], store_of(cluster)) == local(cluster, program)
    assert cluster.results(program, name, store_of(cluster))  # by the workflow's name too


def store_of(cluster) -> str:
    return os.environ["LAMINAR_E2E_STORE"]


def test_random_flows_leave_what_local_runs_leave(cluster):
    number = [0]

    @settings(
        max_examples=DRAWN,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn_flows.drawn_flows())
    def run(flow) -> None:
        number[0] += 1
        program = f"drawn{number[0]}.py"
        layers = "".join(drawn_flows._layer(place, layer, flow.layers) for place, layer in enumerate(flow.layers))
        call = f"\nif flow := Drawn():\n    flow(rows={drawn_flows.ROWS!r})\n"
        (cluster.folder / program).write_text(drawn_flows.HEAD + layers + call)
        name = cluster.submit(program)
        here = local(cluster, program)
        cluster("watch", name, code=None)
        status = cluster.end(name, program, phase=cluster_phase(cluster, name))
        there = cluster.results(program, status["execution"], store_of(cluster))
        assert {layer: there.get(layer) for layer in here} == here

    run()


def cluster_phase(cluster, name: str) -> str:
    import json

    return str(json.loads(cluster("status", name, "-o", "json").stdout)["phase"])


def disturbed(cluster, seconds: int = 25) -> tuple[str, str]:
    (cluster.folder / "disturbed.py").write_text(SLOW.replace("SECONDS", str(seconds)))
    return cluster.submit("disturbed.py"), "disturbed.py"


def running_pod(cluster, name: str) -> str:
    """Return a pod of layer Wait that runs."""
    import json

    for _ in range(120):
        status = json.loads(cluster("status", name, "-o", "json").stdout)
        pods = [
            attempt["pod"]
            for layer in status["layers"]
            if layer["name"] == "Wait"
            for split in layer["splits"]
            for attempt in split["attempts"]
            if attempt["phase"] == "Running"
        ]
        if pods:
            return str(pods[0])
        time.sleep(2)
    raise AssertionError("no pod of Wait ever ran")


def total(cluster, program: str, name: str) -> str:
    return str(cluster("results", program, name, "Sum", "total", "--datastore", store_of(cluster)).stdout)


def test_a_pod_that_is_deleted_is_replaced(cluster):
    if cluster.way != "kubernetes":
        pytest.skip("an Argo server deletes no pods")
    from laminar.compiler import project
    from laminar.compiler.cluster.connection import Choice, connect

    name, program = disturbed(cluster)
    pod = running_pod(cluster, name)
    transport = connect(Choice(), project.find(Path.cwd() / "none"), {k: v for k, v in os.environ.items() if k != "ARGO_SERVER"})
    transport.session.json("DELETE", f"api/v1/namespaces/{transport.namespace}/pods/{pod}", doing="delete a pod")
    status = cluster.end(name, program)
    causes = [attempt["cause"] for layer in status["layers"] for split in layer["splits"] for attempt in split["attempts"]]
    assert any("deleted" in cause for cause in causes) and total(cluster, program, name) == "12\n"


def test_a_layer_that_runs_out_of_memory_gets_more(cluster):
    (cluster.folder / "hungry.py").write_text(HUNGRY)
    status = cluster.end(cluster.submit("hungry.py"), "hungry.py")
    [layer] = status["layers"]
    causes = [attempt["cause"] for attempt in layer["splits"][0]["attempts"]]
    assert causes[0] == "out of memory (OOMKilled)" and causes[-1] == ""


def test_a_watch_outlives_a_restart_of_the_server(cluster, disturb):
    name, program = disturbed(cluster)
    running_pod(cluster, name)
    disturb("LAMINAR_E2E_RESTART")
    cluster.end(name, program)
    assert total(cluster, program, name) == "12\n"


def test_a_datastore_that_is_away_for_a_while_costs_no_result(cluster, disturb):
    name, program = disturbed(cluster, seconds=10)
    running_pod(cluster, name)
    disturb("LAMINAR_E2E_OUTAGE")
    cluster.end(name, program)
    assert total(cluster, program, name) == "12\n"


def test_stop_retry_and_resume_finish_what_was_begun(cluster):
    name, program = disturbed(cluster)
    running_pod(cluster, name)
    cluster("stop", name)
    cluster.end(name, program, phase="Failed")
    cluster("retry", name)
    cluster.end(name, program)
    assert total(cluster, program, name) == "12\n"
