"""``laminar terminate`` ends a run at once."""

from __future__ import annotations


def test_a_run_is_terminated_once(shell):
    shell.cluster.held = True
    name = shell.submit()
    assert shell("terminate", name).code == 0
    assert shell.ended() == "Failed" and shell.cluster.workflow()["status"]["message"] == "Stopped with strategy 'Terminate'"
    done = shell("terminate", name)
    assert done.code == 1 and "has ended (Failed): there is nothing to terminate" in done.err
