"""The history of an execution names each session that ran it, in pods too."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from laminar import Flow, Layer, history
from laminar.configurations.datastores import Local, Record
from laminar.configurations.datastores.documents.attempt_record import Attempt, save_attempts
from laminar.configurations.datastores.documents.execution_record import load_execution, save_execution
from laminar.history.session_keeper import new_session
from laminar.history.stored_run import Run
from laminar.program.main_module import Program
from laminar.timestamps import now
from laminar.worker import execution_facts

PROGRAM = Program("/src/train.py", given="train.py")


class Train(Flow): ...


@Train.register
class Fit(Layer):
    def __call__(self) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> Local:
    return Local(tmp_path / "store")


def pods(monkeypatch: pytest.MonkeyPatch, store: Local, workflow: str, *, resume: bool = False) -> None:
    """Write what the first pod of a workflow writes of its execution."""
    monkeypatch.setenv("ARGO_WORKFLOW_NAME", workflow)
    execution = Train(datastore=store).execution("one")
    (execution_facts.resume_in_pods if resume else execution_facts.save_of_pods)(execution, {}, PROGRAM)


def fail(store: Local, pod: str) -> None:
    """Write what a pod that failed for good leaves."""
    save_attempts(
        store, "Train", "one", pod, [Attempt(layer="Fit", how="failed", started=now(), ended=now(), host=pod, session=pod)]
    )


def test_a_workflow_that_resumes_runs_and_finishes_though_the_one_before_failed(monkeypatch, store):
    pods(monkeypatch, store, "train-a")
    fail(store, "train-a-layer-1")
    assert (Run("Train", "one", store).state, Run("Train", "one", store).failed_layers) == ("failed", ("Fit",))
    pods(monkeypatch, store, "train-b", resume=True)
    pods(monkeypatch, store, "train-b", resume=True)  # another pod of it
    run = history.find("Train", "one", store)
    assert [(one.id, one.action, one.workflow) for one in run.sessions] == [
        ("train-a", "pods", "train-a"),
        ("train-b", "pods", "train-b"),
    ]
    assert (run.state, run.failed_layers, run.workflow) == ("running", (), "train-b")
    assert [run.state_of(one) for one in run.sessions] == ["failed", "running"]
    assert {history.find("Train", words, store).id for words in ("train-a", "train-b", "latest")} == {"one"}
    store.save(Record(flow="Train", execution="one", layer="Fit", started=now(), finished=now()))
    assert Run("Train", "one", store).state == "finished"


def test_a_resumed_workflow_that_fails_again_has_failed(monkeypatch, store):
    pods(monkeypatch, store, "train-a")
    fail(store, "train-a-layer-1")
    pods(monkeypatch, store, "train-b", resume=True)
    fail(store, "train-b-layer-1")
    run = Run("Train", "one", store)
    assert (run.state, run.failed_layers) == ("failed", ("Fit",))


def test_a_local_run_that_a_workflow_resumes_keeps_its_session(monkeypatch, store):
    record = execution_facts.facts(Train(datastore=store).execution("one"), {}, program=PROGRAM)
    local = replace(new_session("run"), state="failed", failed=("Fit",), ended=now())
    save_execution(store, record.with_session(local))
    fail(store, "here")
    pods(monkeypatch, store, "train-b", resume=True)
    run = Run("Train", "one", store)
    assert [one.action for one in run.sessions] == ["run", "pods"]
    assert (run.state, run.state_of(run.sessions[0]), run.workflow) == ("running", "failed", "train-b")


def test_a_run_of_pods_that_is_resumed_here_is_of_this_machine(monkeypatch, store):
    monkeypatch.setenv("ARGO_WORKFLOW_NAME", "train-a")
    flow = Train(datastore=store)
    execution = flow.execution("one").parameters()
    execution_facts.save_of_pods(execution, {}, PROGRAM)
    execution.resume()
    run = Run("Train", "one", store)
    assert [one.action for one in run.sessions] == ["pods", "resume"]
    assert (run.state, run.workflow, run.in_pods) == ("finished", "train-a", False)


def test_a_datastore_that_cannot_be_read_stops_no_pod(monkeypatch, store):
    pods(monkeypatch, store, "train-a")
    store.put("Train/executions/one/execution.json", (b"{",))
    pods(monkeypatch, store, "train-b", resume=True)


@pytest.mark.slow
def test_a_pod_of_a_resumed_workflow_adds_its_session(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import os\nfrom laminar import Flow, Layer\nclass Train(Flow): ...\n@Train.register\nclass Fit(Layer):\n"
        "    def __call__(self) -> None:\n        if 'FAIL' in os.environ:\n            raise ValueError('no')\n"
        "if flow := Train(): flow()\n"
    )
    words = [sys.executable, "-m", "laminar.runner", "main.py", "--flow", "Train", "--layer", "Fit", "--execution", "one"]
    shared = {**os.environ, "LAMINAR_DATASTORE": str(tmp_path / "store")}
    first = {**shared, "ARGO_WORKFLOW_NAME": "train-a", "FAIL": "1"}
    second = {**shared, "ARGO_WORKFLOW_NAME": "train-b", "LAMINAR_EXECUTION_RETRY": "True"}
    codes = [subprocess.run(words, cwd=tmp_path, env=env, capture_output=True).returncode for env in (first, second)]
    assert codes[0] != 0
    assert codes[1] == 0
    record = load_execution(Local(tmp_path / "store"), "Train", "one")
    assert record is not None
    assert record.workflows == ("train-b", "train-a")
    assert Run("Train", "one", Local(tmp_path / "store")).state == "finished"
