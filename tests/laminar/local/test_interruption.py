"""Signals that end a run: its processes are stopped, and its user is shown how to resume it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from laminar import Flow, Layer
from laminar.local import interruption, resume_command
from laminar.local.interruption import Terminated, reported
from laminar.program import uncaught_error


class Train(Flow): ...


@Train.register
class A(Layer): ...


@pytest.fixture
def execution(monkeypatch):
    monkeypatch.setattr(resume_command, "advice", lambda execution: f"resume with: {execution.id}")
    return Train().execution("one")


@pytest.fixture
def killed(monkeypatch):
    """Return the signals that this process would have sent to itself."""
    sent: list[int] = []
    monkeypatch.setattr(interruption.os, "kill", lambda pid, number: sent.append(number))
    return sent


def test_a_run_is_left_by_an_exception_and_the_process_ends_by_the_signal(execution, killed, capsys):
    left = []

    def run() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            left.append(signal.getsignal(signal.SIGTERM))

    with pytest.raises(Terminated), reported(execution):
        run()
    assert left == [signal.SIG_DFL]  # a second signal does not wait for the end of the first
    assert killed == [signal.SIGTERM]
    assert capsys.readouterr().err == "terminated by SIGTERM; resume with: one\n"


def test_an_interrupt_goes_on_and_carries_the_advice(execution, killed, capsys):
    with pytest.raises(KeyboardInterrupt) as raised, reported(execution):
        signal.raise_signal(signal.SIGINT)
    assert uncaught_error.notes(raised.value) == ["resume with: one"]
    assert (killed, capsys.readouterr().err) == ([], "")


def test_handlers_are_there_during_a_run_only_and_those_of_the_program_stay(execution):
    own = lambda *given: None  # noqa: E731
    before = signal.signal(signal.SIGHUP, own)
    try:
        with reported(execution):
            assert signal.getsignal(signal.SIGHUP) is own
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_run_in_a_thread_has_none(execution):
    seen = []

    def run() -> None:
        with reported(execution):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


def test_a_forked_process_ends_at_once(execution):
    with reported(execution):
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        status = os.waitpid(pid, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGTERM


def test_a_program_that_is_started_by_a_layer_ends_by_the_signal(execution):
    with reported(execution):
        code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
        assert subprocess.run([sys.executable, "-S", "-c", code], check=False).returncode == -signal.SIGTERM
