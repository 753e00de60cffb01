"""Serve one run: fork a process for each request, and pass on its output and its end.

The server is a fork of the process that called the flow, or (where that cannot be forked) a new one that loads the program. It
never blocks on a pipe: bytes that the run has not read yet are kept, and beyond a limit the processes wait, not the server. Its
children die with it: it kills them when the socket closes; the kernel (Linux) or a watching thread does where it was killed itself.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from laminar.configurations.datastores.documents import error_context  # noqa: F401  for the children
from laminar.exceptions import ExecutionError
from laminar.local.fork_server import child as process
from laminar.local.fork_server import open_files, orphans
from laminar.local.fork_server.messages import Answer, Load, Request
from laminar.local.fork_server.poller import READ, WRITE, Poller
from laminar.local.fork_server.protocol import Channel
from laminar.local.fork_server.running_child import RunningChild, pipes
from laminar.program import interpreter_exit, process_state, random_generators
from laminar.worker import document_stamp, split_job
from laminar.worker.job import ATTEMPT, CANNOT, INDEX

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.worker.job import Job
    from laminar.worker.layer_scope import LayerScope

__all__ = ["Server", "become"]

CHUNK = 65536
FULL = 1 << 22
"""Bytes that wait for the run, from which on no output is read."""
SOON = 0.05
"""Seconds after which a message without urgency is sent."""
GRACE = 1.0
"""Seconds that interrupted children have to clean up."""


class Source(Protocol):
    """Source of the flows of a server that is a new process: `laminar.local.fork_server.loading.Loaded`."""

    is_spawning: bool

    def load(self, then: Callable[[tuple[str, Any]], NoReturn]) -> tuple[str, Any]:
        """Load, and return the message that reports it, or pass it to ``then`` at the program's call."""

    def flow(self, request: Request) -> Flow:
        """Return the flow that a request is of."""

    def spawn(self, request: Request, result: int, out: int, err: int) -> int:
        """Start a process that loads again for one request, and return its id."""


