"""Run the splits of a request in a forked process, one after the other, report each, and end as Python ends."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what the module signal wraps
import contextlib
import io
import os
import pickle
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

from laminar.exceptions import ExecutionError, LaminarError
from laminar.local.fork_server.messages import Answer
from laminar.local.fork_server.protocol import encode, encode_failure
from laminar.program import interpreter_exit
from laminar.worker import split_job

if TYPE_CHECKING:
    from laminar.components.flow import Flow
    from laminar.worker.job import Job
    from laminar.worker.layer_scope import LayerScope

__all__ = ["become", "connect_streams", "die_with_parent", "pickled", "prepare_death", "restore_signals", "signal_handlers", "work"]


def become(flow: Flow, jobs: tuple[Job, ...], result: int, *, reseed: bool, shared: LayerScope | None = None) -> NoReturn:
    """Run jobs in this process, and end it; ``shared`` holds the common facts of the layer's splits."""
    owner, code = os.getpid(), split_job.CANNOT
    try:
        code = interpreter_exit.exit_code(lambda: work(flow, jobs, result, reseed=reseed, shared=shared))
    finally:
        if os.getpid() == owner or code != split_job.CANNOT:
            interpreter_exit.finish()
        os._exit(code & 0xFF)


def work(flow: Flow, jobs: tuple[Job, ...], result: int, *, reseed: bool, shared: LayerScope | None = None) -> int:
    """Run jobs and write an answer for each to a pipe (a socket, where there are several); return the exit code of the last one."""
    code, owner = split_job.CANNOT, os.getpid()
    if reseed:
        split_job.reseed()
    for job in jobs:
        if job is not jobs[0]:
            split_job.name_split(job)
        code, answer = _answer(flow, job, shared)
        if os.getpid() != owner:
            raise SystemExit(0)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # the program may have replaced it by any object
                continue
        data = memoryview(answer)
        while data:
            data = data[os.write(result, data) :]
        if job is not jobs[-1]:
            os.read(result, 1)  # the server has read this job's output: later output is the next one's
    return code


def _answer(flow: Flow, job: Job, shared: LayerScope | None) -> tuple[int, bytes]:
    """Run a job and return its exit code and its answer, encoded."""
    try:
        code, outputs, failed = split_job.work(flow, job, shared=shared)
    except Exception as error:
        return split_job.CANNOT, encode(Answer(error=pickled(error)))
    if failed is not None:
        return code, encode(Answer(failure=encode_failure(failed)))
    has_more = outputs.entries or outputs.reused
    return code, encode(Answer(entries=outputs.entries, reused=outputs.reused)) if has_more else PLAIN


PLAIN = encode(Answer(entries={}))
"""The answer of nearly every job, encoded once."""


def pickled(error: Exception) -> bytes:
    """Return the pickle of an error, converted to one of laminar's."""
    if not isinstance(error, LaminarError):
        error = ExecutionError(f"{type(error).__name__}: {error}")
    return pickle.dumps(error)


# streams and signals


def connect_streams() -> None:
    """Connect the standard streams of a forked server with descriptors 0, 1 and 2, which its children replace by pipes.

    Standard input is empty, as no user can type there. A stream that the program replaced is not changed where it leads to a
    descriptor (also through an object of the program's), and where it is another file.
    """
    null = os.open(os.devnull, os.O_RDONLY)
    if null != 0:
        os.dup2(null, 0)
        os.close(null)
    if sys.stdin is None or _descriptor(sys.stdin, 0) == 0:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))  # the old one may have a buffer of input
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if _is_elsewhere(stream, number):
            encoding = getattr(stream, "encoding", None) or "utf-8"
            errors = "backslashreplace" if number == 2 else "surrogateescape"
            stream = io.TextIOWrapper(io.FileIO(number, "w", closefd=False), encoding, errors, write_through=True)
            setattr(sys, name, stream)
        for each in (stream, getattr(sys, f"__{name}__")):
            with contextlib.suppress(Exception):
                each.reconfigure(line_buffering=True)


def _is_elsewhere(stream: Any, number: int) -> bool:
    """Return whether output to a stream would not pass through a descriptor, though it has to be shown."""
    if stream is None:
        return True
    found = _descriptor(stream, number)
    if found is None or found < 0:  # it is kept in memory: the first process could not read it
        return True
    if found == number:
        return False
    with contextlib.suppress(OSError):
        return os.path.sameopenfile(found, number)
    return False


def _descriptor(stream: Any, number: int) -> int | None:
    """Return the descriptor of a stream, None where it is kept in memory; an object without one counts as connected."""
    try:
        found = stream.fileno()
    except io.UnsupportedOperation:
        return None
    except Exception:
        return None if isinstance(stream, io.StringIO) else number
    return found if isinstance(found, int) else number


def signal_handlers(*numbers: int) -> dict[int, Any]:
    """Return the handlers of signals as the interpreter has them: `signal.signal` looks up a name for each."""
    return {int(number): _signal.getsignal(number) for number in numbers}


def restore_signals(handlers: dict[int, Any]) -> None:
    """Restore the handlers of signals, so that a child handles them as the program did where it was forked."""
    _signal.set_wakeup_fd(-1)
    for number, handler in handlers.items():
        _signal.signal(number, handler)


# the end of the parent

_prctl: Any = None


def prepare_death() -> None:
    """Load the C function of `die_with_parent`, once, before any fork."""
    global _prctl
    if sys.platform == "linux" and _prctl is None:
        import ctypes

        _prctl = ctypes.CDLL(None).prctl


def die_with_parent() -> None:
    """Kill this process when its parent ends, however that ends."""
    parent = os.getppid()
    if _prctl is not None:
        _prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: prctl(2)
        if os.getppid() != parent:
            os._exit(split_job.CANNOT)
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
