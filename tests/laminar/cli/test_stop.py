"""``laminar stop`` ends a run whose pods may finish their work."""

from __future__ import annotations


def test_a_run_is_stopped_once(shell):
    shell.cluster.held = True
    name = shell.submit()
    assert shell("stop", name).code == 0
    assert shell.ended() == "Failed" and shell.cluster.workflow()["status"]["message"] == "Stopped with strategy 'Stop'"
    done = shell("stop", name)
    assert done.code == 1 and "has ended (Failed): there is nothing to stop" in done.err
