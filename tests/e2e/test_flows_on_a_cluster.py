"""Examples, random flows and faults on a real cluster have the results of a local run."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.e2e.conftest import Cluster, store
from tests.support import drawn_flows

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
DRAWN = int(os.environ.get("LAMINAR_E2E_DRAWN") or 5)
SEED = int(os.environ.get("LAMINAR_E2E_SEED") or random.SystemRandom().randrange(1_000_000))
SMALL = "container=Container(cpu=0.1, memory=256)"

HEAD = """\
import sys
import time
from laminar import Flow, Layer
from laminar.configurations import hooks
from laminar.configurations.layers import Container, ForEach, Parameter, Retry
from laminar.configurations.schedulers import Argo
"""

DISTURBED = f"""{HEAD}
class Disturbed(Flow): ...

@Disturbed.register
class Make(Layer):
    def __call__(self) -> None:
        self.shard(rows=range(4))

@Disturbed.register(foreach=ForEach([Parameter(Make, "rows")]), retry=Retry(attempts=2))
class Wait(Layer):
    def __call__(self, make: Make) -> None:
        time.sleep(SECONDS)
        self.row = make.rows * 2

@Disturbed.register
class Sum(Layer):
    def __call__(self, wait: Wait) -> None:
        self.total = sum(wait.row)

if flow := Disturbed({SMALL}):
    flow()
"""

HUNGRY = f"""{HEAD}
class Hungry(Flow): ...

@Hungry.register(container=Container(cpu=0.1, memory=128), retry=Retry(attempts=3))
class Eat(Layer):
    @hooks.retry
    def more(self) -> None:
        self.configuration.container.memory *= 2

    def __call__(self) -> None:
        self.size = len(bytes(b"x" * 200_000_000))

if flow := Hungry():
    flow()
"""

SUBMITTING = DISTURBED.replace(f"Disturbed({SMALL})", f"Disturbed(scheduler=Argo(), {SMALL})").replace(
    "    flow()\n",
    """\
    execution = flow()
    execution.wait(timeout=1200)
    print(execution.id, execution.state, execution.layer(Sum).total)
