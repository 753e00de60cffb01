"""Test functions that run in a thread of their own."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from laminar.configurations.datastores.background_call import BackgroundCall


def test_what_a_thread_raises_is_raised_where_it_is_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        BackgroundCall(lambda: 1 // 0).result()


def test_a_call_is_running_until_it_has_returned() -> None:
    gate = threading.Event()
    call = BackgroundCall(gate.wait)
    assert (call.running, call.succeeded) == (True, False)
    gate.set()
    assert call.result() is True
    assert (call.running, call.succeeded) == (False, True)
    assert call.result() is True, "the result can be asked for again"


def test_a_process_that_ends_does_not_wait() -> None:
    program = (
        "import threading; from laminar.configurations.datastores.background_call import BackgroundCall;"
        "BackgroundCall(threading.Event().wait)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=30).returncode == 0
