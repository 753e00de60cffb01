"""Serve one run: load the program once, fork a child for each split, pass its output and its end on.

Started by the Process executor as ``python -m laminar.local.fork_server.server FD`` with one end of a socket. Children die with
the server: it kills them when the socket closes; the kernel (Linux) or a watching thread does where the server itself was killed.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pickle
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from laminar.exceptions import ExecutionError, LaminarError
from laminar.local.fork_server import protocol
from laminar.program import process_state, random_generators, recording
from laminar.program.main_module import Program
from laminar.worker import split_job
from laminar.worker.split_job import Job

if TYPE_CHECKING:
    from laminar.components.flow import Flow

__all__ = ["main"]

CHUNK = 65536
GRACE = 1.0
"""Seconds that interrupted children have to clean up."""


@dataclass
class Child:
    """A split that runs: its pipes, those of them that are open, and what has come of its last line."""

    number: int
    pid: int
    result: int
    streams: dict[int, str]
    partial: dict[int, bytes]
    deadline: float | None
    answer: bytes = b""
    timed_out: bool = False
    ends: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ends = {self.result, *self.streams}


class Server:
    """Hold the loaded flows and the running children."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.selector = selectors.DefaultSelector()
        self.lines = protocol.Lines()
        self.children: dict[int, Child] = {}
        self.flows: dict[str, Flow] = {}
        self.recording = recording.Recording()
        self.spawning = False
        self.loaded: dict[str, Any] = {}
        self.wake, wake_end = os.pipe()
        for end in (self.wake, wake_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def serve(self) -> None:
        """Work until the other side closes the socket."""
        self.selector.register(self.connection, selectors.EVENT_READ, self._hear)
        self.selector.register(self.wake, selectors.EVENT_READ, self._reap)
        try:
            while True:
                for key, _ in self.selector.select(self._patience()):
                    # What came before it may have closed it, and another child's pipe may have got its number.
                    if self.selector.get_map().get(key.fd) is key:
                        key.data(key.fileobj)
                self._expire()
        except (EOFError, ConnectionError):
            self._stop()

    def send(self, **message: Any) -> None:
        """Tell the other side."""
        self.connection.sendall(protocol.encode(message))

    def _hear(self, connection: Any) -> None:
        data = connection.recv(CHUNK)
        if not data:
            raise EOFError
        for message in self.lines.feed(data):
            if "load" in message:
                self._load(message["load"])
            elif "run" in message:
                self._run(message)
            elif "cancel" in message:
                self._kill(message["cancel"], signal.SIGKILL)

    # the program

    def _load(self, message: dict[str, Any]) -> None:
        try:
            self.load(message)
        except LaminarError as error:
            self.send(error=base64.b64encode(pickle.dumps(error)).decode())
            return
        self.loaded = message
        random_generators.prepare()
        self.spawning = sys.platform == "darwin" or threading.active_count() > 1
        self.send(ready=_summary(self.recording), threads=self.spawning)

    def load(self, message: dict[str, Any]) -> None:
        """Record a program, or take the flow of a notebook as it was sent."""
        sys.path[:] = message["path"]
        if message.get("program"):
            program = Program(message["program"], tuple(message["args"]), message["package"], message["given"])
            self.recording = recording.record(program, quiet=True)
        elif message.get("flow"):
            from laminar.program import pickle_by_value

            flow = pickle_by_value.loads(base64.b64decode(message["flow"]))
            self.flows[flow.name] = flow

    def flow(self, message: dict[str, Any]) -> Flow:
        """Return the flow that a job is of: recorded, pickled, or (behind a read) made again of its class."""
        name = message["run"]["flow"]
        flow = self.flows.get(name) or self.recording.find(name)
        if flow is None:
            cls = next((cls for cls in self.recording.classes if cls.__name__ == name), None)
            if cls is None:
                raise ExecutionError(
                    f"The program does not define flow {name!r} when it is executed anew.",
                    fix="define it at the top of the file, above the first read of a result.",
                )
            flow = cls(datastore=pickle.loads(base64.b64decode(message["datastore"])))
        self.flows[name] = flow
        split_job.reroot(flow, message["url"])
        return flow

    # children

    def _run(self, message: dict[str, Any]) -> None:
        number, job = message["number"], Job(**message["run"])
        try:
            flow = self.flow(message)
        except Exception as error:
            self.send(number=number, exit=split_job.CANNOT, error=_pickled(error))
            return
        result, result_end = os.pipe()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        if self.spawning:
            pid = self._spawn(message, result_end, out_end, err_end)
        elif (pid := os.fork()) == 0:
            self._become_child(flow, job, result_end, out_end, err_end)
        for end in (result_end, out_end, err_end):
            os.close(end)
        deadline = time.monotonic() + message["timeout"] if message.get("timeout") else None
        child = Child(number, pid, result, {out: "stdout", err: "stderr"}, {out: b"", err: b""}, deadline)
        self.children[number] = child
        for end in (result, out, err):
            os.set_blocking(end, False)
            self.selector.register(end, selectors.EVENT_READ, lambda end, child=child: self._read(child, end))
        self.send(number=number, pid=pid)

    def _spawn(self, message: dict[str, Any], result: int, out: int, err: int) -> int:
        """Start a process that loads the program anew for one split."""
        with tempfile.TemporaryFile() as task:
            task.write(protocol.encode({**message, "load": self.loaded}))
            task.flush()
            task.seek(0)
            os.set_inheritable(result, True)
            redirect = [(os.POSIX_SPAWN_DUP2, end, place) for place, end in enumerate((task.fileno(), out, err))]
            command = [sys.executable, "-m", "laminar.local.fork_server.server", "--split", str(result)]
            return os.posix_spawn(sys.executable, command, os.environ, file_actions=redirect, setpgroup=0)

    def _become_child(self, flow: Flow, job: Job, result: int, out: int, err: int) -> NoReturn:
        code = split_job.CANNOT
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            die_with_parent()
            os.dup2(out, 1)
            os.dup2(err, 2)
            self.selector.close()
            self.connection.close()
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(AttributeError):
                    stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
            split_job.reseed()
            code = _child(flow, job, result)
        except KeyboardInterrupt:
            code = 130
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _read(self, child: Child, end: int) -> bool:
        """Take what a child wrote; say whether there may be more."""
        try:
            data = os.read(end, CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._close(child, end)
            return False
        if end == child.result:
            child.answer += data
            return True
        *lines, child.partial[end] = (child.partial[end] + data).split(b"\n")
        if lines:
            text = [line.decode(errors="replace") for line in lines]
            self.send(number=child.number, stream=child.streams[end], lines=text)
        return True

    def _close(self, child: Child, end: int) -> None:
        """Close a pipe of a child, once: its number may be another child's by now."""
        child.ends.discard(end)
        self.selector.unregister(end)
        os.close(end)

    def _reap(self, wake: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(wake, CHUNK)
        for child in list(self.children.values()):
            if has_ended(child.pid):
                # What the layer itself started and left behind. Not yet waited for, its pid cannot be another's.
                self._kill_group(child.pid, signal.SIGKILL)
                _, status = os.waitpid(child.pid, 0)
                self._ended(child, os.waitstatus_to_exitcode(status))

    def _ended(self, child: Child, code: int) -> None:
        for end in list(child.ends):
            with contextlib.suppress(OSError):
                while self._read(child, end):
                    pass
            if end in child.ends:
                self._close(child, end)
        for end, rest in child.partial.items():
            if rest:
                self.send(number=child.number, stream=child.streams[end], lines=[rest.decode(errors="replace")])
        del self.children[child.number]
        answer = protocol.Lines().feed(child.answer)
        self.send(number=child.number, exit=code, timed_out=child.timed_out, **(answer[0] if answer else {}))

    def _patience(self) -> float | None:
        deadlines = [child.deadline for child in self.children.values() if child.deadline is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _expire(self) -> None:
        for child in list(self.children.values()):
            if child.deadline is not None and time.monotonic() >= child.deadline and not child.timed_out:
                child.timed_out = True
                child.deadline = None
                self._kill(child.number, signal.SIGKILL)

    def _kill(self, number: int, how: signal.Signals) -> None:
        if child := self.children.get(number):
            self._kill_group(child.pid, how)

    @staticmethod
    def _kill_group(pid: int, how: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, how)

    def _stop(self) -> None:
        """Interrupt the children, give them a moment, then kill what is left."""
        for child in self.children.values():
            self._kill_group(child.pid, signal.SIGINT)
        until = time.monotonic() + GRACE
        alive = {child.pid for child in self.children.values()}
        while alive and time.monotonic() < until:
            alive = {pid for pid in alive if not _is_over(pid)}
            time.sleep(0.01)
        for child in self.children.values():
            self._kill_group(child.pid, signal.SIGKILL)


def _is_over(pid: int) -> bool:
    """Say whether a child has ended, having taken its status if nobody has yet."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def has_ended(pid: int) -> bool:
    """Say whether a child has ended, without taking note of it: its pid stays its own."""
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    import subprocess

    with contextlib.suppress(OSError):  # macOS: a zombie can be signalled, and ps says that it is one
        return subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, check=False).stdout[:1] in (b"Z", b"")
    return False


def _child(flow: Flow, job: Job, result: int) -> int:
    """Run a job in a child and write what came of it to the result pipe."""
    try:
        code, outputs, failed = split_job.work(flow, job)
        answer: dict[str, Any] = split_job.told(outputs)
        if failed is not None:
            answer["failure"] = protocol.encode_failure(failed)
    except Exception as error:
        code, answer = split_job.CANNOT, {"error": _pickled(error)}
    data = memoryview(protocol.encode(answer))
    while data:
        data = data[os.write(result, data) :]
    return code


def _pickled(error: Exception) -> str:
    if not isinstance(error, LaminarError):
        error = ExecutionError(f"{type(error).__name__}: {error}")
    return base64.b64encode(pickle.dumps(error)).decode()


def _summary(recorded: recording.Recording) -> dict[str, Any]:
    """Return what a run wants to know of a recording, as JSON values."""
    return {
        "chains": [
            {
                "flows": [step.flow.name for step in chain.steps],
                "parameters": list(chain.first.parameters),
                "where": chain.first.where,
                "action": chain.first.action,
            }
            for chain in recorded.chains
        ],
        "classes": [cls.__name__ for cls in recorded.classes],
        "ended": recorded.ended,
        "uncalled": _uncalled(recorded),
    }


def _uncalled(recorded: recording.Recording) -> str | None:
    if recorded.program is None:
        return None
    try:
        recording.require_called(recorded)
    except LaminarError as error:
        return base64.b64encode(pickle.dumps(error)).decode()
    return None


_libc: Any = None


def prepare_death() -> None:
    """Load what `die_with_parent` needs, once, before any fork."""
    global _libc
    if sys.platform == "linux":
        import ctypes

        _libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """Let this process be killed when its parent ends, however that ends."""
    parent = os.getppid()
    if _libc is not None:
        _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, prctl(2)
        if os.getppid() != parent:
            os._exit(split_job.CANNOT)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Serve on the socket whose descriptor is the only argument."""
    process_state.work()
    prepare_death()
    if sys.argv[1] == "--split":
        die_with_parent()
        _split(int(sys.argv[2]))
    Server(socket.socket(fileno=int(sys.argv[1]))).serve()


def _split(result: int) -> NoReturn:
    """Load the program and run the one split that standard input names."""
    message = json.loads(sys.stdin.readline())
    one, _ = socket.socketpair()
    server = Server(one)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    server.load(message["load"])
    code = _child(server.flow(message), Job(**message["run"]), result)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    from laminar.local.fork_server import server

    server.main()