""",
)


def local(cluster: Cluster, program: str, *words: str) -> tuple[int, dict[str, str]]:
    """Run a program here, and return its exit code and its results."""
    execution = f"here-{Path(program).stem}"
    done = cluster("run", program, "--execution", execution, *words, code=None)
    return done.returncode, cluster.results(program, execution, "--datastore", ".laminar")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_leaves_what_a_local_run_leaves(cluster: Cluster, example: Path) -> None:
    for name in ("README.md", "docs", "examples"):
        source, target = ROOT / name, cluster.folder / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    program = cluster.folder / "examples" / example.name
    text = program.read_text(encoding="utf-8").replace("laminar-examples:latest", os.environ["LAMINAR_E2E_IMAGE"])
    program.write_text(re.sub(r"\bcpu=[0-9.]+", "cpu=0.1", text), encoding="utf-8")
    words = parameters(example)
    name = cluster.submit(f"examples/{example.name}", *words)
    execution = cluster.end(name, example.stem)["execution"]
    there = cluster.results(f"examples/{example.name}", execution, "--datastore", store())
    assert local(cluster, f"examples/{example.name}", *words) == (0, there)
    assert cluster.results(f"examples/{example.name}", name, "--datastore", store()) == there  # by the workflow's name too


def parameters(example: Path) -> tuple[str, ...]:
    """Return the parameters by which an example does the same here and in pods: a day, and data at a place that all reach."""
    if example.stem == "nightly":
        return "-p", "day=2026-08-01"
    if example.stem != "sales":
        return ()
    from laminar.configurations.datastores import open_store

    source = f"{store().rstrip('/')}-sales"
    for file in sorted((example.parent / "sales").glob("*.csv")):
        open_store(source).put(file.name, [file.read_bytes()])
    return "-p", f"source={source}"


def drawn() -> list[drawn_flows.DrawnFlow]:
    """Draw flows by the seed."""
    found: list[drawn_flows.DrawnFlow] = []

    @seed(SEED)
    @settings(max_examples=DRAWN, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(drawn_flows.drawn_flows())
    def draw(flow: drawn_flows.DrawnFlow) -> None:
        found.append(flow)

    draw()
    return found


def test_random_flows_leave_what_local_runs_leave(cluster: Cluster) -> None:
    wrong = []
    for number, flow in enumerate(drawn(), 1):
        program = f"drawn{number}.py"
        text = drawn_flows.definition(flow).replace("Container(env", "Container(cpu=0.1, memory=256, env")
        call = f"\nif flow := Drawn({SMALL}):\n    flow(rows={drawn_flows.ROWS!r})\n"
        (cluster.folder / program).write_text(text + call)
        name = cluster.submit(program)
        code, here = local(cluster, program)
        status = cluster.end(name, f"drawn{number}, seed {SEED}", phase=None)
        there = cluster.results(program, status["execution"], "--datastore", store())
        if (code == 0) != (status["phase"] == "Succeeded") or there != here:
            wrong.append(f"{name} ended {status['phase']} and left\n{there}\na local run ended {code} and left\n{here}\n{text}")
    assert not wrong, "\n\n".join(wrong)


def disturbed(cluster: Cluster, seconds: int = 25) -> tuple[str, str]:
    (cluster.folder / "disturbed.py").write_text(DISTURBED.replace("SECONDS", str(seconds)))
    return cluster.submit("disturbed.py"), "disturbed.py"


def running_pod(cluster: Cluster, name: str) -> str:
    """Return a pod of layer Wait that runs."""
    for _ in range(150):
        layers = {layer["name"]: layer for layer in cluster.status(name)["layers"]}
        attempts = [attempt for split in layers["Wait"]["splits"] for attempt in split["attempts"]]
        for attempt in attempts:
            if attempt["phase"] == "Running":
                return str(attempt["pod"])
        time.sleep(2)
    raise AssertionError("no pod of Wait ever ran")


def test_a_pod_that_is_deleted_is_replaced(cluster: Cluster) -> None:
    if cluster.way != "kubernetes":
        pytest.skip("an Argo server deletes no pods")
    from laminar.compiler import project
    from laminar.compiler.cluster.connection import Choice, connect

    name, program = disturbed(cluster)
    pod = running_pod(cluster, name)
    transport = connect(Choice(), project.find(Path.cwd() / "none"), {k: v for k, v in os.environ.items() if k != "ARGO_SERVER"})
    transport.session.json("DELETE", f"api/v1/namespaces/{transport.namespace}/pods/{pod}", doing="delete a pod")
    status = cluster.end(name, "pod deleted")
    attempts = [attempt for layer in status["layers"] for split in layer["splits"] for attempt in split["attempts"]]
    assert any(attempt["phase"] in ("Failed", "Error") for attempt in attempts), attempts
    assert cluster.total(program, name, "Sum", "total") == "12"


def test_a_layer_that_runs_out_of_memory_gets_more(cluster: Cluster) -> None:
    (cluster.folder / "hungry.py").write_text(HUNGRY)
    status = cluster.end(cluster.submit("hungry.py"), "out of memory")
    [layer] = status["layers"]
    attempts = layer["splits"][0]["attempts"]
    # The kernel kills the container as a whole, or, with cgroups of version 1, the one process that takes most.
    assert len(attempts) > 1 and re.search("out of memory|killed|retried", attempts[0]["cause"])


def test_a_watch_outlives_a_restart_of_the_server(cluster: Cluster, disturb: Callable[[str], None]) -> None:
    if not os.environ.get("LAMINAR_E2E_RESTART"):
        disturb("LAMINAR_E2E_RESTART")
    name, program = disturbed(cluster)
    running_pod(cluster, name)
    command = [sys.executable, "-m", "laminar", "watch", name]
    env = {key: value for key, value in os.environ.items() if cluster.way == "argo" or key != "ARGO_SERVER"}
    with subprocess.Popen(
        command, cwd=cluster.folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as watch:
        disturb("LAMINAR_E2E_RESTART")
        said, _ = watch.communicate(timeout=1200)
    assert watch.returncode == 0 and f"{name}: succeeded" in said, said
    cluster.end(name, "server restarted")
    assert cluster.total(program, name, "Sum", "total") == "12"


def test_a_datastore_that_is_away_for_a_while_costs_no_result(cluster: Cluster, disturb: Callable[[str], None]) -> None:
    if not os.environ.get("LAMINAR_E2E_OUTAGE"):
        disturb("LAMINAR_E2E_OUTAGE")
    name, program = disturbed(cluster, seconds=10)
    running_pod(cluster, name)
    disturb("LAMINAR_E2E_OUTAGE")
    cluster.end(name, "datastore away")
    assert cluster.total(program, name, "Sum", "total") == "12"


def test_what_was_stopped_is_retried(cluster: Cluster) -> None:
    name, program = disturbed(cluster)
    running_pod(cluster, name)
    cluster("stop", name)
    cluster.end(name, "stopped", phase="Failed")
    cluster("retry", name)
    cluster.end(name, "retried")
    assert cluster.total(program, name, "Sum", "total") == "12"


def test_what_failed_is_resumed_with_a_corrected_program_and_runs_only_what_is_left(cluster: Cluster) -> None:
    program = cluster.folder / "disturbed.py"
    sound = DISTURBED.replace("SECONDS", "1")
    program.write_text(sound.replace("sum(wait.row)", "sum(wait.row) / 0"))
    name = cluster.submit("disturbed.py")
    execution = cluster.end(name, "with a mistake", phase="Failed")["execution"]
    program.write_text(sound)
    again = cluster.noted(cluster("resume", name, "disturbed.py", "-o", "name").stdout.strip())
    status = cluster.end(again, "resumed")
    assert status["execution"] == execution and [layer["name"] for layer in status["layers"]] == ["Sum"]
    assert cluster.total("disturbed.py", execution, "Sum", "total") == "12"


def test_a_program_submits_its_flow_and_reads_the_result(cluster: Cluster) -> None:
    (cluster.folder / "disturbed.py").write_text(SUBMITTING.replace("SECONDS", "1"))
    env = {key: value for key, value in os.environ.items() if cluster.way == "argo" or key != "ARGO_SERVER"}
    command = [sys.executable, "disturbed.py"]
    done = subprocess.run(command, cwd=cluster.folder, env=env, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr
    execution, state, total = done.stdout.split()[-3:]
    assert (state, total) == ("finished", "12")
    cluster.end(execution, "submitted by Python")
