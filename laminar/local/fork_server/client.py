"""Talk to a fork server (`laminar.local.fork_server.server`): start it, send it requests, read their output and their ends."""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import re
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from laminar.configurations.executors.base import NotStarted, SplitKilled
from laminar.exceptions import ExecutionError, LaminarError
from laminar.local import display
from laminar.local.fork_server import fork_safety, protocol
from laminar.local.fork_server.messages import Answer, Load, Request
from laminar.local.layer_output import pass_on
from laminar.program import call_log, interpreter_exit, main_module, process_state, source_location
from laminar.worker import split
from laminar.worker.job import Job, is_own_signal, signal_name

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer

__all__ = ["Client", "connect", "is_of", "outcome"]

INTERRUPTED = 130
"""Exit code of a process that ends by KeyboardInterrupt, as a shell reports SIGINT: POSIX, Shell Command Language, 2.8.2."""

End = Callable[[int, Any], None]
"""Function that is called with the place of a job in its request, and with its end: an answer, or an exception."""


@dataclass
class Running:
    """A request that the server has."""

    layers: Sequence[Layer]
    limit: float | None
    gate: bool
    end: End
    place: int = 0
    pid: int = 0


class Client:
    """The client of a fork server."""

    def __init__(self, connection: socket.socket, pid: int, *, loads: Load | None = None, trace: IO[bytes] | None = None) -> None:
        self.channel = protocol.Channel(connection)
        self.pid = pid
        self.owner = os.getpid()
        self.loads = loads
        self.trace = trace
        self.running: dict[int, Running] = {}
        self.is_ready = loads is None
        self.knows = True
        self.failed: LaminarError | None = None
        self.numbers = 0
        self.poll = select.poll()
        self.poll.register(self.channel, select.POLLIN)
        if loads is not None:
            self.channel.send(("load", loads))

    @property
    def closed(self) -> bool:
        """Whether the server is gone."""
        return self.channel.fileno() < 0

    def run(self, layers: Sequence[Layer], limit: float | None, end: End) -> int:
        """Request an attempt at each of some splits, one after the other in one process; return the request's number."""
        self.numbers += 1
        jobs = tuple(map(Job.of, layers))
        datastore = layers[0].flow.configuration.datastore
        pickled = pickle.dumps(datastore) if self.loads is not None and self.loads.program is not None else b""
        self.running[self.numbers] = Running(layers, limit, jobs[0].gate, end)
        try:
            self.channel.send(("run", Request(self.numbers, jobs, limit, datastore.url, pickled)))
        except ConnectionError:
            pass  # the server is gone: the next read reports it, and ends its splits
        return self.numbers

    def cancel(self, number: int) -> None:
        """Kill a request that runs."""
        if not self.closed:
            with contextlib.suppress(OSError):
                self.channel.send(("cancel", number))

    def wait(self, timeout: float | None) -> None:
        """Handle messages of the server; block until one comes, at most so many seconds."""
        if self.closed:
            return
        self.poll.modify(self.channel, select.POLLIN | (select.POLLOUT if self.channel.leaving else 0))
        if self.poll.poll(None if timeout is None else max(0.0, timeout) * 1000):
            self.exchange()

    def exchange(self) -> None:
        """Send and receive as much as is possible without waiting."""
        try:
            self.channel.flush()
            messages = self.channel.receive()
        except (EOFError, ConnectionError):
            self._lost()
            return
        for message in messages:
            getattr(self, "_" + message[0])(*message[1:])

    # messages of the server

    def _ready(self, knows: bool) -> None:
        self.is_ready, self.knows = True, knows

    def _failed(self, error: bytes) -> None:
        self.is_ready, self.failed = True, pickle.loads(error)

    def _started(self, number: int, pid: int) -> None:
        if number in self.running:
            self.running[number].pid = pid

    def _output(self, number: int, place: int, stream: str, data: bytes) -> None:
        if number in self.running:
            pass_on(self.running[number].layers[place], stream, data)

    def _done(self, number: int, place: int, answer: Answer) -> None:
        running = self.running[number]
        running.place = place + 1
        self._report(running, place, 0, False, answer)

    def _end(self, number: int, code: int, timed_out: bool, answer: Answer | None) -> None:
        running = self.running.pop(number, None)
        if running is None:
            return
        self._report(running, running.place, code, timed_out, answer)
        for place in range(running.place + 1, len(running.layers)):
            running.end(place, NotStarted())

    @staticmethod
    def _report(running: Running, place: int, code: int, timed_out: bool, answer: Answer | None) -> None:
        try:
            result = outcome(running.layers[place], code, answer, running.limit if timed_out else None, gate=running.gate)
        except Exception as error:  # the scheduler handles it
            result = error
        running.end(place, result)

    def _lost(self) -> None:
        """End everything when the server is gone, its children included."""
        running, self.running = self.running, {}
        if not self.is_ready:
            self.is_ready, self.failed = True, self._not_loaded()
        self.close()
        for each in running.values():
            if each.pid:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(each.pid, signal.SIGKILL)
        for each in running.values():
            self._report(each, each.place, -signal.SIGKILL, False, None)
            for place in range(each.place + 1, len(each.layers)):
                each.end(place, NotStarted())

    def _not_loaded(self) -> LaminarError:
        """Return the error for a server that ended before it had loaded: where its stack was when its time was over."""
        stack = b""
        if self.trace is not None:
            self.trace.seek(0)
            stack = self.trace.read()
        lines = re.findall(r'File "(.+)", line (\d+) in (.+)', stack.decode(errors="replace"))
        if not lines or self.loads is None:
            return ExecutionError("The process that loads the program ended before it was loaded.", fix="read its output above.")
        own = [line for line in lines if source_location.is_users(line[0])] or lines
        path, line, function = own[0]
        return ExecutionError(
            f"The program was not loaded within {self.loads.seconds:g} s in a new process: it waits in {lines[0][2]}.",
            where=f"{source_location.shorten(path)}:{line}, in {function}",
            fix="let it acquire locks, ports and the like after the flow's call or in a layer: the first process may hold one it "
            "waits for. LAMINAR_LOAD_SECONDS changes the limit.",
        )

    def close(self) -> None:
        """Release the server: it stops its children, then itself."""
        if self.owner != os.getpid() or self.closed:
            return
        self.poll.unregister(self.channel)
        self.channel.close()
        if self.trace is not None:
            self.trace.close()
        for key in [key for key, client in _kept.items() if client is self]:
            del _kept[key]
        until = time.monotonic() + 5
        while not _is_over(self.pid):
            if time.monotonic() > until:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                until += 5
            time.sleep(0.001)


