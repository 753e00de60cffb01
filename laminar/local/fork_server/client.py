"""Talk to a fork server (`laminar.local.fork_server.server`): start it, send it splits, take their output and their ends."""

from __future__ import annotations

import atexit
import base64
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from laminar.configurations.executors.base import SplitKilled
from laminar.exceptions import ExecutionError, LaminarError
from laminar.local import display
from laminar.local.fork_server import protocol
from laminar.program import main_module
from laminar.worker import split, split_job
from laminar.worker.job import Job, signal_name

if TYPE_CHECKING:
    import asyncio

    from laminar.components.flow import Flow
    from laminar.components.layer import Layer

__all__ = ["Server", "is_of", "outcome", "serve", "serve_flow"]


class Server:
    """The near side of a fork server (`laminar.local.fork_server.server`)."""

    def __init__(self, load: dict[str, Any]) -> None:
        """Start a server that loads a program or a flow; it answers when it has."""
        near, far = socket.socketpair()
        near.setblocking(False)
        self.connection = near
        self.lines = protocol.Lines()
        self.waiting: dict[int, Callable[[dict[str, Any]], None]] = {}
        self.shown: dict[int, Layer] = {}
        self.pids: dict[int, int] = {}
        self.summary: dict[str, Any] | None = None
        self.failed: LaminarError | None = None
        self.ready: asyncio.Future[None] | None = None
        self.numbers = 0
        self.owner = os.getpid()
        flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
        self.process = subprocess.Popen(
            [sys.executable, *flags, "-m", "laminar.local.fork_server.server", str(far.fileno())],
            pass_fds=[far.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        far.close()
        self.load = load
        self._send({"load": load})

    def _send(self, message: dict[str, Any]) -> None:
        self.connection.setblocking(True)
        try:
            self.connection.sendall(protocol.encode(message))
        finally:
            self.connection.setblocking(False)

    def run(self, job: Job, layer: Layer, timeout: float | None, end: Callable[[dict[str, Any]], None]) -> int:
        """Ask for a job; ``end`` is called with its last message. Returns the job's number."""
        self.numbers += 1
        self.waiting[self.numbers] = end
        self.shown[self.numbers] = layer
        datastore = layer.flow.configuration.datastore
        request: dict[str, Any] = {"run": job.__dict__, "number": self.numbers, "timeout": timeout, "url": datastore.url}
        if not any(job.flow in chain["flows"] for chain in (self.summary or {}).get("chains", ())):
            request["datastore"] = base64.b64encode(pickle.dumps(datastore)).decode()
        self._send(request)
        return self.numbers

    def knows(self, flow: Flow) -> bool:
        """Say whether the loaded program has a flow, or its class."""
        summary = self.summary or {}
        recorded = [name for chain in summary.get("chains", ()) for name in chain["flows"]]
        return "flow" in self.load or flow.name in [*recorded, *summary.get("classes", ())]

    def cancel(self, number: int) -> None:
        """Kill a job that runs."""
        with contextlib.suppress(OSError):
            self._send({"cancel": number})

    def wait_ready(self) -> None:
        """Block until the program is loaded.

        Raises what the load raised.
        """
        self.connection.setblocking(True)
        try:
            while self.summary is None and self.failed is None:
                self.hear()
        finally:
            with contextlib.suppress(OSError):
                self.connection.setblocking(False)
        if self.failed is not None:
            raise self.failed

    def hear(self) -> None:
        """Take what the server says."""
        try:
            data = self.connection.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        for message in self.lines.feed(data):
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        number = message.get("number")
        if number is None:
            self._loaded(message)
        elif "pid" in message:
            self.pids[number] = message["pid"]
        elif "lines" in message:
            display.current().output(self.shown[number], message["stream"], message["lines"])
        elif number in self.waiting:
            self.pids.pop(number, None)
            self.shown.pop(number, None)
            self.waiting.pop(number)(message)

    def _loaded(self, message: dict[str, Any]) -> None:
        if "error" in message:
            self.failed = pickle.loads(base64.b64decode(message["error"]))
        else:
            self.summary = message["ready"]
            if message["threads"] and sys.platform != "darwin":
                display.current().note(
                    "the program starts threads when it is loaded, so each split loads it anew in a process of its own"
                )
        if self.ready is not None and not self.ready.done():
            self.ready.set_result(None)

    def _lost(self) -> None:
        """End everything when the server is gone, its children included."""
        self.close()
        for pid in self.pids.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        self.pids.clear()
        if self.summary is None and self.failed is None:
            self.failed = ExecutionError(
                "The process that loads the program ended before it was loaded.", fix="see what it printed above."
            )
        waiting, self.waiting = self.waiting, {}
        for end in waiting.values():
            end({"exit": -signal.SIGKILL, "lost": True})
        if self.ready is not None and not self.ready.done():
            self.ready.set_result(None)

    @property
    def is_of_one_run(self) -> bool:
        """Whether it loaded a flow as that was when the run began."""
        return "flow" in self.load

    @property
    def closed(self) -> bool:
        """Whether the server is gone."""
        return self.connection.fileno() < 0

    def close(self) -> None:
        """Let the server go: it stops what still runs, then itself."""
        if self.owner != os.getpid() or self.closed:
            return
        self.connection.close()
        _servers.pop(id(self), None)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_servers: dict[Any, Server] = {}


def serve(program: main_module.Program) -> Server:
    """Return the server of a program, started where there is none yet."""
    if program not in _servers or _servers[program].closed:
        load = {"program": program.path, "args": program.args, "package": program.package, "given": program.given, "path": sys.path}
        _servers[program] = Server(load)
    return _servers[program]


def serve_flow(flow: Flow) -> Server:
    """Start a server for a flow that no program defines: of a notebook, a REPL or a test.

    It serves one run: what the flow's functions refer to may have changed by the next one, as a notebook's globals do.
    """
    from laminar.program import pickle_by_value

    pickled = base64.b64encode(pickle_by_value.dumps(flow)).decode()
    server = Server({"flow": pickled, "path": sys.path})
    _servers[id(server)] = server
    return server


@atexit.register
def _close_all() -> None:
    for server in list(_servers.values()):
        server.close()


def is_of(flow: Flow, program: main_module.Program | None) -> bool:
    """Say whether a flow belongs to the program that this process executes, rather than to what runs it (a test runner, say)."""
    if program is None:
        return False
    main = vars(sys.modules["__main__"])
    classes = {type(flow), *flow.registry.values()}
    return type(flow).__module__ == "__main__" or any(
        value is flow or (isinstance(value, type) and value in classes) for value in list(main.values())
    )


def outcome(layer: Layer, message: dict[str, Any], limit: float | None, *, gate: bool) -> Any:
    """Return a gate's answer, or raise what the last message of a job says went wrong."""
    code = message["exit"]
    if message.get("timed_out"):
        raise split.failed_outside(layer, f"it took longer than its timeout of {limit:g} s")
    if "failure" in message:
        raise protocol.decode_failure(message["failure"])
    if "error" in message:
        raise pickle.loads(base64.b64decode(message["error"]))
    if split_job.is_own_signal(code):
        raise split.failed_outside(layer, f"it was ended by {signal_name(-code)}")
    if code < 0:
        failed = split.failure(layer, f"it was killed by {signal_name(-code)}")
        raise SplitKilled(
            failed.what, **{name: getattr(failed, name) for name in ("execution", "flow", "layer", "index", "attempt")}
        )
    if code != split_job.DONE:
        raise split.failed_outside(layer, f"its process ended with exit code {code}")
    answers = message.get("entries", {})
    if gate and layer.name not in answers:
        raise split.failed_outside(layer, "its process ended without saying whether it may run")
    return answers.get(layer.name, True)
