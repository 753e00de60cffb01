"""Executors: their limits, the output of layers, a layer's facts about its split, and executors of users."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Local, Memory
from laminar.configurations.executors import Docker, Executor, Process, Thread
from laminar.configurations.layers import Container, ForEach, Parameter, Retry
from laminar.exceptions import ExecutionError, FlowError
from laminar.settings import current
from laminar.worker import split_job
from laminar.worker.split import failure


@pytest.fixture
def flow():
    class Case(Flow): ...

    return Case


# limits


@pytest.mark.parametrize("kind", [Thread, Process, Docker])
def test_concurrency_is_by_default_the_cpus_that_this_process_may_use(kind):
    assert kind().concurrency == len(os.sched_getaffinity(0))
    assert kind(concurrency=7).concurrency == 7


@pytest.mark.parametrize("limits", [{"concurrency": 0}, {"timeout": -1}])
def test_limits_that_are_not_positive_are_refused(limits):
    with pytest.raises(FlowError, match=r"must be a (whole|positive) number"):
        Process(**limits)


def test_process_runs_as_many_splits_at_once_as_its_concurrency(flow, tmp_path):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class A(Layer):
        def __call__(self) -> None:
            (tmp_path / f"here-{self.index}").touch()
            end = time.monotonic() + 10
            while len(list(tmp_path.glob("here-*"))) < 3:
                assert time.monotonic() < end, "the others never came"
                time.sleep(0.01)

    flow(datastore=Local(str(tmp_path / "store")), executor=Process(concurrency=3))(rows=[1, 2, 3])


def test_a_timeout_kills_the_attempt_and_what_it_started_and_counts_as_a_failure(flow, tmp_path):
    @flow.register(retry=Retry(attempts=2, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            child = subprocess.Popen(["sleep", "60"])
            (tmp_path / f"pid-{self.attempt}").write_text(str(child.pid))
            time.sleep(60)

    with pytest.raises(ExecutionError, match=r"\(attempt 2\): it took longer than its timeout of 0\.5 s"):
        flow(datastore=Local(str(tmp_path / "store")), executor=Process(timeout=0.5))()
    for attempt in (1, 2):
        with pytest.raises(ProcessLookupError):
            wait_gone(int((tmp_path / f"pid-{attempt}").read_text()))


def wait_gone(pid: int) -> None:
    for _ in range(200):
        with open(f"/proc/{pid}/stat") if os.path.exists(f"/proc/{pid}/stat") else open(os.devnull) as file:
            state = file.read().rsplit(")", 1)[-1].split()
        if not state or state[0] == "Z":
            raise ProcessLookupError
        time.sleep(0.01)


def test_the_smaller_of_the_layers_and_the_executors_timeout_holds(flow, tmp_path):
    @flow.register(container=Container(timeout=0.2))
    class A(Layer):
        def __call__(self) -> None:
            time.sleep(60)

    with pytest.raises(ExecutionError, match=r"timeout of 0\.2 s"):
        flow(datastore=Local(str(tmp_path)), executor=Process(timeout=30))()


def test_a_timeout_is_refused_with_threads_for_the_executor_and_for_a_layer(flow):
    with pytest.raises(FlowError, match="a thread cannot be stopped"):
        Thread(timeout=1)

    @flow.register(container=Container(timeout=1))
    class A(Layer): ...

    with pytest.raises(FlowError, match=r"Layer 'A' has a timeout, and a thread cannot be stopped") as raised:
        flow(datastore=Memory(), executor=Thread())()
    assert "test_executors.py:" in raised.value.where


def test_a_timeout_that_a_hook_sets_is_refused_with_threads_too(flow):
    @flow.register
    class A(Layer):
        @hooks.submission
        def hurry(self) -> None:
            self.configuration.container = replace(self.configuration.container, timeout=1)

    with pytest.raises(ExecutionError, match="a hook gives it a timeout, and a thread cannot be stopped"):
        flow(datastore=Memory(), executor=Thread())()


# output and settings


@pytest.mark.parametrize("kind", [Thread, Process])
def test_what_layers_print_comes_line_by_line_with_layer_and_split(kind, flow, tmp_path, capsys):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class A(Layer):
        def __call__(self, parameters: Parameters) -> None:
            print("one", end=" ")
            time.sleep(0.01)
            print("two\nthree")
            print(f"to the end {parameters.rows}", end="")
            print("oops", file=sys.stderr)

    @flow.register
    class B(Layer):
        def __call__(self, a: A) -> None:
            print("single")

    before = sys.stdout
    flow(datastore=Local(str(tmp_path)), executor=kind(concurrency=2))(rows=["x", "y"])
    out, err = capsys.readouterr()
    assert sys.stdout is before
    for index, row in enumerate("xy"):
        mine = [line for line in out.splitlines() if line.startswith(f"A[{index}]")]
        assert mine == [f"A[{index}] | one two", f"A[{index}] | three", f"A[{index}] | to the end {row}"]
    assert out.splitlines()[-1] == "B | single"
    shown = [line for line in err.splitlines() if not line.startswith("note: this process cannot be forked")]
    assert sorted(shown) == ["A[0] | oops", "A[1] | oops"]


def test_what_others_print_while_threads_run_is_not_a_layers(flow, capsys):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            thread = threading.Thread(target=print, args=("of a thread of its own",))
            thread.start()
            thread.join()

    flow(datastore=Memory(), executor=Thread())()
    assert capsys.readouterr().out == "of a thread of its own\n"


@pytest.mark.parametrize("kind", [Thread, Process])
def test_settings_current_is_the_running_split_also_with_threads(kind, flow, tmp_path):
    @flow.register(foreach=ForEach([Parameter(Parameters, "rows")]), retry=Retry(attempts=2, delay=0))
    class A(Layer):
        def __call__(self) -> None:
            time.sleep(0.02)
            if self.attempt == 1 and self.index == 1:
                raise ValueError("once")
            time.sleep(0.02)
            layer = current.layer
            names = (current.execution.id, current.execution.retry, current.flow.name, layer.name)
            self.seen = (*names, layer.index, layer.splits, layer.attempt)

    flow(datastore=Local(str(tmp_path)), executor=kind(concurrency=3))(execution="one", rows=[1, 2, 3])
    seen = list(flow(datastore=Local(str(tmp_path))).execution("one").layer(A).seen)
    assert seen == [("one", False, "Case", "A", index, 3, 2 if index == 1 else 1) for index in range(3)]
    assert current.layer.name is None and current.execution.id is None


def test_in_a_process_settings_current_is_right_in_threads_that_the_layer_starts(flow, tmp_path):
    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            found = []
            thread = threading.Thread(target=lambda: found.append(current.layer.name))
            thread.start()
            thread.join()
            self.name_seen = found[0]

    assert flow(datastore=Local(str(tmp_path)), executor=Process())().layer(A).name_seen == "A"


def test_settings_current_says_whether_the_execution_is_resumed(flow):
    failing = [True]

    @flow.register
    class A(Layer):
        def __call__(self) -> None:
            if failing[0]:
                raise ValueError
            self.retry = current.execution.retry

    made = flow(datastore=Memory(), executor=Thread())
    with pytest.raises(ExecutionError):
        made(execution="one")
    failing[0] = False
    assert made.execution("one").resume().layer(A).retry is True


# executors of a user's own


class Recording(Executor):
    """Run splits in this process, one after the other, and keep which."""

    isolated = False

    def __init__(self) -> None:
        super().__init__(concurrency=1)
        self.ran: list[str] = []

    async def submit(self, *, layer: Layer) -> object:
        self.ran.append(f"{layer.name}[{layer.index}/{layer.splits}]{'?' if split_job.Job.of(layer).gate else ''}")
        return await asyncio.to_thread(self.here, layer)


def test_an_executor_of_the_users_own_runs_splits_and_gates(flow):
    @flow.register
    class A(Layer):
        @hooks.entry
        def check(self) -> bool:
            return True

        def __call__(self) -> None:
            self.shard(rows=[1, 2])

    @flow.register(foreach=ForEach([Parameter(A, "rows")]))
    class B(Layer):
        def __call__(self, a: A) -> None:
            self.value = a.rows

    executor = Recording()
    execution = flow(datastore=Memory(), executor=executor)()
    assert list(execution.layer(B).value) == [1, 2]
    assert executor.ran == ["A[0/1]?", "A[0/1]", "B[0/2]", "B[1/2]"]


def test_an_executor_of_the_users_own_says_how_a_split_failed(flow):
    class Refusing(Executor):
        isolated = False

        async def submit(self, *, layer: Layer) -> object:
            raise failure(layer, "nobody is there to run it")

    @flow.register
    class A(Layer): ...

    with pytest.raises(ExecutionError, match=r"Layer 'A' of flow 'Case' failed \(attempt 1\): nobody is there to run it"):
        flow(datastore=Memory(), executor=Refusing())()


REMOTE = """\
import asyncio, os, sys
from laminar import Flow, Layer, Parameters, worker
from laminar.configurations.executors import Executor

