"""Call flows with scheduler=Argo() in programs: the call submits, and the execution follows the cluster."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from laminar.compiler import recorder
from laminar.compiler.cluster.follower import TimedOut
from laminar.compiler.rehearsal.processes import Processes
from laminar.compiler.rehearsal.site import Site
from laminar.components import runtime
from laminar.exceptions import ExecutionError, FlowError, LaminarError, LayerError
from laminar.local import display, program_run
from laminar.program import call_log, main_module, process_snapshot, process_state, program_recording, recording
from laminar.program.main_module import Program
from laminar.program.process_state import Session
from laminar.worker.parameters_document import save_parameters
from tests.support.cluster_commands import Pods, Shell, shell_to
from tests.support.fake_cluster import FakeCluster
from tests.support.kernel import run_cells

PROGRAM = """\
import sys
from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Local
from laminar.configurations.layers import Container, ForEach, Parameter, Volume
from laminar.configurations.schedulers import Argo

class Train(Flow): ...

@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=range(parameters.count))

@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Fit(Layer):
    def __call__(self, read: Read) -> None:
        print("fits", read.rows, *sys.argv[1:])
        self.score = read.rows * 10

@Train.register
class Best(Layer):
    def __call__(self, fit: Fit) -> None:
        self.best = max(fit.score)

class Report(Flow): ...

