"""A pod's work in a child process: exit codes, signals and deadlines; the work itself is tests/laminar/worker/test_pod.py."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from laminar.program import interpreter_exit
from laminar.worker import pod, supervisor
from laminar.worker.arguments import read

# Python 3.12 and later warn where a process with threads is forked (os.fork); pytest-xdist has one, which holds nothing here.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

TASK = read(["main.py", "--flow", "F", "--layer", "L", "--execution", "one"], {})


@pytest.fixture
def work(monkeypatch, tmp_path):
    """Let a child do this instead of a pod's work, and note the failure that another child counts."""
    monkeypatch.setattr(interpreter_exit, "finish", lambda: None)  # it would end what belongs to pytest
    said = tmp_path / "reason"

    def count(task: object, reason: str) -> int:
        said.write_text(reason)
        return 75

    monkeypatch.setattr(pod, "count_failure", count)

    def use(function) -> Path:
        monkeypatch.setattr(pod, "run", lambda task, limit: function(limit))
        return said

    return use


@pytest.mark.parametrize("code", [0, 70, 75, 78])
def test_the_exit_code_is_the_childs(code, work):
    said = work(lambda limit: code)
    assert supervisor.supervise(TASK) == code and not said.exists()


def test_the_work_is_done_in_a_child(work, tmp_path):
    work(lambda limit: (tmp_path / "pid").write_text(str(os.getpid())) and 0)
    supervisor.supervise(TASK)
    assert int((tmp_path / "pid").read_text()) != os.getpid()


def test_a_signal_of_the_layers_own_is_counted_as_its_failure(work):
    said = work(lambda limit: os.kill(os.getpid(), signal.SIGTRAP))
    assert supervisor.supervise(TASK) == 75
    assert said.read_text() == "it was ended by SIGTRAP"


def test_a_signal_from_outside_counts_for_nothing_and_is_reported_as_a_shell_does(work):
    said = work(lambda limit: os.kill(os.getpid(), signal.SIGKILL))
    assert supervisor.supervise(TASK) == 128 + signal.SIGKILL and not said.exists()


def limited(seconds: str, code: int | None = None):
    def run(limit: int) -> int:
        os.write(limit, seconds.encode())
        os.close(limit)
        if code is None:
            time.sleep(60)
        return code or 0

    return run


def test_a_child_is_killed_at_its_deadline_and_counted_as_failed(work):
    said = work(limited("0.01"))
    assert supervisor.supervise(TASK) == 75
    assert said.read_text() == "it took longer than its timeout"


@pytest.mark.parametrize("seconds", ["60", ""])
def test_a_child_that_ends_before_its_deadline_keeps_its_exit_code(seconds, work):
    said = work(limited(seconds, 70))
    assert supervisor.supervise(TASK) == 70 and not said.exists()


def test_a_signal_to_the_supervisor_is_passed_on_and_handlers_are_restored(work, monkeypatch):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    work(lambda limit: time.sleep(60))
    monkeypatch.setattr(supervisor, "_deadline", lambda reading: os.kill(os.getpid(), signal.SIGTERM))
    assert supervisor.supervise(TASK) == 128 + signal.SIGTERM
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
