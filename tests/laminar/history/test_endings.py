"""For each end of a split, its run, its record, its log and its resumption report it: for each executor and for a runner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from laminar import history
from laminar.configurations.datastores import Local, open_store
from laminar.configurations.datastores.documents.execution_record import load_execution
from laminar.history import state
from laminar.history.log_line import Selection
from laminar.history.stored_run import Run
from laminar.timestamps import now
from tests.laminar.configurations.executors import docker_image

PROGRAM = """\
import ctypes, os, resource, shutil, signal, sys, time
from laminar import Flow, Layer
from laminar.configurations.executors import Docker, Process, Thread
from laminar.configurations.layers import Container, Volume

HOW, STORE = os.environ["HOW"], os.environ["STORE"]
EXECUTOR = {"thread": Thread, "docker": Docker}.get(os.environ.get("EXECUTOR", ""), Process)
FOLDER = os.path.dirname(os.path.abspath(__file__))
PLACE = {
    "image": os.environ.get("IMAGE", "image"),
    "command": "python ends.py",
    "workdir": FOLDER,
    "volumes": [Volume(FOLDER, host_path=FOLDER)],
    "env": {"HOW": HOW, "STORE": os.environ["STORE"], "API_TOKEN": os.environ["API_TOKEN"], "EXECUTOR": "docker"},
    "memory": 200,
}
LIMIT = Container(timeout={"timeout": 10 if EXECUTOR is Docker else 1}.get(HOW), **(PLACE if EXECUTOR is Docker else {}))

class Ends(Flow): ...

@Ends.register(container=LIMIT)
class Ending(Layer):
    def __call__(self) -> None:
        print("before the end")
        sys.stdout.flush()
        open("begun", "w").close()
        if os.path.exists("fixed"):
            return
        if HOW == "exception":
            raise ValueError("no rows")
        if HOW == "sys.exit":
            sys.exit(3)
        if HOW == "os._exit":
            os._exit(0)
        if HOW in ("SIGSEGV", "SIGKILL", "SIGTERM"):
            os.kill(os.getpid(), getattr(signal, HOW))
            time.sleep(20)
        if HOW == "memory":
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            self.big = bytes(1 << 31)
        if HOW == "limit":
            self.big = b"x" * (1 << 29)
        if HOW == "store":
            shutil.rmtree(STORE, ignore_errors=True)  # a container's mount stays, empty
            open(os.path.join(STORE, "Ends") if os.path.isdir(STORE) else STORE, "w").close()
        if HOW in ("timeout", "parent", "machine", "interrupt", "terminate"):
            time.sleep(20)

@Ends.register(container=Container(**PLACE) if EXECUTOR is Docker else Container())
class After(Layer):
    def __call__(self, ending: Ending) -> None:
        print("after")

if flow := Ends(datastore=os.environ["STORE"], executor=EXECUTOR()):
    flow(token="hidden-value")
