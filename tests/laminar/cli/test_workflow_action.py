"""stop, terminate, suspend, resume, retry, resubmit, delete and list, which act on runs and on what is deployed."""

from __future__ import annotations

import pytest

from tests.support.cluster_commands import Pods


@pytest.mark.parametrize(
    ("verb", "message"), [("stop", "Stopped with strategy 'Stop'"), ("terminate", "Stopped with strategy 'Terminate'")]
)
def test_a_run_is_ended(shell, verb, message):
    shell.cluster.held = True
    name = shell.submit()
    assert shell(verb, name).code == 0
    assert shell.ended() == "Failed" and shell.cluster.workflow()["status"]["message"] == message
    done = shell(verb, name)
    assert done.code == 1 and f"has ended (Failed): there is nothing to {verb}" in done.err


def test_a_suspended_run_is_resumed_and_a_suspended_one_stopped(shell):
    shell.cluster.held = True
    first, second = shell.submit(), shell.submit()
    assert shell("suspend", first, second).out.count("is suspended: laminar resume") == 2
    assert shell("status", first).out.startswith(f"{first}: suspended")
    shell.cluster.release()
    assert shell("resume", first).code == 0 and shell("stop", second).code == 0
    assert (shell.ended(first), shell.ended(second)) == ("Succeeded", "Failed")


def test_retry_runs_what_failed_and_resubmit_all_of_it(shell):
    pods = shell.cluster.run_pod = Pods(Fit_1=[70])
    name = shell.submit()
    shell.ended()
    pods.codes, pods.ran = {}, []
    assert shell("retry", "latest").out == f"{name} runs again: laminar watch {name} follows it\n"
    shell.cluster.wait_for(lambda: shell.cluster.phase() == "Succeeded")
    assert sorted(pods.ran) == ["Best", "Fit[1]"]
    pods.ran = []
    done = shell("resubmit", name)
    again = done.out.split()[0]
    assert again != name and done.out == f"{again} started, a copy of {name}\n"
    assert shell.ended(again) == "Succeeded" and len(pods.ran) == 5


def test_resume_with_a_program_finishes_under_the_old_execution(shell):
    shell.cluster.run_pod = Pods(Fit=[70])
    name = shell.submit()
    shell.ended()
    done = shell("resume", name)
    assert done.code == 1 and f"laminar resume {name} PROGRAM" in done.err
    uid = shell.cluster.workflow()["metadata"]["uid"]
    shell.cluster.run_pod = Pods()
    done = shell("resume", name, "train.py", "--datastore", "s3://b/p", "-o", "name")
    assert done.code == 0, done.err
    assert "Layers that have finished get a pod too, which ends at once." in done.err  # the datastore cannot be read from here
    again = shell.cluster.workflow(done.out.strip())
    assert again["metadata"]["labels"]["laminar/resumed-from"] == name
    assert shell("status", done.out.strip()).out.splitlines()[1] == f"  execution {uid}"
    env = {one["name"]: one["value"] for one in again["spec"]["templates"][-1]["container"]["env"]}
    assert (env["LAMINAR_EXECUTION_ID"], env["LAMINAR_EXECUTION_RETRY"]) == (uid, "True")


def test_schedules_are_listed_suspended_resumed_and_deleted(shell):
    cron = {
        "metadata": {"name": "nightly", "labels": {"laminar/flow": "Train"}},
        "spec": {"schedules": ["0 4 * * *"], "workflowSpec": {}},
    }
    shell.cluster.create("CronWorkflow", "argo", cron)
    assert shell("suspend", "cron/nightly").out == "cron/nightly is suspended: laminar resume cron/nightly goes on\n"
    assert shell("list", "cron").out.splitlines()[1].split("\t")[:5] == ["nightly", "Train", "0 4 * * *", "suspended", "never"]
    assert shell("resume", "cron/nightly").code == 0
    assert shell("list", "cron").out.splitlines()[1].split("\t")[3] == "on"
    assert shell("delete", "cron/nightly").code == 0
    done = shell("list", "cron")
    assert done.out == "" and "no crons" in done.err


def test_runs_are_listed_by_flow_and_state(shell):
    name = shell.submit()
    shell.ended()
    header, row = shell("list", "--flow", "Train", "--state", "succeeded").out.splitlines()
    assert header.split("\t") == ["name", "flow", "phase", "pods", "age", "took", "execution"]
    assert row.split("\t")[:4] == [name, "Train", "Succeeded", "5/5"]
    assert shell("list", "--flow", "Other").out == ""


def test_delete_takes_whole_names_only(shell):
    name = shell.submit()
    shell.ended()
    assert shell("delete", "latest").code == 1 and shell("delete", name[:8]).code == 1
    assert shell.cluster.workflows == [name]
    assert shell("delete", name).out == f"{name} is deleted\n"
    assert shell.cluster.workflows == []


def test_of_several_runs_those_that_fit_are_done_and_the_others_said(shell):
    shell.cluster.held = True
    name = shell.submit()
    done = shell("stop", "gone", name, "lost")
    assert done.code == 1 and name in done.out and done.err.count("ClusterError") == 2


@pytest.mark.parametrize("words", [("suspend", "template/x"), ("resume", "template/x"), ("delete", "thing/x")])
def test_what_has_no_schedule_is_not_steered(shell, words):
    assert shell(*words).code in (1, 2)
