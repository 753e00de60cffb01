"""``laminar watch``: it follows a workflow to its end, whatever the server does meanwhile."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading

import pytest

from laminar.compiler.rehearsal import Outcome
from tests.support.cluster_commands import Pods


def test_piped_output_is_a_line_for_each_change(shell):
    shell.cluster.run_pod = Pods(Fit_1=[Outcome(137, error="main: OOMKilled (exit code 137)"), 0])
    shell.cluster.held = True
    name = shell.submit()
    threading.Timer(0.2, shell.cluster.release).start()
    done = shell("watch", "latest")
    lines = done.out.splitlines()
    assert done.code == 0, done.err
    assert lines[0].startswith(f"{name}: running, execution ")
    assert "  Fit[1] failed at attempt 1: out of memory (OOMKilled)" in lines
    assert any(line.startswith("  Fit succeeded (3 splits)") for line in lines)
    assert lines[-1].startswith(f"{name}: succeeded")


def test_a_failure_exits_1_with_its_cause(shell):
    shell.cluster.run_pod = Pods(Fit_2=[70])
    name = shell.submit()
    done = shell("watch", name)
    assert done.code == 1
    assert "  Fit[2] failed at attempt 1: failed for good (exit code 70)" in done.out
    assert "  Best not run: something above failed" in done.out


BREAKS = [
    {"kind": "cut", "lines": 1},
    {"kind": "drop"},
    {"status": 503},
    {"status": 500},
    {"kind": "cut", "lines": 0},
]


@pytest.mark.parametrize("fault", BREAKS)
def test_a_watch_that_breaks_goes_on(shell, fault):
    shell.cluster.held = True
    name = shell.submit()
    shell.server.fault(method="GET", path="workflow-events|workflows$", times=2, **fault)
    threading.Timer(0.3, shell.cluster.release).start()
    assert shell("watch", name).code == 0


def test_a_server_that_is_gone_in_the_middle_is_waited_for(shell):
    shell.cluster.held = True
    name = shell.submit()
    shell.server.fault(method="GET", path="workflow-events|workflows$", kind="cut", lines=1)
    shell.server.fault(path=name, times=20, kind="drop")
    threading.Timer(0.3, shell.cluster.release).start()
    # the first look is by name, before the server goes
    shell.server.faults[-1].times = 0
    threading.Timer(0.05, lambda: setattr(shell.server.faults[-1], "times", 12)).start()
    done = shell("watch", name)
    assert done.code == 0, done.err


def test_a_version_that_is_too_old_starts_the_watch_anew(shell):
    shell.cluster.held = True
    shell.submit()
    shell.cluster.oldest = shell.cluster.version + 1
    threading.Timer(0.2, lambda: setattr(shell.cluster, "oldest", 0)).start()
    threading.Timer(0.4, shell.cluster.release).start()
    assert shell("watch", "latest").code == 0


def test_a_server_that_stays_away_ends_the_watch(shell, monkeypatch):
    from laminar.compiler.cluster import follower

    monkeypatch.setattr(follower, "PATIENCE", 0.2)
    shell.cluster.held = True
    name = shell.submit()
    shell.server.fault(method="GET", path="workflow-events|watch|workflows$", times=999, kind="drop")
    shell.server.fault(method="GET", path=name, times=0, kind="drop")
    threading.Timer(0.2, lambda: setattr(shell.server.faults[-1], "times", 999)).start()
    done = shell("watch", name)
    assert done.code == 69 and "cannot be reached" in done.err


def test_a_workflow_that_is_deleted_ends_the_watch(shell):
    shell.cluster.held = True
    name = shell.submit()
    threading.Timer(0.2, lambda: shell.cluster.delete("Workflow", "argo", name)).start()
    done = shell("watch", name)
    assert done.code == 1 and ("was deleted" in done.err or "not found" in done.err)


def test_a_clock_that_is_behind_gives_no_negative_times(shell):
    shell.cluster.skew = -7200.0
    shell.submit()
    done = shell("watch", "latest")
    assert done.code == 0 and "-" not in done.out.splitlines()[-1].partition(":")[2]


def test_ctrl_c_detaches_and_says_so(shell):
    shell.cluster.held = True
    name = shell.submit()
    process = subprocess.Popen(
        [sys.executable, "-m", "laminar", "watch", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=shell.folder,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err == f"detached: {name} continues (laminar watch {name} follows it again, laminar stop {name} ends it)\n"
    assert shell.cluster.phase() == "Running"


def test_reasons_of_pods_that_wait_are_said(kubernetes):
    kubernetes.cluster.held = True
    kubernetes.submit()
    kubernetes.cluster.wait_for(lambda: kubernetes.cluster.pods)
    for pod in kubernetes.cluster.pods.values():
        message = "0/3 nodes are available: 3 Insufficient memory."
        pod["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    threading.Timer(0.3, kubernetes.cluster.release).start()
    done = kubernetes("watch", "latest")
    assert done.code == 0 and "  Read waits: no node fits: 0/3 nodes are available: 3 Insufficient memory" in done.out


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}])
def test_a_terminal_shows_a_live_tree_within_its_width(kubernetes, variables):
    kubernetes.cluster.held = True
    name = kubernetes.submit()
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    env = {**os.environ, "TERM": "xterm", **variables}
    process = subprocess.Popen(
        [sys.executable, "-m", "laminar", "watch", name], stdout=slave, stderr=slave, env=env, cwd=kubernetes.folder
    )
    os.close(slave)
    shown = b""
    while chunk := _read(master):
        shown += chunk
        if b"running" in shown:  # it is drawn while the workflow runs
            kubernetes.cluster.release()
    os.close(master)
    assert process.wait(20) == 0
    assert (b"\x1b[3" in shown) == (not variables)
    end = shown.decode().rpartition(f"{name}: succeeded")[2]
    assert (
        "Fit" in end
        and "[##########] 3/3" in end
        and max(len(line) for line in end.splitlines()) <= 60 + len("\x1b[32m\x1b[0m") * 2
    )


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux: the other end is closed
        return b""


def test_a_run_of_this_machine_is_followed_by_its_documents(shell):
    assert shell("run", "train.py", "--execution", "mine").code == 0
    done = shell("watch", "train.py")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[:3] == ["  Read finished", "  Fit finished (3/3 splits)", "  Best finished"]
    assert lines[3].startswith("Train mine: finished after ")
    assert "Fit[1] | " not in shell("watch", "mine", "--logs").out


def test_latest_is_the_newest_here_and_on_the_cluster(shell):
    shell.cluster.skew = -100.0
    old = shell.submit()
    shell.ended(old)
    assert shell("run", "train.py", "--execution", "mine").code == 0
    assert "Train mine: finished" in shell("watch", "latest").out
    shell.cluster.skew = 100.0
    new = shell.submit()
    shell.ended(new)
    assert f"{new}: succeeded" in shell("watch", "latest").out
    assert f"{old}: succeeded" in shell("watch", old).out


def test_words_that_fit_nothing_say_both_places(shell):
    assert shell("run", "train.py", "--execution", "mine").code == 0
    done = shell("watch", "gone")
    assert done.code == 1 and ".laminar" in done.err and "Nor is it on a cluster: " in done.err