"""


@dataclass(frozen=True)
class Expected:
    """Facts about a run by the end of its first layer: of the run, of the attempts, and of the command that ran it."""

    state: str
    ways: tuple[str, ...]
    message: str = ""
    traceback: str = ""
    code: int = 1
    pod_code: int = 70


KILLED = ("killed", "killed", "killed")
"""An attempt that was killed from outside is made again twice."""

ENDINGS = {
    "return": Expected("finished", ("finished",), code=0, pod_code=0),
    "exception": Expected("failed", ("failed",), "ValueError: no rows", 'raise ValueError("no rows")'),
    "sys.exit": Expected("failed", ("failed",), "SystemExit: 3", "sys.exit(3)"),
    "os._exit": Expected("failed", ("failed",), "its process ended with exit code 0 before the layer did, as by os._exit(0)"),
    "SIGSEGV": Expected("failed", ("killed",), "it was ended by SIGSEGV"),
    "SIGKILL": Expected("failed", KILLED, "it was killed by SIGKILL", pod_code=137),
    "SIGTERM": Expected("failed", KILLED, "it was killed by SIGTERM", pod_code=143),
    "timeout": Expected("failed", ("timed out",), "it took longer than its timeout"),
    "memory": Expected("failed", ("out of memory",), "MemoryError", "bytes(1 << 31)"),
}

FAST = ("exception", "os._exit")


def cases(*names: str) -> list[object]:
    return [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ends.py").write_text(PROGRAM)
    return tmp_path


def environment(folder: Path, how: str, **more: str) -> dict[str, str]:
    return {**os.environ, "HOW": how, "STORE": str(folder / "store"), "API_TOKEN": "hidden-value", **more}


def run(folder: Path, how: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "laminar", "run", "ends.py", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(folder, how, **more), capture_output=True, text=True, timeout=60)


def start(folder: Path, how: str, **more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "laminar", "run", "ends.py"]
    with open(folder / "shown", "wb") as shown:
        return subprocess.Popen(
            command, cwd=folder, env=environment(folder, how, **more), stdout=shown, stderr=shown, start_new_session=True
        )


def pod(folder: Path, how: str, attempt: int = 1) -> subprocess.CompletedProcess[str]:
    return subprocess.run(**started_pod(folder, how, attempt), capture_output=True, text=True, timeout=60)


def started_pod(folder: Path, how: str, attempt: int = 1) -> dict[str, Any]:
    """Return how the process of a pod is started."""
    command = [sys.executable, "-m", "laminar.runner", "ends.py", "--flow", "Ends", "--layer", "Ending", "--execution", "one"]
    variables = {"LAMINAR_LAYER_ATTEMPT": str(attempt), "ARGO_NODE_ID": "ends-x7k2f-123"}
    return {"args": command, "cwd": folder, "env": environment(folder, how, **variables)}


def latest(folder: Path) -> Run:
    return history.find("Ends", "latest", Local(folder / "store"))


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def check(found: Run, expected: Expected, *, first: int | None = None, contained: bool = False) -> None:
    """Compare a run; a pod's log has the traceback, too, after its ``first`` lines."""
    made = [one for one in found.attempts if one.layer == "Ending"]
    assert tuple(one.how for one in made) == expected.ways
    assert [one.number for one in made] == list(range(1, len(made) + 1))
    last = made[-1]
    assert expected.message in last.message
    assert expected.traceback in last.traceback
    assert bool(last.traceback) == bool(expected.traceback)
    assert found.started <= last.started <= last.ended
    if not (contained and last.how == "finished"):  # its document names the container
        assert last.host == os.uname().nodename
    assert [(one.layer, one.how) for one in found.failures] == ([] if last.how == "finished" else [("Ending", last.how)])
    for one in made:
        lines = [(line.label, line.text) for line in found.logs(Selection("Ending", attempt=one.number))]
        assert lines[:first] == [("Ending", "before the end")]


@pytest.mark.parametrize("how", cases(*ENDINGS))
def test_in_a_process(how, folder):
    done, expected = run(folder, how), ENDINGS[how]
    assert done.returncode == expected.code, done.stderr
    found = latest(folder)
    check(found, expected)
    assert found.state == expected.state
    assert found.failed_layers == (() if expected.state == "finished" else ("Ending",))
    shown = [layer.state for layer in found.layers]
    assert shown == (["finished", "finished"] if expected.state == "finished" else ["failed", "not run"])
    assert "hidden-value" not in "".join(path.read_text() for path in (folder / "store").rglob(".history/**/*.json*"))


@pytest.mark.parametrize("how", [pytest.param(how, marks=pytest.mark.slow) for how in ("return", "exception", "sys.exit")])
def test_in_a_thread(how, folder):
    done, expected = run(folder, how, EXECUTOR="thread"), ENDINGS[how]
    assert done.returncode == expected.code, done.stderr
    check(latest(folder), expected)
    assert latest(folder).state == expected.state


IN_CONTAINERS = {
    **{how: expected for how, expected in ENDINGS.items() if how != "memory"},
    "limit": Expected("failed", ("out of memory",) * 3, "it used more memory than its container has"),
}


