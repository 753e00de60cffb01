"""Run pods as processes of this machine, or as children forked from a process that has everything loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from threading import Lock

from laminar.compiler.rehearsal.confinement import confined, is_possible
from laminar.compiler.rehearsal.pods import Outcome, Pod
from laminar.compiler.rehearsal.site import LocalPod, Site

__all__ = ["Forked", "Processes"]

RUNNER = ("-m", "laminar.runner")


class Processes:
    """Run each pod as a process of its own; its children end with it, and all of them with `close`.

    A pod whose root file system is read-only has it so, where the machine lets us, unless ``confine`` is false.
    """

    def __init__(self, site: Site, *, confine: bool = True) -> None:
        self.site = site
        self.confine = confine
        self.running: set[int] = set()
        self.closed = False
        self.lock = Lock()

    def __call__(self, pod: Pod) -> Outcome:
        """Run a pod to its end."""
        local = self.site.bring(pod)
        argv = local.argv
        if pod.read_only and self.confine and is_possible():
            argv = confined(argv, local.writable)
        began = time.monotonic()
        with local.log.open("wb") as log:
            with self.lock:
                if self.closed:
                    return Outcome(-1, error="the rehearsal has ended")
                process = subprocess.Popen(
                    argv,
                    env=dict(local.env),
                    cwd=local.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self.running.add(process.pid)
            overdue = False
            try:
                process.wait(pod.deadline)
            except subprocess.TimeoutExpired:
                overdue = True
            _kill(process.pid)
            process.wait()
            with self.lock:
                self.running.discard(process.pid)
        return _outcome(local, process.returncode, overdue, time.monotonic() - began)

    def close(self) -> None:
        """End what still runs."""
        with self.lock:
            self.closed = True
            for pid in self.running:
                _kill(pid)


class Forked:
    """Run pods of the runner in children forked from this process, which must have one thread; others as processes.

    A pod takes milliseconds that way, as nothing has to be imported.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.processes = Processes(site)

    def __call__(self, pod: Pod) -> Outcome:
        """Run a pod to its end."""
        local = self.site.bring(pod)
        if local.argv[0] != sys.executable or local.argv[1:3] != RUNNER:
            return self.processes(pod)
        import laminar.runner  # noqa: F401  loaded here, once

        began = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _become(local)
        overdue = False
        deadline = began + pod.deadline if pod.deadline is not None else None
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG if deadline is not None else 0)
            if ended:
                break
            if deadline is not None and time.monotonic() > deadline:
                overdue, deadline = True, None
                _kill(pid)
            time.sleep(0.002)
        _kill(pid)
        return _outcome(local, os.waitstatus_to_exitcode(status), overdue, time.monotonic() - began)


def _become(local: LocalPod) -> None:
    """Turn this forked child into the pod, and leave."""
    code = 1
    try:
        os.setsid()
        log = os.open(local.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        os.environ.clear()
        os.environ.update(local.env)
        os.chdir(local.cwd)
        from laminar import runner

        code = runner.main(list(local.argv[3:]))
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:  # the parent's handlers are not this child's
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _outcome(local: LocalPod, returned: int, overdue: bool, seconds: float) -> Outcome:
    code = returned if returned >= 0 else 128 - returned
    return Outcome(code, local.outputs(), overdue=overdue, log=local.printed(), seconds=seconds)
