"""A process is put back as it was."""

from __future__ import annotations

import os
import signal
import sys
import threading

import pytest

from laminar.program.process_snapshot import preserved


@pytest.fixture
def timer():
    """Take the process's timer, which limits the tests, and start it again afterwards."""
    handler, before = signal.getsignal(signal.SIGALRM), signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *before)


def test_environment_folder_and_hooks_are_restored_after_an_error_too(tmp_path, monkeypatch):
    monkeypatch.setenv("KEPT", "1")
    monkeypatch.setenv("REMOVED", "2")
    before = dict(os.environ), os.getcwd(), sys.excepthook, sys.displayhook, sys.breakpointhook, threading.excepthook

    def change() -> None:
        with preserved():
            os.environ.update(KEPT="other", ADDED="3")
            del os.environ["REMOVED"]
            os.chdir(tmp_path)
            sys.excepthook = sys.displayhook = sys.breakpointhook = threading.excepthook = lambda *_: None
            raise KeyError

    with pytest.raises(KeyError):
        change()
    assert before == (
        dict(os.environ),
        os.getcwd(),
        sys.excepthook,
        sys.displayhook,
        sys.breakpointhook,
        threading.excepthook,
    )


def test_handlers_of_signals_are_restored_and_a_timer_is_stopped(timer):
    before = signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGALRM)
    with preserved():
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 3600)
    assert (signal.getsignal(signal.SIGUSR1), signal.getsignal(signal.SIGALRM)) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_timer_that_ran_before_goes_on(timer):
    signal.setitimer(signal.ITIMER_REAL, 3600)
    with preserved():
        pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0


def test_a_folder_that_was_removed_meanwhile_is_passed_over(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    with preserved():
        os.chdir(tmp_path)
        gone.rmdir()


def test_outside_the_main_thread_handlers_are_left_alone():
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with preserved():
                os.environ["ADDED_IN_A_THREAD"] = "1"
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failed == [] and "ADDED_IN_A_THREAD" not in os.environ
