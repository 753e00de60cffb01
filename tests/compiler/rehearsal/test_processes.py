"""Pods as processes of this machine: commands, folders, variables, output files, ends."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from laminar.compiler.rehearsal import Outcome
from laminar.compiler.rehearsal.processes import Forked, Processes
from tests.support.local_pods import is_gone, python, site


def test_python_is_this_one_and_what_is_printed_is_kept(tmp_path):
    outcome = Processes(site(tmp_path))(python("import sys; print(sys.executable); print('err', file=sys.stderr)"))
    assert (outcome.code, outcome.log.split()) == (0, [sys.executable, "err"])


@pytest.mark.parametrize("code", [1, 70, 75, 78])
def test_an_exit_code_is_the_pods(tmp_path, code):
    assert Processes(site(tmp_path))(python(f"raise SystemExit({code})")).code == code


@pytest.mark.parametrize(("name", "code"), [("SIGKILL", 137), ("SIGSEGV", 139), ("SIGTERM", 143)])
def test_a_signal_is_128_and_its_number(tmp_path, name, code):
    assert Processes(site(tmp_path))(python(f"import os, signal; os.kill(os.getpid(), signal.{name})")).code == code


def test_output_files_are_read_from_a_folder_of_the_pods_own(tmp_path):
    code = "import os, sys; os.makedirs(sys.argv[1]); open(sys.argv[1] + '/x', 'w').write('v')"
    pod = python(code, "/tmp/laminar", paths={"x": "/tmp/laminar/x", "y": "/tmp/laminar/y"})
    outcome = Processes(site(tmp_path))(pod)
    assert outcome.files == {"x": "v"}, outcome.log
    assert (tmp_path / "scratch/pods/w.A_0_/volumes/scratch/laminar/x").read_text() == "v"


@pytest.mark.parametrize("runner", [Processes, Forked])
def test_a_pod_is_killed_with_its_children_when_its_deadline_passes(tmp_path, runner):
    code = "import subprocess, sys; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    began = time.monotonic()
    outcome = runner(site(tmp_path))(python(code, deadline=0.5))
    assert outcome.overdue
    assert time.monotonic() - began < 10
    assert is_gone(int(outcome.log))


def test_children_that_outlive_a_pod_are_killed(tmp_path):
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    assert is_gone(int(Processes(site(tmp_path))(python(code)).log))


def test_close_ends_what_still_runs(tmp_path):
    processes = Processes(site(tmp_path))
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(processes(python("import time; time.sleep(60)"))))
    thread.start()
    while not processes.running:
        time.sleep(0.01)
    processes.close()
    thread.join(10)
    assert outcomes[0].code == 128 + signal.SIGKILL
    assert processes(python("")).error == "the rehearsal has ended"
