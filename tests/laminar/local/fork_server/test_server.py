"""The fork server: pipes of splits that have ended are not taken for those of others."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """\
import os, socket
from laminar.local.fork_server.messages import Answer, Request
from laminar.local.fork_server.protocol import encode
from laminar.local.fork_server.running_child import RunningChild
from laminar.local.fork_server.server import Server
from laminar.worker.job import Job

ours, _ = socket.socketpair()
server = Server(ours, 2)

def child(number):
    pipes = [os.pipe() for _ in range(3)]
    job = Job("F", "one", "A")
    made = RunningChild(Request(number, (job,), None, ""), 0, pipes[0][0], {pipes[1][0]: "stdout", pipes[2][0]: "stderr"})
    for end in made.ends:
        os.set_blocking(end, False)
        server.poller.register(end, 1)
        server.owners[end] = made
    server.children[number] = made
    return made, pipes[0][1]

first, end = child(1)
os.write(end, encode(Answer({"A": True})))
os.close(end)
while server._read(first, first.result):
    pass
closed = first.result
second, end = child(2)
assert closed in second.ends, "its number is used again"
os.write(end, encode(Answer({"B": False})))
server._ended(first, 0)
while server._read(second, second.result):
    pass
print(first.last.entries, second.last.entries, server.owners[closed] is second)
"""


def test_a_pipe_that_was_closed_is_not_read_again_under_its_number():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.stdout == "{'A': True} {'B': False} True\n", done.stderr