class Elsewhere(Executor):
    async def submit(self, *, layer):
        job = worker.Job.of(layer)
        variables = {**os.environ, **job.environment(), "LAMINAR_DATASTORE": layer.flow.configuration.datastore.url}
        process = await asyncio.create_subprocess_exec(sys.executable, __file__, env=variables)
        assert await process.wait() == 0

class Train(Flow): ...

@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.pid, self.value = os.getpid(), parameters.n + 1

if flow := Train(executor=Elsewhere()):
    layer = flow(n=1).layer(Fit)
    print(layer.value, layer.pid != os.getpid())
"""


def test_an_executor_of_the_users_own_starts_the_program_elsewhere_with_the_jobs_environment(tmp_path):
    (tmp_path / "main.py").write_text(REMOTE)
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "2 True\n"), done.stderr


def test_an_executor_that_defines_no_submit_cannot_be_made():
    with pytest.raises(TypeError, match="submit"):
        type("Empty", (Executor,), {})()


# programs that start threads


THREADED = """\
import threading, time
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

threading.Thread(target=time.sleep, args=(30,), daemon=True).start()

class Train(Flow): ...

@Train.register(foreach=ForEach([Parameter(Parameters, "rows")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        print("row", parameters.rows)
        self.value = parameters.rows * 2

@Train.register
class Sum(Layer):
    def __call__(self, fit: Fit) -> None:
        self.total = sum(fit.value)

if flow := Train():
    print("total", flow(rows=[1, 2]).layer(Sum).total)
"""


def test_where_the_load_leaves_threads_workers_are_spawned_which_is_said_once(tmp_path):
    (tmp_path / "main.py").write_text(THREADED)
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sorted(lines) == ["Fit[0] | row 1", "Fit[1] | row 2", "total 6"]
    assert done.stderr.count("this process cannot be forked: it runs Python threads (Thread-1") == 1
