"""``laminar logs``: the output of layers, without Argo's lines."""

from __future__ import annotations

import threading

from tests.support.cluster_commands import Pods

ALL = ["Read | Read begins", "Read | Read ends"] + [
    f"Fit[{index}] | Fit {what}" for index in range(3) for what in ("begins", "ends")
]
ALL += ["Best | Best begins", "Best | Best ends"]


def test_lines_stand_behind_their_layer_and_argos_own_are_left_out(shell):
    name = shell.submit()
    shell.ended()
    done = shell("logs", name)
    assert done.code == 0 and sorted(done.out.splitlines()) == sorted(ALL) and "argo" not in done.out
    lines = done.out.splitlines()
    assert lines[:2] == ALL[:2] and lines[-2:] == ALL[-2:]


def test_one_layer_one_split_one_attempt(shell):
    shell.cluster.run_pod = Pods(Fit_1=[75, 0])
    name = shell.submit()
    shell.ended()
    assert shell("logs", name, "Fit", "--index", "1").out.count("Fit[1] | Fit begins") == 2
    assert shell("logs", name, "Fit", "--index", "1", "--attempt", "1").out == "Fit[1] | Fit begins\nFit[1] | Fit ends\n"
    assert shell("logs", name, "--failed").out == "Fit[1] | Fit begins\nFit[1] | Fit ends\n"
    assert shell("logs", name, "Read", "--tail", "2").out == "Read | Read ends\n"


def test_followed_logs_come_while_the_workflow_runs(shell):
    shell.cluster.held = True
    shell.submit()
    threading.Timer(0.2, shell.cluster.release).start()
    done = shell("logs", "latest", "-f")
    assert done.code == 0 and sorted(done.out.splitlines()) == sorted(ALL)


def test_a_stream_that_breaks_repeats_no_line(shell):
    shell.cluster.held = True
    shell.submit()
    shell.server.fault(path="/log", times=2, kind="cut", lines=2)
    threading.Timer(0.2, shell.cluster.release).start()
    done = shell("logs", "latest", "-f")
    assert done.code == 0 and sorted(done.out.splitlines()) == sorted(ALL)


def test_a_pod_that_is_gone_or_waits_is_said_and_no_error(kubernetes):
    kubernetes.cluster.held = True
    name = kubernetes.submit()
    kubernetes.cluster.wait_for(lambda: kubernetes.cluster.pods)
    done = kubernetes("logs", name)
    assert (done.code, done.out, done.err) == (0, "", "Read: attempt 1 has not started: starting\n")
    kubernetes.cluster.release()
    kubernetes.ended()
    kubernetes.cluster.pods.clear()
    done = kubernetes("logs", name, "Read")
    assert (done.code, done.out, done.err) == (0, "", "Read: the pod of attempt 1 is gone, and its log with it\n")


def test_a_layer_that_does_not_exist_is_said_with_those_that_do(shell):
    name = shell.submit()
    done = shell("logs", name, "Fitt")
    assert done.code == 1 and "has no layer 'Fitt'" in done.err and "Read, Fit, Best" in done.err
    assert shell("logs", name, "--index", "1").code == 2
