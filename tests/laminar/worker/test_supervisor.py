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
from laminar.worker.pod_channel import PodChannel

# Python 3.12 and later warn where a process with threads is forked (os.fork); pytest-xdist has one, which holds nothing here.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

TASK = read(["main.py", "--flow", "F", "--layer", "L", "--execution", "one"], {})


@pytest.fixture
def work(monkeypatch, tmp_path):
    """Let a child do this instead of a pod's work, and note the failure that another child counts."""
    monkeypatch.setattr(interpreter_exit, "finish", lambda: None)  # it would end what belongs to pytest
    said = tmp_path / "reason"

    def count(task: object, reason: str, how: str, started: str) -> int:
        said.write_text(reason)
        return 75

    monkeypatch.setattr(pod, "count_failure", count)

    def use(function) -> Path:
        monkeypatch.setattr(pod, "run", lambda task, channel: function(channel))
        return said

    return use


@pytest.mark.parametrize("code", [0, 70, 75, 78])
def test_the_exit_code_is_the_childs(code, work):
    said = work(lambda channel: code)
    assert supervisor.supervise(TASK) == code and not said.exists()


def test_the_work_is_done_in_a_child(work, tmp_path):
    work(lambda channel: (tmp_path / "pid").write_text(str(os.getpid())) and 0)
    supervisor.supervise(TASK)
    assert int((tmp_path / "pid").read_text()) != os.getpid()


def test_a_signal_of_the_layers_own_is_counted_as_its_failure(work):
    said = work(lambda channel: os.kill(os.getpid(), signal.SIGTRAP))
    assert supervisor.supervise(TASK) == 75
    assert said.read_text() == "it was ended by SIGTRAP"


def test_a_signal_from_outside_counts_for_nothing_and_is_reported_as_a_shell_does(work):
    said = work(lambda channel: os.kill(os.getpid(), signal.SIGKILL))
    assert supervisor.supervise(TASK) == 128 + signal.SIGKILL and not said.exists()


def limited(seconds: float | None, code: int | None = None):
    def run(channel: PodChannel) -> int:
        channel.limit(seconds)
        if code is None:
            time.sleep(60)
        return code or 0

    return run


def test_a_child_is_killed_at_its_deadline_and_counted_as_failed(work):
    said = work(limited(0.01))
    assert supervisor.supervise(TASK) == 75
    assert said.read_text() == "it took longer than its timeout"


@pytest.mark.parametrize("seconds", [60.0, None])
def test_a_child_that_ends_before_its_deadline_keeps_its_exit_code(seconds, work):
    said = work(limited(seconds, 70))
    assert supervisor.supervise(TASK) == 70 and not said.exists()


def test_a_signal_to_the_supervisor_is_passed_on_and_handlers_are_restored(work):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    parent = os.getpid()

    def stop(channel: PodChannel) -> int:
        os.kill(parent, signal.SIGTERM)
        time.sleep(60)
        return 0

    work(stop)
    assert supervisor.supervise(TASK) == 128 + signal.SIGTERM
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_child_that_leaves_before_its_work_has_ended_is_counted_as_failed_whatever_its_exit_code(work):
    said = work(lambda channel: os._exit(0))
    assert supervisor.supervise(TASK) == 75
    assert said.read_text() == "its process ended with exit code 0 before the layer did, as by os._exit(0)"


def test_what_a_child_prints_passes_through_at_once_and_leaves_no_pipe_open(work, capfd):
    before = set(os.listdir("/proc/self/fd"))

    def speak(channel: PodChannel) -> int:
        os.write(1, b"out\n" * 50_000)
        os.write(2, b"err\n")
        if os.fork() == 0:  # it keeps the pipes open for longer than its parent lives
            time.sleep(2)
            os._exit(0)
        return 0

    work(speak)
    assert supervisor.supervise(TASK) == 0
    out, err = capfd.readouterr()
    assert (out.count("out\n"), err) == (50_000, "err\n")
    assert set(os.listdir("/proc/self/fd")) == before


def test_the_worker_writes_its_log_and_the_supervisor_opens_no_datastore(work, tmp_path, monkeypatch, capfd):
    from laminar.configurations.datastores import Local
    from laminar.configurations.datastores.documents.log_pieces import load_pieces
    from laminar.worker.pod_history import PodHistory

    store = Local(tmp_path)

    def speak(channel: PodChannel) -> int:
        channel.store(store, [])
        os.write(1, b"said" * 100_000 + b"\n")
        return 0

    def opened(self: PodHistory) -> Local:
        raise AssertionError("the supervisor opens the datastore")

    work(speak)
    monkeypatch.setattr(PodHistory, "store", opened)
    assert supervisor.supervise(TASK) == 0
    assert capfd.readouterr().out == "said" * 100_000 + "\n"
    assert "".join(piece.text for piece in load_pieces(store, "F", "one", "L")) == "said" * 100_000 + "\n"
