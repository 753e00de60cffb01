"""Supervise a pod's work in a child process, so that its own signal or a timeout becomes a failure of the layer.

The child's output passes through this process, which keeps it, unless the output is a terminal or logs are off.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from laminar.history.history_setting import are_logs_kept, is_kept
from laminar.program import interpreter_exit
from laminar.worker import memory_limit, pod
from laminar.worker.arguments import Task
from laminar.worker.job import is_own_signal, signal_name
from laminar.worker.pod_channel import PodChannel, messages
from laminar.worker.pod_history import PodHistory, outage

__all__ = ["supervise"]

POLL = 0.1
"""Seconds between two checks of a child: a process that it left running may keep its pipes open."""

CHUNK = 65536

SENDING = 30.0
"""Seconds for which a worker may read nothing of its log."""


def supervise(task: Task) -> int:
    """Run a task in a child process and return the exit code."""
    supervision = Supervision(task)
    try:
        status = supervision.run()
    finally:
        supervision.history.close()
    ended = os.waitstatus_to_exitcode(status)
    if supervision.timed_out:
        return supervision.counted("it took longer than its timeout", "timed out")
    if is_own_signal(ended):
        return supervision.counted(f"it was ended by {signal_name(-ended)}", "killed")
    if ended == -signal.SIGKILL and memory_limit.kills() > supervision.kills:
        supervision.history.killed("it used more memory than its container has", how="out of memory", fix=memory_limit.FIX)
        return 128 - ended
    if ended < 0:
        supervision.history.killed(f"it was killed by {signal_name(-ended)}")
        return 128 - ended  # as a shell reports a signal: POSIX, Shell Command Language, 2.8.2
    if supervision.done is None:
        if supervision.forwarded:
            supervision.history.killed(f"it was stopped by {signal_name(supervision.forwarded)}", how="interrupted")
            return 128 + supervision.forwarded
        reason = f"its process ended with exit code {ended} before the layer did, as by os._exit({ended})"
        return supervision.counted(reason, "failed")
    return ended


class Supervision:
    """One child under way: its pipes, its deadline, and its messages."""

    def __init__(self, task: Task) -> None:
        self.task = task
        captures = is_kept() and are_logs_kept(task.program.path) and not os.isatty(1)
        self.history = PodHistory(task, logs=captures)
        self.captures = captures
        self.selector = selectors.DefaultSelector()
        self.received = bytearray()
        self.deadline: float | None = None
        self.timed_out = False
        self.done: int | None = None
        self.forwarded = self.pid = 0
        self.kills = memory_limit.kills()
        self.streams: dict[int, tuple[str, int]] = {}

    def run(self) -> int:
        """Fork the child, wait for its end, and return its status."""
        near, far = socket.socketpair()
        pipes = {number: os.pipe() for number in (1, 2)} if self.captures else {}
        before = {number: signal.signal(number, self._forward) for number in (signal.SIGTERM, signal.SIGINT)}
        self.pid = pid = _fork(lambda: self._work(far), lambda: _prepare(before, near, pipes))
        if self.forwarded:  # the signal came before the child was forked
            os.kill(pid, self.forwarded)
        far.close()
        self.selector.register(near, selectors.EVENT_READ, self._hear)
        for number, (reading, writing) in pipes.items():
            os.close(writing)
            os.set_blocking(reading, False)
            self.streams[reading] = ("stdout" if number == 1 else "stderr", number)
            self.selector.register(reading, selectors.EVENT_READ, self._pass_on)
        try:
            status = self._wait(pid)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        for reading in list(self.streams):
            self._pass_on(reading)
        self._hear(near)
        for reading in list(self.streams):
            os.close(reading)
        self.selector.close()
        near.close()
        return status

    def counted(self, reason: str, how: str) -> int:
        """Write the failure marker for a killed child, from another child, which loads the program again."""
        pid = _fork(lambda: pod.count_failure(self.task, reason, how, self.history.started))
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _work(self, far: socket.socket) -> int:
        channel = PodChannel(far)
        outage.forward = channel.unkept
        code = pod.run(self.task, channel)
        channel.done(code)
        return code

    def _forward(self, number: int, frame: Any) -> None:
        self.forwarded = number
        if self.pid:
            os.kill(self.pid, number)

    def _wait(self, pid: int) -> int:
        while True:
            for key, _ in self.selector.select(self._patience()):
                key.data(key.fileobj)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
            if self.deadline is not None and time.monotonic() >= self.deadline:
                self.timed_out, self.deadline = True, None
                os.kill(pid, signal.SIGKILL)
            self.history.tick()

    def _patience(self) -> float:
        return POLL if self.deadline is None else min(POLL, max(0.0, self.deadline - time.monotonic()))

    def _pass_on(self, reading: int) -> None:
        """Write the child's output to this process's own stream, and keep it."""
        stream, number = self.streams[reading]
        while True:
            try:
                data = os.read(reading, CHUNK)
            except BlockingIOError:
                return
            if not data:
                break
            self.history.add(stream, data)
            with contextlib.suppress(OSError):  # the reader of the pod's output has ended: the work continues
                while data:
                    data = data[os.write(number, data) :]
        self.selector.unregister(reading)
        del self.streams[reading]
        os.close(reading)

    def _hear(self, near: socket.socket) -> None:
        """Read the child's messages."""
        near.setblocking(False)
        while True:
            try:
                data = near.recv(CHUNK)
            except (BlockingIOError, ConnectionError):
                return
            if not data:
                with contextlib.suppress(KeyError):
                    self.selector.unregister(near)
                return
            for message in messages(self.received, data):
                self._heard(near, message)

    def _heard(self, near: socket.socket, message: dict[str, Any]) -> None:
        if message.get("seconds") is not None:
            self.deadline = time.monotonic() + float(message["seconds"])
        if "secrets" in message:
            self.history.secrets(message["secrets"])
            self.history.said_store, self.history.knows_store = message.get("store", ""), True
        if "split" in message:
            for reading in list(self.streams):
                self._pass_on(reading)
            self.history.split(int(message["split"]))
            with contextlib.suppress(OSError):
                near.send(b"\n")
        if "done" in message:
            self.done, self.deadline = int(message["done"]), None
            self._offer(near)
        if "unkept" in message:
            outage.begin(str(message["unkept"]))
        if "away" in message:
            outage.known = True
        if "kept" in message:
            self.history.taken()

    def _offer(self, near: socket.socket) -> None:
        """Send the worker its log, which it writes before it ends."""
        for reading in list(self.streams):
            self._pass_on(reading)
        key, data = self.history.offer()
        head = json.dumps({"key": key, "size": len(data)}).encode() + b"\n"
        with contextlib.suppress(OSError):
            near.settimeout(SENDING)
            near.sendall(head + data)
        near.setblocking(False)


def _prepare(handlers: dict[signal.Signals, Any], near: socket.socket, pipes: dict[int, tuple[int, int]]) -> None:
    """Restore the child's signals, and make its standard streams lead to pipes; lines leave it as they are printed."""
    for signal_number, handler in handlers.items():
        signal.signal(signal_number, handler)
    near.close()
    for number, (reading, writing) in pipes.items():
        os.dup2(writing, number)
        os.close(reading)
        os.close(writing)
    for stream in (sys.stdout, sys.stderr) if pipes else ():
        with contextlib.suppress(Exception):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _fork(work: Callable[[], int], prepare: Callable[[], None] = lambda: None) -> int:
    """Start a child that ends with the exit code of some work, and return its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        prepare()
        code = work()
        interpreter_exit.finish()
        os._exit(code)
    return pid
