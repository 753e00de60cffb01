"""Docker: the command line that it makes, and real containers where a daemon answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Local
from laminar.configurations.executors import Docker
from laminar.configurations.executors.docker import arguments, container_name
from laminar.configurations.layers import Container, Secret, Volume
from laminar.exceptions import FlowError, SchedulerError
from laminar.worker.split_job import Job
from tests.laminar.configurations.executors import docker_image

# -- The command line


def words(container: Container, tmp_path: Path, execution: str = "one") -> list[str]:
    class Train(Flow): ...

    @Train.register(container=container)
    class Fit(Layer): ...

    flow = Train(datastore=Local(str(tmp_path)), executor=Docker())
    layer = flow.execution(execution).layer(Fit, index=0, splits=1)
    return arguments(layer, Job.of(layer), "docker")


def after(found: list[str], option: str) -> list[str]:
    return [found[place + 1] for place, word in enumerate(found) if word == option]


def test_the_command_line_is_words_that_no_shell_reads(tmp_path):
    container = Container(command="python 'my main.py' --title \"$(rm -rf /); x\"", image="img:1", env={"A": "b c; $HOME"})
    found = words(container, tmp_path)
    assert found[:3] == ["docker", "run", "--rm"]
    assert found[found.index("--entrypoint") :][:3] == ["--entrypoint", "python", "img:1"]
    assert "A=b c; $HOME" in after(found, "--env")
    assert "my main.py" in found and found[-2:] == ["--title", "$(rm -rf /); x"]


def test_the_container_gets_cpus_memory_gpus_workdir_user_and_volumes(tmp_path):
    volumes = [
        Volume("/data", host_path="/srv/data", read_only=True),
        Volume("/scratch", empty_dir=0),
        Volume("/some", empty_dir=10),
    ]
    found = words(Container(cpu=0.5, memory=300, gpu=2, workdir="/app", volumes=volumes), tmp_path)
    assert after(found, "--cpus") == ["0.5"]
    assert after(found, "--memory") == ["300000000"]
    assert after(found, "--gpus") == ["2"]
    assert after(found, "--workdir") == ["/app"]
    assert after(found, "--user") == [f"{os.getuid()}:{os.getgid()}"]
    assert after(found, "--volume") == [f"{tmp_path}:{tmp_path}", "/srv/data:/data:ro"]
    assert after(found, "--tmpfs") == ["/scratch", "/some:size=10000000"]


def test_the_worker_environment_names_the_split_and_the_datastore(tmp_path):
    found = after(words(Container(), tmp_path, "my run"), "--env")
    assert {"LAMINAR_EXECUTION_ID=my run", "LAMINAR_FLOW_NAME=Train", "LAMINAR_LAYER_NAME=Fit", "LAMINAR_LAYER_INDEX=0"} <= set(
        found
    )
    assert f"LAMINAR_DATASTORE={tmp_path}" in found


@pytest.mark.parametrize("execution", ["a b", "ümlaut", "x" * 200, "-rf", "a:b,c=d", "日本"])
def test_a_containers_name_is_one_that_docker_takes_whatever_the_id_is(execution):
    import re

    name = container_name(Job("Flüge", execution, "Läyer", 3))
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+", name) and len(name) < 250
    assert name != container_name(Job("Flüge", execution + "2", "Läyer", 3))
    assert name != container_name(Job("Flüge", execution, "Läyer", 3, attempt=2))


def test_what_only_a_cluster_has_is_refused_before_anything_runs(tmp_path):
    for container in (Container(secrets={"KEY": Secret("s", "k")}), Container(volumes=[Volume("/data", claim="c")])):

        class Train(Flow): ...

        @Train.register(container=container)
        class Fit(Layer): ...

        with pytest.raises(FlowError, match="Layer 'Fit' needs secrets or volumes of a cluster"):
            Train(datastore=Local(str(tmp_path)), executor=Docker(docker=sys.executable))()


def test_a_missing_client_is_an_error_that_says_so(tmp_path):
    class Train(Flow): ...

    @Train.register
    class Fit(Layer): ...

    with pytest.raises(SchedulerError, match="There is no command 'no-docker' on this machine"):
        Train(datastore=Local(str(tmp_path)), executor=Docker(docker="no-docker"))()


# -- Real containers

PROGRAM = """\
import os, signal, sys, time
from dataclasses import replace
from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.executors import Docker
from laminar.configurations.layers import Container, ForEach, Parameter, Retry, Volume

POD = Container(image=%(image)r, memory=200, volumes=[Volume("/laminar", host_path=%(folder)r)], env={"GREETING": "hello; $HOME"})