def _is_over(pid: int) -> bool:
    """Return whether a server has ended; where the program ignores SIGCHLD or waits for any child, nothing is left to wait for."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


# starting it

_kept: dict[tuple[main_module.Program, str], Client] = {}
"""Servers that loaded a program up to a flow, for the next run of that flow."""
_said: set[str] = set()


def connect(flow: Flow, concurrency: int) -> Client:
    """Return a server for a run of a flow: forked from this process, or a new one where that is not safe.

    Raises the exception of loading the program.
    """
    reason = fork_safety.unsafe_reason()
    if reason is None:
        return _forked(flow, concurrency)
    if reason not in _said:
        _said.add(reason)
        display.current().note(f"this process cannot be forked: {reason}. Each worker is a new process that loads the program")
    program = main_module.current()
    if program is None or not is_of(flow, program):
        return _loaded(_by_value(flow), concurrency)
    before = call_log.before(flow.name)
    known = _kept.get((program, flow.name))
    if known is not None and not known.closed and known.loads is not None and known.loads.before != before:
        known.close()  # the program has run further since it was loaded
        known = None
    if known is not None and not known.closed:
        with contextlib.suppress(ConnectionError):  # the server is gone: the next request reports that
            known.channel.send(("renew", None))
        return known
    load = Load(tuple(sys.path), flow.name, _seconds(), process_state.first_folder(), program, before=before)
    client = _loaded(load, concurrency)
    if not client.knows:  # its class is defined after a read, where recording ends: it is sent by value
        client.close()
        return _loaded(_by_value(flow), concurrency)
    _kept[program, flow.name] = client
    return client


def _by_value(flow: Flow) -> Load:
    """Return a flow that no program defines, pickled by value: of a notebook, a REPL or a test."""
    from laminar.program import pickle_by_value

    return Load(tuple(sys.path), flow.name, _seconds(), None, flow=pickle_by_value.dumps(flow))


def _seconds() -> float:
    """Return how long a program may load: longer than it took in this process."""
    return float(os.environ.get("LAMINAR_LOAD_SECONDS") or 60 + 3 * process_state.age())


def _forked(flow: Flow, concurrency: int) -> Client:
    from laminar.local.fork_server import child, server

    child.prepare_death()  # imported before the fork, so that the servers of further runs have it
    near, far = socket.socketpair()
    interpreter_exit.flush_files()
    pid = fork_safety.fork()
    if pid == 0:
        near.close()
        server.become(far, flow, concurrency)
    far.close()
    return Client(near, pid)


def _loaded(load: Load, concurrency: int) -> Client:
    """Start a server in a new interpreter, and wait until it has loaded."""
    import subprocess
    import tempfile

    from laminar.local.fork_server import loading

    near, far = socket.socketpair()
    trace = tempfile.TemporaryFile()  # noqa: SIM115  the client closes it
    process = subprocess.Popen(
        loading.command(str(far.fileno()), str(concurrency), str(trace.fileno())),
        pass_fds=[far.fileno(), trace.fileno()],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.returncode = 0  # this module waits for it by its pid
    far.close()
    client = Client(near, process.pid, loads=load, trace=trace)
    client_loading(client)
    return client


def client_loading(client: Client) -> None:
    """Wait until a program is loaded.

    Raises the exception of the load.
    """
    try:
        while not client.is_ready:
            client.wait(None)
    except BaseException:
        client.close()
        raise
    if client.failed is not None:
        client.close()
        raise client.failed


@atexit.register
def _close_all() -> None:
    for client in list(_kept.values()):
        client.close()


def is_of(flow: Flow, program: main_module.Program | None) -> bool:
    """Return whether a flow belongs to the program that this process executes, not to one that runs it, such as a test runner."""
    if program is None:
        return False
    main = vars(sys.modules["__main__"])
    classes = {type(flow), *flow.registry.values()}
    return type(flow).__module__ == "__main__" or any(
        value is flow or (isinstance(value, type) and value in classes) for value in list(main.values())
    )


# the meaning of an end


def outcome(layer: Layer, code: int, answer: Answer | None, timed_out: float | None, *, gate: bool) -> Any:
    """Return a gate's answer or a split's outputs, or raise its process' error; ``timed_out`` is an exceeded limit."""
    if timed_out is not None:
        raise split.failed_outside(layer, f"it took longer than its timeout of {timed_out:g} s", how="timed out")
    if answer is None:
        raise _ended_silently(layer, code)
    if answer.failure is not None:
        raise protocol.decode_failure(answer.failure)
    if answer.error:
        raise pickle.loads(answer.error)
    entries = answer.entries or {}
    if gate and layer.name not in entries:
        raise split.failed_outside(layer, "its process ended before its hooks had decided")
    return entries[layer.name] if gate else split.Outputs(reused=answer.reused)


def _ended_silently(layer: Layer, code: int) -> Exception:
    """Return the failure of a split whose process ended without an answer."""
    if is_own_signal(code):
        return split.failed_outside(layer, f"it was ended by {signal_name(-code)}", how="killed")
    if code < 0:
        return SplitKilled.of(split.failure(layer, f"it was killed by {signal_name(-code)}"))
    if code == INTERRUPTED:
        return split.failed_outside(layer, "KeyboardInterrupt")
    return split.failed_outside(layer, f"its process ended with exit code {code} before the layer did, as by os._exit({code})")
