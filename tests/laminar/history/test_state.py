"""The state of an execution follows from the last state of its session and from the session's lease."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from laminar.configurations.datastores.documents.execution_record import Session
from laminar.history import process_identity, state
from laminar.history.session_keeper import new_session
from laminar.timestamps import now


def session(**fields: object) -> Session:
    return Session(id="s", host="elsewhere", lease="2026-01-01T00:01:00.000Z", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["finished", "failed", "interrupted"])
def test_a_session_that_has_said_how_it_ended_is_believed(said):
    assert state.of_session(session(state=said), "2030-01-01T00:00:00.000Z", alive=lambda _: False) == said


@pytest.mark.parametrize(
    ("moment", "alive", "found"),
    [
        ("2026-01-01T00:00:59.999Z", None, "running"),
        ("2026-01-01T00:01:00.001Z", None, "interrupted"),  # the machine is gone: no one renews the lease
        ("2026-01-01T00:00:01.000Z", False, "interrupted"),  # its own machine knows at once
        ("2026-01-01T09:00:00.000Z", True, "running"),  # the machine slept meanwhile
    ],
)
def test_a_session_that_says_it_runs_is_believed_while_its_lease_or_its_process_is_there(moment, alive, found):
    assert state.of_session(session(), moment, alive=lambda _: alive) == found


def test_this_process_is_there_and_one_that_ended_is_not():
    assert state.of_session(new_session("run"), now(after=3600)) == "running"
    code = "import pickle, sys; from laminar.history.session_keeper import new_session; "
    code += "sys.stdout.buffer.write(pickle.dumps(new_session('run')))"
    import pickle

    ended = pickle.loads(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout)
    assert ended.pid != os.getpid()
    assert state.of_session(ended, now()) == "interrupted"


def test_a_process_with_the_id_of_another_is_not_that_one():
    own = process_identity.this_process()
    assert process_identity.is_there(own.pid, own.birth + "0", booted=own.boot, host=own.host) is False
    assert process_identity.is_there(own.pid, own.birth, booted="before", host=own.host) is None


@pytest.mark.parametrize(
    ("complete", "failed", "lost", "live", "silent", "found"),
    [
        (True, False, False, False, True, "finished"),
        (True, True, True, True, False, "finished"),
        (False, False, False, True, True, "running"),
        (False, True, False, True, False, "running"),
        (False, True, False, False, False, "failed"),
        (False, False, True, False, False, "running"),  # the next attempt may wait for a node
        (False, False, True, False, True, "interrupted"),
        (False, False, False, False, False, "running"),
        (False, False, False, False, True, "unknown"),
    ],
)
def test_the_state_of_pods_is_derived(complete, failed, lost, live, silent, found):
    assert state.of_pods(complete=complete, failed=failed, lost=lost, live=live, silent=silent) == found
