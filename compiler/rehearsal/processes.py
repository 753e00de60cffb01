"""Run pods as processes of this machine, or as children forked from a process that has their modules loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from laminar.compiler.rehearsal.confinement import Confinement, is_possible
from laminar.compiler.rehearsal.memory_limit import MemoryLimit, limited
from laminar.compiler.rehearsal.pods import Outcome, Pod
from laminar.compiler.rehearsal.site import LocalPod, Site

__all__ = ["Forked", "Processes"]

RUNNER = ("-m", "laminar.runner")
JOIN = 'echo $$ > "$0" && exec "$@"'
KILLED = 128 + signal.SIGKILL


class Processes:
    """Run each pod as a separate process; its children end with it, and all of them with `close`.

    Where the machine allows it, and unless ``confine`` is false, volumes are at their paths, a read-only root file system is
    read-only, and a pod that passes its memory limit is killed.
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
        if (pod.read_only or local.binds) and self.confine and is_possible():
            argv = Confinement(local.log.parent, pod.read_only, local.writable, local.binds).command(argv)
        with _limit(pod.memory if self.confine else None) as limit:
            if limit is not None:
                argv = ("sh", "-c", JOIN, str(limit.procs), *argv)
            began = time.monotonic()
            process = self._started(argv, local)
            if process is None:
                return Outcome(-1, error="the rehearsal has ended")
            overdue = False
            try:
                process.wait(pod.deadline)
            except subprocess.TimeoutExpired:
                overdue = True
            _kill(process.pid)
            process.wait()
            with self.lock:
                self.running.discard(process.pid)
            return _outcome(local, process.returncode, overdue, time.monotonic() - began, limit)

    def _started(self, argv: tuple[str, ...], local: LocalPod) -> subprocess.Popen[bytes] | None:
        with local.log.open("wb") as log, self.lock:
            if self.closed:
                return None
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
            return process

    def close(self) -> None:
        """End the running processes."""
        with self.lock:
            self.closed = True
            for pid in self.running:
                _kill(pid)


class Forked:
    """Run pods of the runner in children forked from this process, which must have one thread; others as processes.

    A pod takes milliseconds that way, as nothing has to be imported.
    """

    def __init__(self, site: Site, *, limit_memory: bool = False) -> None:
        self.site = site
        self.limit_memory = limit_memory
        self.processes = Processes(site)

    def __call__(self, pod: Pod) -> Outcome:
        """Run a pod to its end."""
        local = self.site.bring(pod)
        if local.argv[0] != sys.executable or local.argv[1:3] != RUNNER:
            return self.processes(pod)
        import laminar.runner  # noqa: F401  loaded here, once

        with _limit(pod.memory if self.limit_memory else None) as limit:
            began = time.monotonic()
            sys.stdout.flush()
            sys.stderr.flush()
            pid = os.fork()
            if pid == 0:
                _become(local, limit.procs if limit is not None else None)
            status, overdue = _waited(pid, began + pod.deadline if pod.deadline is not None else None)
            _kill(pid)
            return _outcome(local, status, overdue, time.monotonic() - began, limit)


def _waited(pid: int, deadline: float | None) -> tuple[int, bool]:
    """Wait for a child; return its exit code and whether the deadline passed, at which it is killed."""
    overdue = False
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG if deadline is not None else 0)
        if ended:
            return os.waitstatus_to_exitcode(status), overdue
        if deadline is not None and time.monotonic() > deadline:
            overdue, deadline = True, None
            _kill(pid)
        time.sleep(0.002)


def _become(local: LocalPod, procs: Path | None) -> None:
    """Turn this forked child into the pod, and exit."""
    code = 1
    try:
        os.setsid()
        if procs is not None:
            procs.write_text(str(os.getpid()), encoding="utf-8")
        log = os.open(local.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        os.environ.clear()
        os.environ.update(local.env)
        os.chdir(local.cwd)
        from laminar import runner
        from laminar.program import interpreter_exit

        interpreter_exit.disown()  # the pod ends as Python does: exit functions of this process are not the pod's
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


@contextmanager
def _limit(size: int | None) -> Iterator[MemoryLimit | None]:
    limit = limited(size) if size is not None else None
    try:
        yield limit
    finally:
        if limit is not None:
            limit.remove()


def _outcome(local: LocalPod, returned: int, overdue: bool, seconds: float, limit: MemoryLimit | None) -> Outcome:
    code = returned if returned >= 0 else 128 - returned
    oom = code != 0 and limit is not None and limit.was_passed()
    code = KILLED if oom else code
    return Outcome(code, local.outputs(), overdue=overdue, oom=oom, log=local.printed(), seconds=seconds)
