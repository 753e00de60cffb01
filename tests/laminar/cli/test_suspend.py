"""``laminar suspend`` and ``laminar resume`` hold runs and schedules."""

from __future__ import annotations


def test_a_suspended_run_is_resumed_and_a_suspended_one_stopped(shell):
    shell.cluster.held = True
    first, second = shell.submit(), shell.submit()
    assert shell("suspend", first, second).out.count("is suspended: laminar resume") == 2
    assert shell("status", first).out.startswith(f"{first}: suspended")
    shell.cluster.release()
    assert shell("resume", first).code == 0 and shell("stop", second).code == 0
    assert (shell.ended(first), shell.ended(second)) == ("Succeeded", "Failed")


def test_schedules_are_listed_suspended_resumed_and_deleted(shell):
    cron = {
        "metadata": {"name": "nightly", "labels": {"laminar/flow": "Train"}},
        "spec": {"schedules": ["0 4 * * *"], "workflowSpec": {}},
    }
    shell.cluster.create("CronWorkflow", "argo", cron)
    assert shell("suspend", "cron/nightly").out == "cron/nightly is suspended: laminar resume cron/nightly continues it\n"
    assert shell("list", "cron").out.splitlines()[1].split("\t")[:5] == ["nightly", "Train", "0 4 * * *", "suspended", "never"]
    assert shell("resume", "cron/nightly").code == 0
    assert shell("list", "cron").out.splitlines()[1].split("\t")[3] == "on"
    assert shell("delete", "cron/nightly").code == 0
    done = shell("list", "cron")
    assert done.out == "" and "no crons" in done.err
