"""Load, in a server that is a new process, the program or the flow that its splits need.

Run as ``python -c ... FD`` by the client: a server, or (where the loaded program runs threads) the process of one request.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from laminar.exceptions import ExecutionError, LaminarError
from laminar.local.fork_server import child
from laminar.local.fork_server.fork_safety import unsafe_reason
from laminar.local.fork_server.messages import Load, Request
from laminar.local.fork_server.server import Server
from laminar.program import process_state, program_recording, recording
from laminar.worker import split_job

if TYPE_CHECKING:
    from laminar.components.flow import Flow

__all__ = ["Loaded", "command", "main"]

BOOT = "import sys; sys.path[:] = eval(sys.argv.pop()); from laminar.local.fork_server import loading; loading.main(sys.argv[1:])"


def command(*arguments: str) -> list[str]:
    """Return the command that starts a server or the process of a request, with this process's flags and import path.

    The path is an argument: a variable such as PYTHONPATH would reach the programs that layers start.
    """
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [sys.executable, *flags, "-c", BOOT, *arguments, repr(list(sys.path))]


class Loaded:
    """Hold the program that a server loaded, and the flows of its requests."""

    def __init__(self, message: Load) -> None:
        self.message = message
        self.path = list(sys.path)
        self.environment = dict(os.environ)
        self.flows: dict[str, Flow] = {}
        self.recording = recording.Recording()
        self.is_spawning = False

    def load(self, then: Callable[[tuple[str, Any]], NoReturn] | None = None) -> tuple[str, Any]:
        """Load, and return the message about it: whether the flow is there, or the error.

        Where a program calls the flow, the message is passed to ``then`` instead, which continues from there.
        """
        try:
            self._load(then)
        except LaminarError as error:
            return "failed", child.pickled(error)
        return self._ready()

    def _ready(self) -> tuple[str, Any]:
        self.is_spawning = unsafe_reason() is not None or threading.active_count() > 1
        return "ready", self._is_known(self.message.name)

    def _load(self, then: Callable[[tuple[str, Any]], NoReturn] | None) -> None:
        def go_on(recorded: recording.Recording) -> NoReturn:
            faulthandler.cancel_dump_traceback_later()
            self.recording = recorded
            if recorded.last is not None and recorded.last.flow.name == self.message.name:
                self.flows[self.message.name] = recorded.last.flow  # of several flow objects of one name
            assert then is not None
            then(self._ready())

        if self.message.folder is not None:
            os.chdir(self.message.folder)
        if self.message.program is not None:
            target = recording.Target(self.message.name, before=self.message.before)
            with _limited(self.message.seconds):
                self.recording = program_recording.record(
                    self.message.program, target=target, then=go_on if then is not None else None
                )
        else:
            from laminar.program import pickle_by_value

            sys.path[:] = self.message.path
            flow = pickle_by_value.loads(self.message.flow)
            self.flows[flow.name] = flow

    def _is_known(self, name: str) -> bool:
        return name in self.flows or self.recording.find(name) is not None or self._class(name) is not None

    def _class(self, name: str) -> Any:
        return next((cls for cls in self.recording.classes if cls.__name__ == name), None)

    def flow(self, request: Request) -> Flow:
        """Return the flow that a request is of: recorded, pickled, or made of its class where a read ended the recording before."""
        name = request.jobs[0].flow
        flow = self.flows.get(name) or self.recording.find(name)
        if flow is None:
            cls = self._class(name)
            if cls is None:
                raise ExecutionError(
                    f"The program does not define flow {name!r} when it is executed again.",
                    fix="define it at the top of the file, above the first read of a result.",
                )
            flow = cls(datastore=pickle.loads(request.datastore))
        self.flows[name] = flow
        split_job.reroot(flow, request.url)
        return flow

    def spawn(self, request: Request, result: int, out: int, err: int) -> int:
        """Start a process that loads the program again for one request."""
        with tempfile.TemporaryFile() as task:
            pickle.dump((self.message, request), task)
            task.flush()
            task.seek(0)
            os.set_inheritable(result, True)
            redirect = [(os.POSIX_SPAWN_DUP2, end, place) for place, end in enumerate((task.fileno(), out, err))]
            words = command("--request", str(result))
            words[-1] = repr(self.path)
            return os.posix_spawn(sys.executable, words, self.environment, file_actions=redirect, setpgroup=0)


_trace = 2
"""Descriptor that a program's stack is written to when loading takes too long."""


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Write the stack and end this process where loading takes too long: it waits for input that will never arrive."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=_trace)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def main(arguments: list[str]) -> None:
    """Serve on the socket whose descriptor is the first argument, or run the one request that standard input names.

    The second argument is the concurrency, the third the descriptor that a stack is written to.
    """
    process_state.work()
    child.prepare_death()
    if arguments[0] == "--request":
        child.die_with_parent()
        _run_request(int(arguments[1]))
    global _trace
    _trace = int(arguments[2])
    for number in (0, 2):
        os.set_inheritable(int(arguments[number]), False)
    server = Server(socket.socket(fileno=int(arguments[0])), int(arguments[1]), load=Loaded)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()
    os._exit(0)


def _run_request(result: int) -> None:
    os.set_inheritable(result, False)
    message, request = pickle.load(sys.stdin.buffer)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    loaded = Loaded(message)

    def run(answer: tuple[str, Any]) -> NoReturn:
        assert answer[0] == "ready", "the server has loaded it before"
        child.become(loaded.flow(request), request.jobs, result, reseed=False)

    run(loaded.load(run))
