"""The variables that describe a process's work, and the meaning of exit codes."""

from __future__ import annotations

import signal

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import Retry
from laminar.worker import Job
from laminar.worker.job import ExecutionScope, SplitJob, is_own_signal, signal_name


@pytest.fixture
def execution():
    class Train(Flow): ...

    @Train.register(retry=Retry(attempts=3))
    class Fit(Layer): ...

    return Train(datastore=Memory(), executor=Thread()).execution("one", retry=True)


def test_a_job_names_a_split_in_the_worker_variables(execution):
    job = Job.of(execution.layer("Fit", index=2, splits=5, attempt=3))
    assert job.environment() == {
        "LAMINAR_EXECUTION_ID": "one",
        "LAMINAR_EXECUTION_RETRY": "True",
        "LAMINAR_FLOW_NAME": "Train",
        "LAMINAR_LAYER_NAME": "Fit",
        "LAMINAR_LAYER_INDEX": "2",
        "LAMINAR_LAYER_SPLITS": "5",
        "LAMINAR_LAYER_ATTEMPT": "3",
        "LAMINAR_WORKER_PID": "",
    }


def test_a_split_job_holds_what_its_split_needs(execution):
    job = SplitJob.of(execution.layer("Fit", index=2, splits=5, attempt=3))
    assert (job.flow, job.execution, job.layer, job.index, job.splits, job.attempt) == ("Train", "one", "Fit", 2, 5, 3)
    assert job.attempts == 3 and job.retry
    assert job.store is execution.flow.configuration.datastore
    assert list(job.nodes) == ["Parameters", "Fit"]


def test_failures_are_counted_by_split(execution):
    first, second = (SplitJob.of(execution.layer("Fit", index=index, splits=2)) for index in (0, 1))
    first.record_failure("no")
    assert (first.failures(), second.failures()) == ((1,), ())
    second.clear_failures()
    assert first.failures() == (1,)
    first.clear_failures()
    assert first.failures() == ()


def test_a_scope_finds_documents_and_states(execution):
    scope = ExecutionScope.of_execution(execution)
    assert scope.document("Fit") is None
    assert scope.status("Fit") == "unfinished"


@pytest.mark.parametrize(
    ("code", "own"),
    [
        (0, False),
        (70, False),
        (-signal.SIGSEGV, True),
        (-signal.SIGABRT, True),
        (-signal.SIGKILL, False),
        (-signal.SIGTERM, False),
        (-(signal.SIGRTMIN + 3), False),  # a real-time signal has no name in signal.Signals
        (-200, False),
    ],
)
def test_a_signal_is_a_processs_own_where_its_instructions_cause_it(code, own):
    assert is_own_signal(code) is own


def test_every_signal_has_a_name():
    names = [signal_name(number) for number in range(1, signal.SIGRTMAX + 1)]
    assert len(set(names)) == signal.SIGRTMAX
    assert signal_name(signal.SIGRTMIN + 3) == "SIGRTMIN+3"
