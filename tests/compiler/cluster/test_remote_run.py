"""Submit from Python: a file, an Execution, a function; then wait, read logs, stop."""

from __future__ import annotations

import threading

import pytest

from laminar import Flow, Layer
from laminar.compiler.cluster.follower import TimedOut
from laminar.compiler.cluster.remote_run import submit
from laminar.compiler.plan.planner import Settings
from laminar.configurations.datastores import Local
from laminar.exceptions import ExecutionError, FlowError
from laminar.program import uncaught_error
from tests.support.cluster_commands import PROGRAM, Pods


@pytest.fixture
def program(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "train.py"
    path.write_text(PROGRAM)
    return path


STORE = Settings(datastore="s3://b/p")


def test_a_program_is_submitted_and_followed_to_its_end(transport, cluster, program):
    cluster.run_pod = Pods()
    cluster.held = True
    run = submit(program, transport, settings=STORE, labels={"team": "a"})
    assert (run.running, run.finished) == (True, False) and run.state in ("pending", "running")
    threading.Timer(0.1, cluster.release).start()
    assert run.wait(timeout=20) is run
    assert (run.running, run.finished, run.state) == (False, True, "finished")
    assert run.id == cluster.workflow()["metadata"]["uid"] and cluster.workflow()["metadata"]["labels"]["team"] == "a"
    assert list(run.logs("Read")) == ["Read | Read begins", "Read | Read ends"]


def test_a_failure_names_layer_split_attempt_and_cause(transport, cluster, program):
    cluster.run_pod = Pods(Fit_1=[75, 70])
    run = submit(program, transport, settings=STORE)
    with pytest.raises(ExecutionError) as caught:
        run.wait()
    error = caught.value
    assert (error.flow, error.layer, error.index, error.attempt, error.execution) == ("Train", "Fit", 1, 2, run.id)
    assert "Fit[1], attempt 2: failed for good (exit code 70)" in error.what


def test_a_run_is_stopped_and_a_wait_has_a_time_out(transport, cluster, program):
    cluster.held = True
    run = submit(program, transport, settings=STORE)
    with pytest.raises(TimedOut):
        run.wait(timeout=1)
    run.stop()
    with pytest.raises(ExecutionError, match=r"stopped|Stopped"):
        run.wait(timeout=20)


def test_a_key_starts_one_workflow(transport, cluster, program):
    names = {submit(program, transport, settings=STORE, key="job-17").name for _ in range(2)}
    assert len(names) == 1 and len(cluster.workflows) == 1


def test_a_program_with_two_flows_is_refused(transport, program):
    program.write_text(PROGRAM.replace("    flow(count=3)", "    flow(count=3)\n    flow(count=4)"))
    with pytest.raises(FlowError, match="becomes 2 workflows"):
        submit(program, transport, settings=STORE)


def test_results_are_read_from_the_flows_datastore(transport, cluster, program, tmp_path):
    class Train(Flow): ...

    @Train.register
    class Fit(Layer):
        def __call__(self) -> None:
            self.score = 0.5

    run = submit(program, transport, settings=STORE)
    flow = Train(datastore=Local(str(tmp_path / "store")))
    flow(execution=run.id)  # as its pods would
    assert run.execution(flow).layer(Fit).score == 0.5


def test_an_interrupt_of_a_wait_detaches_and_says_so(transport, cluster, program, monkeypatch):
    cluster.held = True
    run = submit(program, transport, settings=STORE)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(transport, "watch", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        run.wait()
    assert uncaught_error.notes(caught.value) == [f"detached: {run.name} continues (laminar watch {run.name} follows it)"]