@Report.register
class Write(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.text = f"best is {parameters.best}"

shared = Container(image="train:1", volumes=[Volume(mount="STORE", claim="store")])
settings = {"container": shared, "datastore": Local("STORE"), "scheduler": Argo("0 4 * * *")}

if flow := Train(**settings):
"""
CALL = "    execution = flow(count=3)\n"
LINK = "    report = execution.next(flow=Report(**settings), linker=lambda e: Parameters(best=e.layer(Best).best))\n"

Run = Callable[..., Any]


@pytest.fixture(params=["argo", "kubernetes"])
def shell(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Shell]:
    with shell_to(request.param, FakeCluster(Pods()), tmp_path, monkeypatch, capsys) as made:
        yield made


@pytest.fixture
def kubernetes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Iterator[Shell]:
    with shell_to("kubernetes", FakeCluster(Pods()), tmp_path, monkeypatch, capsys) as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Execute a program that ends with these lines as python does, in this process, and return the names that it leaves."""
    main, modules, argv, path = sys.modules["__main__"], set(sys.modules), list(sys.argv), list(sys.path)

    monkeypatch.setattr(recording, "_first_read", "")
    monkeypatch.setattr(display, "_is_fixed", True)
    monkeypatch.setattr(runtime.current(), "chains", 0)
    monkeypatch.setattr(call_log, "calls", [])

    def execute(*lines: str, args: tuple[str, ...] = ()) -> Any:
        program = tmp_path / "train.py"
        program.write_text(PROGRAM.replace("STORE", str(tmp_path / "store")) + "".join(lines))
        return type("Names", (), main_module.execute(Program(str(program), args)))

    with process_snapshot.preserved():
        yield execute
    program_recording.forget(modules, main, argv, path)


@pytest.fixture
def pods(tmp_path: Path) -> Iterator[Processes]:
    """Pods that are processes of this machine: they run the program and keep artifacts in its store."""
    processes = Processes(Site(tmp_path, tmp_path / "scratch", str(tmp_path / "store")), confine=False)
    yield processes
    processes.close()


def test_a_call_submits_a_workflow_and_its_execution_follows_the_cluster(shell, run):
    shell.cluster.held = True
    execution = run(CALL, args=("--verbose",)).execution
    name = shell.cluster.workflow()["metadata"]["name"]
    assert execution.id == shell.cluster.workflow()["metadata"]["uid"]
    assert (execution.running, execution.finished) == (True, False) and execution.state in ("pending", "running")
    with pytest.raises(TimedOut, match=name):
        execution.wait(timeout=0.1)
    threading.Timer(0.05, shell.cluster.release).start()
    assert execution.wait(timeout=20) is execution
    assert (execution.running, execution.finished, execution.state) == (False, True, "finished")
    assert list(execution.logs("Read")) == ["Read | Read begins", "Read | Read ends"]
    assert f"{name} was submitted to namespace argo" in shell.capsys.readouterr().err


def test_pods_run_the_program_with_its_arguments_and_leave_values_in_the_datastore(kubernetes, run, pods):
    kubernetes.cluster.run_pod = pods
    names = run(CALL, args=("--verbose",))
    execution = names.execution.wait(timeout=60)
    assert (execution.layer(names.Best).best, list(execution.layer(names.Fit).score)) == (20, [0, 10, 20])
    assert execution.layer(names.Best).state.finished and not execution.layer(names.Best).state.running
    assert list(execution.logs(names.Fit, index=1)) == ["Fit[1] | fits 1 --verbose"]
    shell = kubernetes.cluster
    shell.delete("Workflow", "argo", shell.workflow()["metadata"]["name"])  # forgotten by the cluster, not by the datastore
    assert (execution.state, execution.finished, execution.running) == ("finished", True, False)
    with pytest.raises(ExecutionError, match="has records already") as caught:
        names.flow(execution=execution.id, count=3)
    assert "test_flow_launch.py" in caught.value.where  # no file of laminar's own


@pytest.mark.slow
def test_a_resumed_workflow_has_only_what_is_left_and_the_values_of_an_undisturbed_run(kubernetes, run, pods, tmp_path):
    kubernetes.cluster.run_pod = pods
    names = run(CALL)
    program = tmp_path / "train.py"
    sound = program.read_text()
    program.write_text(sound.replace("read.rows * 10", "read.rows * 10 // (read.rows != 1)"))
    with pytest.raises(ExecutionError, match=r"Fit\[1\]"):
        names.execution.wait(timeout=60)
    program.write_text(sound)
    execution = names.execution.resume().wait(timeout=60)
    assert list(execution.layer(names.Fit).score) == [0, 10, 20] and execution.layer(names.Best).best == 20
    tasks = kubernetes.cluster.workflow(execution.remote.name)["spec"]["templates"][0]["dag"]["tasks"]
    assert [task["name"] for task in tasks] == ["Fit", "Best"] and tasks[0]["withSequence"] == {"count": "3"}
    with pytest.raises(ExecutionError, match="Nothing is left to run"):
        execution.resume()


@pytest.mark.slow
def test_a_linked_flow_is_submitted_when_the_one_before_it_has_finished(kubernetes, run, pods):
    kubernetes.cluster.run_pod = pods
    names = run(CALL, LINK)
    report = names.report.wait(timeout=60)
    assert report.id == names.execution.id and report.layer(names.Write).text == "best is 20"
    first, second = [kubernetes.cluster.workflow(name) for name in kubernetes.cluster.workflows]
    assert second["metadata"]["labels"]["laminar/resumed-from"] == first["metadata"]["name"]


def test_a_link_after_a_read_is_refused_because_no_pod_would_find_it(kubernetes, run, monkeypatch):
    monkeypatch.setattr(recording, "_first_read", "train.py:40")
    with pytest.raises(FlowError, match="after the program has read a result"):
        run(CALL, LINK)


def test_a_failure_is_raised_by_wait_with_layer_and_cause(shell, run):
    shell.cluster.run_pod = Pods(Fit_1=[70])
    execution = run(CALL).execution
    with pytest.raises(ExecutionError, match=r"Fit\[1\], attempt 1: failed for good") as caught:
        execution.wait(timeout=20)
    assert (caught.value.layer, caught.value.index, execution.state) == ("Fit", 1, "failed")


def test_an_execution_is_stopped(shell, run):
    shell.cluster.held = True
    execution = run(CALL).execution
    execution.stop()
    with pytest.raises(ExecutionError, match=r"[Ss]topped"):
        execution.wait(timeout=20)
    assert execution.state == "failed"


def test_a_run_that_failed_is_resumed_in_a_new_workflow_under_its_id(kubernetes, run):
    kubernetes.cluster.run_pod = Pods(Fit_1=[70])
    names = run(CALL)
    with pytest.raises(ExecutionError, match="There is no execution"):  # no pod has left a document
        names.execution.resume()
    save_parameters(names.execution, {"count": 3})
    with pytest.raises(ExecutionError, match="Fit"):
        names.execution.wait(timeout=20)
    kubernetes.cluster.run_pod = Pods()
    resumed = names.execution.resume()
    resumed.wait(timeout=20)
    assert len(kubernetes.cluster.workflows) == 2 and resumed.id == names.execution.id and resumed.finished


def test_an_execution_of_another_process_is_found_on_the_cluster_by_its_id(shell, run):
    first = run(CALL).execution
    shell.ended()
    later = run(f"    execution = flow.execution({first.id!r})\n").execution
    assert (later.state, later.running) == ("finished", False) and later.wait() is later


def test_an_execution_without_documents_is_named_by_its_workflow_or_as_the_latest(shell, run):
    first = run(CALL).execution
    name = shell.ended() and shell.cluster.workflow()["metadata"]["name"]
    for words in (name, "latest"):
        later = run(f"    execution = flow.execution({words!r})\n").execution
        assert (later.id, later.state) == (first.id, "finished")
    shell.cluster.delete("Workflow", "argo", name)
    with pytest.raises(LaminarError, match="There is no workflow of flow Train"):
        run("    execution = flow.latest\n")


def test_an_execution_that_the_cluster_does_not_know_is_unfinished(shell, run):
    later = run("    execution = flow.execution('gone')\n").execution
    assert later.state == "unfinished"
    with pytest.raises(ExecutionError, match=r"'gone' of flow 'Train' has not finished, and no workflow runs it"):
        later.wait()
    with pytest.raises(ExecutionError, match="runs on no cluster"):
        later.stop()


def test_the_command_run_and_every_recording_submit_nothing(kubernetes, run, tmp_path, monkeypatch):
    run("    pass\n")
    program = tmp_path / "train.py"
    text = program.read_text().replace("    pass\n", CALL + "    execution.wait()\n    execution.stop()\n" + LINK)
    threads = "from laminar.configurations.executors import Thread\n"  # a fake server's threads forbid a fork
    program.write_text(threads + text.replace("settings = {", 'settings = {"executor": Thread(), '))
    assert len(recorder.record(program).chains[0].steps) == 2
    monkeypatch.setattr(process_state, "current", None)
    with pytest.raises(ExecutionError, match="runs on no cluster"):  # of stop(): the flow has run here
        program_run.run_program(Program(str(program)), Session())
    assert kubernetes.cluster.workflows == []


def test_a_program_that_a_layer_starts_submits_nothing(kubernetes, run, monkeypatch):
    monkeypatch.setenv("LAMINAR_LAYER_NAME", "Fit")
    monkeypatch.setenv("LAMINAR_WORKER_PID", "1")
    with pytest.raises(LayerError, match="submitted by a program that layer 'Fit' starts"):
        run(CALL)
    assert kubernetes.cluster.workflows == []


def test_a_problem_of_the_flow_is_found_before_anything_is_sent(kubernetes, run):
    with pytest.raises(FlowError, match="count"):
        run("    flow(count={1, 2})\n")
    assert kubernetes.cluster.workflows == []


def test_a_flow_of_a_session_without_a_program_needs_a_place_for_its_code(kubernetes, run, monkeypatch):
    flow = run("    pass\n").flow
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        with pytest.raises(FlowError, match="notebook or a REPL, which no pod can read"):
            flow(count=3)


def test_the_projects_datastore_holds_the_results_of_a_flow_that_is_submitted(kubernetes, run, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.laminar]\ndatastore = "s3://b/p"\nimage = "train:7"\n')
    names = run("    execution = flow(count=3)\n")
    assert names.flow.configuration.datastore.url == "s3://b/p"
    assert "s3://b/p" in str(kubernetes.cluster.workflow()["spec"])


CELLS = [
    PROGRAM.replace("if flow := Train(**settings):\n", "").replace(", *sys.argv[1:]", ""),
    "execution = Train(**settings)(count=3)\nexecution.wait(timeout=60)\nprint(execution.state, execution.layer(Best).best)",
    "Train(**settings)(count=1).next(flow=Report(**settings), linker=lambda e: Parameters(best=-1))\n"
    "report = execution.next(flow=Report(**settings), linker=lambda e: Parameters(best=e.layer(Best).best))\n"
    "print(report.wait(timeout=60).layer(Write).text)",
]


@pytest.mark.slow
def test_a_notebook_submits_its_flows_by_value_and_reads_their_results(kubernetes, pods, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f'[tool.laminar]\ncode = "file://{tmp_path / "code"}"\n')
    kubernetes.cluster.run_pod = pods
    _, run, linked = run_cells(folder, *(cell.replace("STORE", str(tmp_path / "store")) for cell in CELLS))
    assert run.splitlines()[-1] == "finished 20" and linked.splitlines()[-1] == "best is 20"