class Server:
    """Hold the flow and the running children.

    A forked server has its ``flow``. A server in a new process loads its program by ``load``, from the first message.
    """

    def __init__(
        self,
        connection: socket.socket,
        concurrency: int,
        flow: Flow | None = None,
        *,
        load: Callable[[Load], Source] | None = None,
    ) -> None:
        self.channel = Channel(connection)
        self.concurrency = concurrency
        self.forked = flow
        self.loader = load
        self.loaded: Source | None = None
        self.poller = Poller()
        self.owners: dict[int, RunningChild] = {}
        self.waiting: deque[Request] = deque()
        self.children: dict[int, RunningChild] = {}
        self.by_pid: dict[int, RunningChild] = {}
        self.limited: dict[int, RunningChild] = {}
        self.is_urgent = self.is_full = self.paused = False
        self.parent = os.getppid()
        self.files: list[int] | None = None
        self.shared: dict[tuple[str, str, bool, str], LayerScope | None] = {}
        self.latest: LayerScope | None = None
        self.handlers = process.signal_handlers(signal.SIGCHLD, signal.SIGINT, signal.SIGTERM)
        if flow is None and self.handlers[signal.SIGINT] != signal.SIG_IGN:
            self.handlers[signal.SIGINT] = signal.default_int_handler
        self.wake, wake_end = os.pipe()
        for end in (self.wake, wake_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def serve(self) -> None:
        """Work until the other side closes the socket."""
        self.poller.register(self.channel.fileno(), READ)
        self.poller.register(self.wake, READ)
        self.ends = (self.channel.fileno(), self.wake, *self.poller.descriptors)
        self._attend()

    def _attend(self) -> None:
        channel, poller, owners, waiting, children = self.channel, self.poller, self.owners, self.waiting, self.children
        end = channel.fileno()
        try:
            while True:
                found = poller.wait(SOON if channel.leaving else self._patience() if self.limited else None)
                for ready, events in found:
                    # A pipe that was closed meanwhile has no owner: its number is reused after the next fork at the earliest.
                    if (child := owners.get(ready)) is not None:
                        self._read(child, ready)
                    elif ready == self.wake:
                        self._reap()
                    elif ready == end:
                        self._exchange(events)
                if self.limited:
                    self._expire()
                while waiting and len(children) < self.concurrency:
                    self._run(waiting.popleft())
                if channel.leaving and (self.is_urgent or not found):
                    self._flush(end)
        except (EOFError, ConnectionError):
            self._stop()

    def _send(self, message: tuple[Any, ...]) -> None:
        """Send a message at the end of this turn, with those that wait."""
        self.channel.queue(message)
        self.is_urgent = True

    def _exchange(self, events: int) -> None:
        self.is_urgent = self.is_urgent or bool(events & WRITE)
        if events & ~WRITE:
            for what, message in self.channel.receive():
                if what == "run":
                    self.waiting.append(message)
                elif what == "cancel":
                    self._cancel(message)
                elif what == "load":
                    self._load(message)
                elif what == "renew":  # another run of the flow: layers above may have other documents
                    self.shared.clear()

    def _flush(self, end: int) -> None:
        """Send waiting messages, and wait for the next event: room in the socket, no more output where too much waits for it."""
        channel, self.is_urgent = self.channel, False
        channel.flush()
        if bool(channel.leaving) != self.is_full:
            self.is_full = not self.is_full
            self.poller.modify(end, READ | WRITE if self.is_full else READ)
        if (channel.pending > FULL) if not self.paused else (channel.pending <= FULL // 2):
            self.paused = not self.paused
            for child in self.children.values():
                for stream in child.ends & set(child.streams):
                    self.poller.unregister(stream) if self.paused else self.poller.register(stream, READ)

    # the flow

    def _load(self, message: Load) -> None:
        assert self.loader is not None, "a forked server has its flow and is sent nothing to load"
        self.loaded = self.loader(message)
        self._loaded(self.loaded.load(self._serve_there))

    def _loaded(self, answer: tuple[str, Any]) -> None:
        self._send(answer)
        random_generators.prepare()

    def _serve_there(self, answer: tuple[str, Any]) -> NoReturn:
        """Serve from the place of the program's own call: its blocks around the call stay open, as in a forked server."""
        try:
            self._loaded(answer)
            self._attend()
        finally:
            os._exit(0)

    def _flow(self, request: Request) -> Flow:
        if self.forked is not None:
            return self.forked
        assert self.loaded is not None
        return self.loaded.flow(request)

    # children

    def _run(self, request: Request) -> None:
        try:
            flow = self._flow(request)
        except Exception as error:
            answer = Answer(error=process.pickled(error))
            self._send(("end", request.number, 0, False, answer))
            return
        shared = self._prepare(flow, request.jobs[0])
        if (ends := pipes(is_batch=len(request.jobs) > 1)) is None and self.children:
            self.concurrency = len(self.children)  # as many as this process may have files open for
            self.waiting.appendleft(request)
            return
        if ends is None:
            full = ExecutionError("This process may not open another file.", fix="raise its limit: ulimit -n.")
            self._send(("end", request.number, 0, False, Answer(error=process.pickled(full))))
            return
        (result, result_end), (out, out_end), (err, err_end) = ends
        if self.files is None:
            self.files = open_files.read_only()
        if self.loaded is not None and self.loaded.is_spawning:
            pid = self.loaded.spawn(request, result_end, out_end, err_end)
        elif (pid := os.fork()) == 0:
            self._become_child(flow, request, shared, result_end, out_end, err_end)
        for end in (result_end, out_end, err_end):
            os.close(end)
        child = RunningChild(request, pid, result, {out: "stdout", err: "stderr"})
        self.children[request.number] = self.by_pid[pid] = child
        if request.limit is not None:
            child.deadline = time.monotonic() + request.limit
            self.limited[request.number] = child
        for end in (result, out, err):
            os.set_blocking(end, False)
            self.owners[end] = child
            if end == result or not self.paused:
                self.poller.register(end, READ)
        # It is not urgent: the client uses it only where this server is killed. Most splits have ended before it leaves.
        self.channel.queue(("started", request.number, pid))

    def _prepare(self, flow: Flow, job: Job) -> LayerScope | None:
        """Compute once the common facts of a fan-out's splits; None where there are none, or a child is to raise the error."""
        if self.loaded is not None and self.loaded.is_spawning:
            return None
        if job.gate or job.splits in (None, 1):
            with contextlib.suppress(Exception):
                document_stamp.prepare(flow.registrations[job.layer].layer)  # the program's file is read once for all layers
            return None
        key = job.flow, job.execution, job.retry, job.layer
        if key not in self.shared:
            from laminar.worker.layer_scope import LayerScope

            self.shared[key] = None
            with contextlib.suppress(Exception):
                self.shared[key] = LayerScope.of(split_job.prepared(flow, job), job.layer)
            gc.freeze()
        if (shared := self.shared[key]) is not None:
            if shared is not self.latest:  # several layers may run beside each other
                split_job.name_split(replace(job, cached=True))  # the job itself has the flag
                self.latest = shared
            os.environ[INDEX], os.environ[ATTEMPT] = str(job.index), str(job.attempt)
            with contextlib.suppress(Exception):
                shared.prepare(job.index)
        return shared

    def _become_child(self, flow: Flow, request: Request, shared: LayerScope | None, result: int, out: int, err: int) -> NoReturn:
        try:
            os.setpgid(0, 0)
            process.restore_signals(self.handlers)
            process.die_with_parent()
            os.dup2(out, 1)
            os.dup2(err, 2)
            for child in self.children.values():
                for end in child.ends:
                    os.close(end)
            for end in (out, err, *self.ends):
                os.close(end)
            open_files.reopen(self.files or ())
            gc.freeze()  # without it, the first collection would copy the pages of the server's young objects
            gc.enable()
            process.become(flow, request.jobs, result, reseed=True, shared=shared)
        finally:
            os._exit(CANNOT)

    def _read(self, child: RunningChild, end: int) -> bool:
        """Read a child's output; return whether there may be more."""
        try:
            data = os.read(end, CHUNK)
        except BlockingIOError:
            return False
        except ConnectionError:  # of a batch's socket, whose process was killed before it had read its messages
            data = b""
        if not data:
            self._close(child, end)
            return False
        if end == child.result:
            for answer in child.answers(data, process.PLAIN):
                self._answered(child, answer)
        elif shown := child.printed(end, data):
            self._send(("output", child.request.number, child.place, child.streams[end], shown))
        return True

    def _answered(self, child: RunningChild, answer: Answer) -> None:
        """Report a job's end; the last one's only when the process has ended."""
        if child.place == len(child.request.jobs) - 1:
            child.last = answer
            return
        for end in child.streams:  # its output is of this job, not of the next one
            self._drain(child, end)
            self._finish_line(child, end)
        self._send(("done", child.request.number, child.place, answer))
        child.next()
        with contextlib.suppress(OSError):  # it may have been killed meanwhile
            os.write(child.result, b"\n")
        if child.request.limit is not None:
            child.deadline = time.monotonic() + child.request.limit

    def _drain(self, child: RunningChild, end: int) -> None:
        try:
            while end in child.ends and self._read(child, end):
                pass
        except OSError:
            return

    def _finish_line(self, child: RunningChild, end: int) -> None:
        if shown := child.rest(end):
            self._send(("output", child.request.number, child.place, child.streams[end], shown))

    def _close(self, child: RunningChild, end: int) -> None:
        """Close a pipe of a child, once: its number may be another child's by now."""
        child.ends.discard(end)
        del self.owners[end]
        self.poller.unregister(end)
        os.close(end)

    def _reap(self) -> None:
        try:
            os.read(self.wake, CHUNK)
            while self.by_pid:
                # Not yet waited for, its pid cannot be another's: processes that the layer started and left running are killed.
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None:
                    return
                child = self.by_pid.pop(ended.si_pid, None)
                if child is not None:
                    self._kill_group(child.pid, signal.SIGKILL)
                _, status = os.waitpid(ended.si_pid, 0)
                if child is not None:
                    self._ended(child, os.waitstatus_to_exitcode(status))
        except (BlockingIOError, ChildProcessError):
            return

    def _ended(self, child: RunningChild, code: int) -> None:
        for end in (child.result, *child.streams):
            if end in child.ends:
                self._drain(child, end)
        for end in child.buffers:
            self._finish_line(child, end)
        for end in tuple(child.ends):
            self._close(child, end)
        number = child.request.number
        del self.children[number]
        self.limited.pop(number, None)
        self._send(("end", number, code, child.timed_out, child.last))

    # limits

    def _patience(self) -> float | None:
        deadlines = [child.deadline for child in self.limited.values() if child.deadline is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _expire(self) -> None:
        for child in self.limited.values():
            if child.deadline is not None and time.monotonic() >= child.deadline:
                child.timed_out = True
                child.deadline = None
                self._kill_group(child.pid, signal.SIGKILL)

    def _cancel(self, number: int) -> None:
        if child := self.children.get(number):
            self._kill_group(child.pid, signal.SIGKILL)
        self.waiting = deque(request for request in self.waiting if request.number != number)

    @staticmethod
    def _kill_group(pid: int, how: signal.Signals) -> None:
        try:
            os.killpg(pid, how)
        except (ProcessLookupError, PermissionError):
            return

    def _stop(self) -> None:
        """Interrupt the children, and after a moment kill those that still run."""
        for child in self.children.values():
            self._kill_group(child.pid, signal.SIGINT)
        until = time.monotonic() + GRACE
        alive = {child.pid for child in self.children.values()}
        while alive and time.monotonic() < until:
            alive = {pid for pid in alive if not _is_over(pid)}
            for child in self.children.values():  # a full pipe would keep it from ending
                for end in child.ends:
                    with contextlib.suppress(OSError):
                        os.read(end, CHUNK)
            time.sleep(0.01 if alive else 0)
        for child in self.children.values():
            self._kill_group(child.pid, signal.SIGKILL)
        orphans.record(self.parent, self.children.values(), self._flow)


def _is_over(pid: int) -> bool:
    """Return whether a child has ended, and reap it if that was not done yet."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def become(connection: socket.socket, flow: Flow, concurrency: int) -> NoReturn:
    """Turn this process, just forked from the one that called a flow, into its server."""
    try:
        os.setsid()
        process_state.work()
        interpreter_exit.disown()
        process.connect_streams()
        interpreter_exit.leave_stack()
        server = Server(connection, concurrency, flow)
        random_generators.prepare()
        gc.disable()
        gc.freeze()  # children would copy the pages of every object that a collection touches
        server.serve()
    except BaseException:
        if os.environ.get("LAMINAR_TRACEBACK"):
            import traceback

            traceback.print_exc()
    finally:
        os._exit(0)
