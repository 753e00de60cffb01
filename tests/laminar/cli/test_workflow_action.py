"""Common behaviour of the commands that act on runs: several at a time, and deployed objects."""

from __future__ import annotations

import pytest

from tests.support.cluster_commands import Pods


def test_of_several_runs_those_that_fit_are_done_and_the_others_said(shell):
    shell.cluster.held = True
    name = shell.submit()
    done = shell("stop", "gone", name, "lost")
    assert done.code == 1 and name in done.out and done.err.count("ClusterError") == 2


@pytest.mark.parametrize("words", [("suspend", "template/x"), ("resume", "template/x"), ("delete", "thing/x")])
def test_what_has_no_schedule_is_not_steered(shell, words):
    assert shell(*words).code in (1, 2)


def test_retry_runs_what_failed(shell):
    pods = shell.cluster.run_pod = Pods(Fit_1=[70])
    name = shell.submit()
    shell.ended()
    pods.codes, pods.ran = {}, []
    assert shell("retry", "latest").out == f"{name} runs again: laminar watch {name} follows it\n"
    shell.cluster.wait_for(lambda: shell.cluster.phase() == "Succeeded")
    assert sorted(pods.ran) == ["Best", "Fit[1]"]
