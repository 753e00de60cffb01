"""``laminar resubmit`` runs a workflow once more, as a new one."""

from __future__ import annotations

from tests.support.cluster_commands import Pods


def test_a_copy_of_a_workflow_runs_all_of_it(shell):
    pods = shell.cluster.run_pod = Pods()
    name = shell.submit()
    shell.ended()
    pods.ran = []
    done = shell("resubmit", name)
    again = done.out.split()[0]
    assert again != name and done.out == f"{again} started, a copy of {name}\n"
    assert shell.ended(again) == "Succeeded" and len(pods.ran) == 5