@pytest.fixture(scope="session")
def image() -> str:
    if not docker_image.daemon_answers():
        pytest.skip("no Docker daemon answers")
    return docker_image.build()


def containers(folder: Path) -> str:
    """Return the containers of a test, which mount its folder."""
    listed = ["docker", "ps", "--all", "--quiet", "--filter", f"volume={folder}"]
    return subprocess.run(listed, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("how", IN_CONTAINERS)
def test_in_a_container_of_docker(how, folder, image):
    done, expected = run(folder, how, EXECUTOR="docker", IMAGE=image), IN_CONTAINERS[how]
    assert done.returncode == expected.code, done.stderr
    found = latest(folder)
    check(found, expected, contained=True)
    assert found.state == expected.state
    assert found.failed_layers == (() if expected.state == "finished" else ("Ending",))
    assert ("double it for each attempt in a retry hook" in done.stderr) == (how == "limit")
    assert containers(folder) == ""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["interrupt", "parent"])
def test_a_run_that_is_stopped_leaves_no_container_and_is_resumed(how, folder, image):
    process = start(folder, how, EXECUTOR="docker", IMAGE=image)
    until((folder / "begun").exists)
    until(lambda: latest(folder).attempts)
    process.send_signal({"interrupt": signal.SIGINT, "parent": signal.SIGKILL}[how])
    process.wait(20)
    until(lambda: containers(folder) == "")
    found = latest(folder)
    assert (found.state, [one.how for one in found.attempts]) == (
        "interrupted",
        [{"interrupt": "interrupted", "parent": "lost"}[how]],
    )
    (folder / "fixed").touch()
    assert run(folder, how, "--resume", EXECUTOR="docker", IMAGE=image).returncode == 0
    assert latest(folder).state == "finished"


@pytest.mark.slow
def test_a_container_that_is_killed_from_outside_is_started_again(folder, image):
    process = start(folder, "machine", EXECUTOR="docker", IMAGE=image)
    until((folder / "begun").exists)
    (folder / "fixed").touch()
    subprocess.run(["docker", "kill", *containers(folder).split()], check=True, capture_output=True)
    assert process.wait(30) == 0
    first, second = [one for one in latest(folder).attempts if one.layer == "Ending"]
    assert (first.how, first.message, second.how) == ("killed", "its container was killed by SIGKILL", "finished")


@pytest.mark.parametrize("how", cases(*(how for how in ENDINGS)))
def test_in_a_pod(how, folder):
    expected = ENDINGS[how]
    for attempt in range(1, len(expected.ways) + 1):
        done = pod(folder, how, attempt)
        assert done.returncode == expected.pod_code, done.stderr
        assert "before the end" in done.stdout
    found = latest(folder)
    check(found, expected, first=1)
    assert (found.in_pods, found.workflow) == (True, "ends-x7k2f")
    if expected.ways != KILLED:
        assert found.layers[0].state == expected.state
    else:  # another pod may come
        assert found.layers[0].state == "interrupted"
        assert (found.state, Run("Ends", "one", found.store, now=now(after=state.SILENCE + 60)).state) == ("running", "interrupted")
    if expected.state == "failed" and expected.ways != KILLED:
        assert found.state == "failed"


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["process", "thread"])
def test_a_datastore_that_goes_away_stops_the_run_and_the_error_names_it(executor, folder):
    done = run(folder, "store", EXECUTOR=executor)
    assert done.returncode == 1
    assert "the history of this run cannot be written" in done.stderr
    assert f"DatastoreError: Datastore {folder / 'store'} is a file, not a folder." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_pod_whose_datastore_goes_away_may_be_tried_again(folder):
    done = pod(folder, "store")
    assert done.returncode == 75
    assert f"laminar: Datastore {folder / 'store'} is a file, not a folder." in done.stderr
    assert "the history of this pod cannot be kept" in done.stderr


