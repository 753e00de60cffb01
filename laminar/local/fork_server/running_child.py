"""Hold a running process of a server: its pipes, and the job under way."""

from __future__ import annotations

import itertools
import os
import socket
from time import time

from laminar.local.fork_server.messages import Answer, Request
from laminar.local.fork_server.protocol import Frames
from laminar.local.line_buffer import LineBuffer
from laminar.timestamps import now

__all__ = ["RunningChild", "pipes"]


class RunningChild:
    """A process that runs: its pipes, those of them that are open, and which of its jobs is under way.

    ``buffers`` are made when something is printed, ``frames`` when an answer comes in parts.
    """

    __slots__ = (
        "began",
        "buffers",
        "deadline",
        "ends",
        "frames",
        "last",
        "pid",
        "place",
        "request",
        "result",
        "streams",
        "timed_out",
    )

    def __init__(self, request: Request, pid: int, result: int, streams: dict[int, str]) -> None:
        self.request = request
        self.pid = pid
        self.result = result
        self.streams = streams
        self.deadline: float | None = None
        self.ends = {result, *streams}
        self.buffers: dict[int, LineBuffer] = {}
        self.frames: Frames | None = None
        self.place = 0
        self.last: Answer | None = None
        self.timed_out = False
        self.began = time()

    @property
    def started(self) -> str:
        """When the job under way began."""
        return now(after=self.began - time())

    def next(self) -> None:
        """Switch to the next job."""
        self.place += 1
        self.began = time()

    def answers(self, data: bytes, plain: bytes) -> list[Answer]:
        """Return the answers that are complete with these bytes; ``plain`` is the frame of the usual one."""
        if self.frames is None:
            if data == plain:
                return [Answer(entries={})]
            self.frames = Frames()
        return self.frames.feed(data)

    def printed(self, end: int, data: bytes) -> bytes:
        """Return the part of a stream's new bytes that is to be shown now."""
        if end not in self.buffers:
            self.buffers[end] = LineBuffer()
        return self.buffers[end].feed(data)

    def rest(self, end: int) -> bytes:
        """Return the unfinished line of a stream."""
        return self.buffers[end].close() if end in self.buffers else b""


def pipes(*, is_batch: bool) -> list[tuple[int, int]] | None:
    """Return three pipes, None where this process may not open so many files (EMFILE, getrlimit(2)).

    Of a batch the first is a pair of sockets: its answers are acknowledged.
    """
    made: list[tuple[int, int]] = []
    try:
        if is_batch:
            here, there = socket.socketpair()
            made.append((here.detach(), there.detach()))
        while len(made) < 3:
            made.append(os.pipe())
    except OSError:
        for end in itertools.chain.from_iterable(made):
            os.close(end)
        return None
    return made