class Train(Flow): ...

@Train.register(container=POD)
class Read(Layer):
    @hooks.entry
    def check(self) -> bool:
        return True

    def __call__(self, parameters: Parameters) -> None:
        print("inside", os.getcwd(), os.environ["GREETING"])
        print("to stderr", file=sys.stderr)
        self.host, self.inside = os.uname().nodename, os.path.exists("/.dockerenv")
        self.shard(rows=parameters.rows)

@Train.register(container=POD, foreach=ForEach([Parameter(Read, "rows")]), retry=Retry(attempts=2, delay=0))
class Use(Layer):
    @hooks.retry
    def more(self) -> None:
        self.configuration.container = replace(self.configuration.container, memory=self.configuration.container.memory * 2)

    def __call__(self, read: Read) -> None:
        if read.rows == 2 and self.attempt == 1:
            raise ValueError("once")
        self.value, self.memory = read.rows * 10, self.configuration.container.memory

@Train.register(container=replace(POD, timeout=%(timeout)r), retry=Retry(attempts=2, delay=0))
class Slow(Layer):
    def __call__(self, use: Use) -> None:
        if %(slow)r:
            time.sleep(60)

@Train.register(container=POD, retry=Retry(attempts=%(attempts)r))
class Crash(Layer):
    def __call__(self, use: Use) -> None:
        if %(crash)r:
            os.kill(os.getpid(), signal.SIGSEGV)

if flow := Train(executor=Docker(concurrency=2)):
    execution = flow(execution=%(id)r, rows=[1, 2, 3])
    read, use = execution.layer(Read), execution.layer(Use)
    print(read.inside, read.host != os.uname().nodename, list(use.value), list(use.memory))
"""


@pytest.fixture(scope="session")
def image() -> str:
    if not docker_image.daemon_answers():
        pytest.skip("no Docker daemon answers")
    return docker_image.build()


def program(folder: Path, image: str, **options: object) -> Path:
    values = {"image": image, "folder": str(folder), "timeout": None, "slow": False, "crash": False, "id": "one", "attempts": 1}
    (folder / "main.py").write_text(PROGRAM % {**values, **options})
    return folder


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "main.py"], cwd=folder, capture_output=True, text=True, check=False)


def left(folder: Path) -> str:
    """Return the containers of a test, which mount its folder: other tests run beside it."""
    return subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", f"volume={folder}"], capture_output=True, text=True, check=True
    ).stdout


def test_splits_run_in_containers_are_tried_again_and_leave_the_same_documents(image, tmp_path):
    done = run(program(tmp_path, image, id="a b:ü"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "Read | inside /laminar hello; $HOME" in lines
    assert "Read | to stderr" in done.stderr
    assert lines[-1] == "True True [10, 20, 30] [200, 400, 200]"
    assert "Use[1] failed at attempt 1" in done.stderr
    document = json.loads((tmp_path / ".laminar/Train/executions/a b:ü/Use/1.json").read_text())
    assert (document["attempt"], document["splits"]) == (2, 3)
    assert left(tmp_path) == ""


@pytest.mark.slow
def test_a_timeout_removes_the_container_and_counts_as_a_failure(image, tmp_path):
    done = run(program(tmp_path, image, slow=True, timeout=2))
    assert done.returncode == 1
    assert "Layer 'Slow' of flow 'Train' failed (attempt 2): it took longer than its timeout" in done.stderr
    assert left(tmp_path) == ""


@pytest.mark.slow
def test_a_crash_in_a_container_is_a_failure_of_the_layer(image, tmp_path):
    done = run(program(tmp_path, image, crash=True))
    assert done.returncode == 1
    assert "Layer 'Crash' of flow 'Train' failed (attempt 1): it was ended by SIGSEGV" in done.stderr


def test_an_image_that_cannot_be_started_is_a_failure_that_repeats_what_docker_says(image, tmp_path):
    done = run(program(tmp_path, missing := "localhost:1/no-such:1"))
    assert done.returncode == 1
    assert f"failed (attempt 1): Docker could not start image {missing!r}: " in done.stderr


@pytest.mark.slow
def test_an_interrupted_run_removes_its_containers(image, tmp_path):
    command = [sys.executable, "main.py"]
    with subprocess.Popen(
        command, cwd=program(tmp_path, image, slow=True), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        end = time.monotonic() + 60
        while not any((tmp_path / ".laminar/Train/executions/one").glob("Crash/0.json")) or not left(tmp_path):
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert left(tmp_path) == ""