@pytest.mark.slow
def test_a_container_whose_datastore_goes_away_is_started_again_and_the_error_names_it(folder, image):
    done = run(folder, "store", EXECUTOR="docker", IMAGE=image)
    assert done.returncode == 1
    assert "the history of this run cannot be written" in done.stderr
    assert "failed (attempt 3): DatastoreError: Datastore " in done.stderr
    assert "Traceback" not in done.stdout and "Ending | Traceback" not in done.stderr
    assert containers(folder) == ""


@pytest.mark.parametrize(
    "how", [pytest.param("interrupt", marks=pytest.mark.slow), pytest.param("terminate", marks=pytest.mark.slow), "parent"]
)
def test_a_run_that_is_stopped_says_so_and_is_resumed(how, folder):
    process = start(folder, how)
    until((folder / "begun").exists)
    assert latest(folder).state == "running"
    time.sleep(0.2)
    process.send_signal({"interrupt": signal.SIGINT, "terminate": signal.SIGTERM, "parent": signal.SIGKILL}[how])
    process.wait(20)
    until(lambda: [one.how for one in latest(folder).attempts] == ["interrupted"])
    found = latest(folder)
    assert found.state == "interrupted"
    reasons = {
        "interrupt": "interrupted from the keyboard (SIGINT)",
        "terminate": "terminated by SIGTERM",
        "parent": f"its process ({process.pid} on {os.uname().nodename}) ended without a report",
    }
    assert found.reason == reasons[how]
    assert found.failures == ()
    (folder / "fixed").touch()
    assert run(folder, how, "--resume").returncode == 0
    found = latest(folder)
    assert (found.state, [one.action for one in found.sessions]) == ("finished", ["run", "resume"])
    assert [one.how for one in found.attempts if one.layer == "Ending"] == ["interrupted", "finished"]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["process", "thread"])
def test_a_run_whose_machine_is_gone_is_interrupted_when_its_lease_is_over(executor, folder):
    process = start(folder, "machine", EXECUTOR=executor)
    until((folder / "begun").exists)
    store = Local(folder / "store")
    until(lambda: (record := load_execution(store, "Ends", latest(folder).id)) and record.sessions[0].running)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
    for path in (folder / "store").rglob("execution.json"):  # as another machine reads it: the same bytes, of another host
        record = load_execution(store, "Ends", path.parent.name)
        assert record is not None
        (session,) = record.sessions
        assert state.of_session(session, now(), alive=lambda _: None) == "running"
        assert state.of_session(session, now(after=state.LEASE + 1), alive=lambda _: None) == "interrupted"
        found = Run("Ends", path.parent.name, store)
        assert [(one.layer, one.how) for one in found.attempts if one.how in ("lost", "interrupted")] != []
        assert json.loads(path.read_text())["sessions"][0]["running"][0][0] == "Ending"


@pytest.mark.slow
def test_a_run_in_threads_that_is_killed_is_interrupted_and_resumed(folder):
    process = start(folder, "parent", EXECUTOR="thread")
    until((folder / "begun").exists)
    until(lambda: latest(folder).attempts)
    process.kill()
    process.wait(20)
    found = latest(folder)
    assert (found.state, [(one.layer, one.how) for one in found.attempts]) == ("interrupted", [("Ending", "lost")])
    (folder / "fixed").touch()
    assert run(folder, "parent", "--resume", EXECUTOR="thread").returncode == 0
    found = latest(folder)
    assert (found.state, [one.action for one in found.sessions]) == ("finished", ["run", "resume"])


@pytest.mark.slow
def test_a_pod_whose_machine_is_gone_before_its_first_lease_leaves_no_attempt_and_the_next_pod_finishes(folder):
    with subprocess.Popen(**started_pod(folder, "machine"), start_new_session=True) as process:
        until((folder / "begun").exists)
        until(lambda: load_execution(Local(folder / "store"), "Ends", "one"))
        os.killpg(process.pid, signal.SIGKILL)
    store = Local(folder / "store")
    assert (Run("Ends", "one", store).state, Run("Ends", "one", store).attempts) == ("running", ())
    silent = Run("Ends", "one", store, now=now(after=state.SILENCE + 60))
    assert (silent.state, silent.reason) == ("unknown", f"no sign of life since {silent.last_sign}")
    (folder / "fixed").touch()
    assert pod(folder, "machine", 2).returncode == 0
    assert [(one.how, one.number) for one in latest(folder).attempts] == [("finished", 2)]


