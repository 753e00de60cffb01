"""The output of layers: progress as it happens, long lines, output without a reader; no program hangs, no split's end is lost."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

import pytest

from tests.support.programs import HEAD, LIMIT, run, variables, write

LOUD = (
    HEAD
    + """\
@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        sys.stdout.write("line x\\n" * 20000)

if flow := Train():
    print("finished", flow(n=list(range(6))).finished, file=sys.stderr)
"""
)
COMMANDS = pytest.mark.parametrize("command", [("prog.py",), ("-m", "laminar", "run", "prog.py")], ids=["python", "laminar run"])


@COMMANDS
def test_a_run_whose_output_is_cut_off_goes_on_to_its_end(command, tmp_path):
    write(tmp_path, LOUD)
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, *command], cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, env=variables()
    ) as process:
        os.close(writing)
        os.read(reading, 10)
        os.close(reading)
        errors = process.communicate(timeout=LIMIT)[1]
    assert "finished True" in errors
    assert errors.count("standard output cannot be written (Broken pipe)") == 1


@COMMANDS
def test_a_run_whose_output_meets_a_full_disk_goes_on_to_its_end(command, tmp_path):
    write(tmp_path, LOUD)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=variables(),
            timeout=LIMIT,
            check=False,
        )
    assert "finished True" in done.stderr
    assert done.stderr.count("standard output cannot be written (No space left on device)") == 1


@COMMANDS
def test_on_a_terminal_progress_is_shown_as_it_happens(command, tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        for step in range(3):
            sys.stdout.write(f"\\r step {step}")
            sys.stdout.flush()
        while not os.path.exists("seen"):
            time.sleep(0.01)
        print()
        print("done")

if flow := Train():
    flow()
""",
    )
    leader, follower = pty.openpty()
    environment = variables(TERM="xterm", COLUMNS="80", LINES="24")
    with subprocess.Popen(
        [sys.executable, *command], cwd=tmp_path, stdin=follower, stdout=follower, stderr=follower, env=environment
    ) as process:
        os.close(follower)
        shown = until(leader, b"step 2")  # the layer waits until it was seen
        (tmp_path / "seen").touch()
        shown += until(leader, b"done\r\n")
        end = time.monotonic() + LIMIT
        while process.poll() is None and time.monotonic() < end:
            until(leader, b"\0", seconds=0.1)
        assert process.returncode == 0
    os.close(leader)
    assert b"Fit |  step 2" in shown and b"Fit | done\r\n" in shown


def until(descriptor: int, text: bytes, seconds: float = LIMIT) -> bytes:
    """Read until a text has come, or the time is over."""
    found, end = b"", time.monotonic() + seconds
    while text not in found and time.monotonic() < end:
        if select.select([descriptor], [], [], 0.05)[0]:
            try:
                found += os.read(descriptor, 65536)
            except OSError:  # the other end is closed: EIO on Linux
                break
    return found


@pytest.mark.slow
def test_a_long_line_and_many_processes_that_print_much_at_once_are_passed_on(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
from laminar.configurations.executors import Process

@Train.register
class Long(Layer):
    def __call__(self) -> None:
        print("x" * (32 << 20))

@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Many(Layer):
    def __call__(self, long: Long, parameters: Parameters) -> None:
        sys.stdout.write("line\\n" * 3000)

if flow := Train(executor=Process(concurrency=100)):
    flow(n=list(range(200)))
""",
    )
    done = run(tmp_path, "prog.py")
    assert done.returncode == 0, done.stderr
    first, _, rest = done.stdout.partition("\n")
    assert len(first) == len("Long | ") + (32 << 20)
    assert rest.count(" | line\n") == 200 * 3000


def test_a_question_is_asked_and_answered_with_debug(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.x = input("go on? ")
        self.pid = os.getpid()

if flow := Train():
    layer = flow(n=[1, 2]).layer(Fit)
    print(list(layer.x), set(layer.pid) == {os.getpid()})
""",
    )
    done = run(tmp_path, "-m", "laminar", "run", "prog.py", "--debug", stdin="yes\nno\n")
    assert done.stdout == "go on? go on? ['yes', 'no'] True\n", done.stderr


def test_a_prompt_of_a_thread_is_shown(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.x = input("go on? ")
        breakpoint()

if flow := Train(datastore=Memory(), executor=Thread()):
    print("x", flow().layer(Fit).x)
""",
    )
    done = run(tmp_path, "prog.py", stdin="yes\ncontinue\n")
    assert "Fit | go on? " in done.stdout and "(Pdb) " in done.stdout, done.stderr
    assert done.stdout.endswith("x yes\n")


def test_more_processes_than_files_may_be_open_wait_for_each_other(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
import resource
from laminar.configurations.executors import Process

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Many(Layer):
    def __call__(self, parameters: Parameters) -> None:
        sys.stdout.write("line\\n" * 300)
        self.x = parameters.n

if flow := Train(executor=Process(concurrency=500)):
    print("sum", sum(flow(n=list(range(60))).layer(Many).x))
""",
    )
    done = run(tmp_path, "prog.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("sum 1770\n") and done.stdout.count(" | line\n") == 60 * 300