OUTAGE = """\
import os, time
from laminar import Flow, Layer
from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.executors import Process, Thread

retrying_filesystem.SECONDS = 0.5  # the worker processes load this program, too

class Ends(Flow): ...

@Ends.register
class Ending(Layer):
    def __call__(self) -> None:
        print("before the end", flush=True)
        open("begun", "w").close()
        while not os.path.exists("stopped"):
            time.sleep(0.02)
        self.rows = b"x" * 9000

@Ends.register
class After(Layer):
    def __call__(self, ending: Ending) -> None:
        self.size = len(ending.rows)

if flow := Ends(datastore="s3://outage/store", executor=Thread() if os.environ["EXECUTOR"] == "thread" else Process()):
    flow()
"""


class Server:
    """An S3 server that is stopped and started again at the same address, with its files."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        from moto.server import ThreadedMotoServer

        self.server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self.server.start()
        self.port = self.server.get_host_and_port()[1]

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture
def server(monkeypatch):
    import boto3

    found = Server()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{found.port}",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="outage")
    yield found
    found.stop()


def outage(folder: Path, server: Server, *command: str, **more: str) -> tuple[int, str]:
    """Run a command, stop the server while the first layer runs, and return the exit code and the output."""
    with open(folder / "shown", "wb") as shown:
        environ = {**os.environ, "EXECUTOR": "", **more}
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=environ, stdout=shown, stderr=shown)
    until((folder / "begun").exists)
    server.stop()
    (folder / "stopped").touch()
    code = process.wait(60)
    return code, (folder / "shown").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["process", "thread"])
def test_a_run_whose_server_is_stopped_ends_and_is_resumed_when_it_is_back(executor, folder, server):
    (folder / "ends.py").write_text(OUTAGE)
    code, shown = outage(folder, server, "laminar", "run", "ends.py", EXECUTOR=executor)
    assert code == 1
    assert shown.count("the history of this run cannot be written") == 1
    assert "failed (attempt 3): DatastoreError: Cannot " in shown
    assert "see it, when the datastore is back: laminar report ends.py" in shown
    assert "aiohttp" not in shown
    server.start()
    found = history.find("Ends", "latest", open_store("s3://outage/store"))
    assert (found.state, found.failed_layers) == ("interrupted", ())
    command = [sys.executable, "-m", "laminar", "run", "ends.py", "--resume", found.id]
    resumed = subprocess.run(command, cwd=folder, env={**os.environ, "EXECUTOR": executor}, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    found = history.find("Ends", "latest", found.store)
    assert (found.state, [one.action for one in found.sessions]) == ("finished", ["run", "resume"])


@pytest.mark.slow
def test_a_pod_whose_server_is_stopped_may_be_tried_again_and_reports_the_loss_of_its_history_once(folder, server):
    (folder / "ends.py").write_text(OUTAGE)
    command = ("laminar.runner", "ends.py", "--flow", "Ends", "--layer", "Ending", "--execution", "one")
    code, shown = outage(folder, server, *command)
    assert code == 75, shown
    assert "laminar: Layer 'Ending' of flow 'Ends' failed (attempt 1): DatastoreError: Cannot write s3://outage/store/" in shown
    assert shown.count("the history of this pod cannot be kept") == 1
    assert "aiohttp" not in shown
    server.start()
    again = subprocess.run([sys.executable, "-m", *command], cwd=folder, env={**os.environ, "EXECUTOR": ""}, capture_output=True)
    assert again.returncode == 0, again.stderr
    (made,) = history.find("Ends", "one", open_store("s3://outage/store")).attempts
    assert (made.layer, made.how) == ("Ending", "finished")
