"""Layers have the objects that the program made before its flow's call; lines after it run once, after the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from laminar.compiler.rehearsal import confinement
from tests.support.programs import HEAD, LIMIT, run, variables, write

PYTHON = ("prog.py",)
LAMINAR = ("-m", "laminar", "run", "prog.py")
BOTH = pytest.mark.parametrize("command", [PYTHON, LAMINAR], ids=["python", "laminar run"])


@BOTH
def test_layers_see_the_state_that_the_program_is_in_at_the_call(command, tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
import argparse, logging, random
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, default=0.1)
args, rest = parser.parse_known_args()
sys.argv = [sys.argv[0], *rest]
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
THRESHOLD = 0.5
random.seed(42)
expected = random.Random(42).random()

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        logging.info("fitting")
        self.seen = (args.rate, sys.argv[1:], THRESHOLD, os.environ["MADE"], os.path.basename(os.getcwd()))

class Second(Flow): ...

@Second.register
class Use(Layer):
    def __call__(self) -> None:
        self.threshold = THRESHOLD

os.environ["MADE"] = "here"
os.mkdir("work")
os.chdir("work")
with open("count", "a") as file:
    file.write("x")
if flow := Train():
    seen = flow().layer(Fit).seen
    print("seen", seen)
    THRESHOLD = 0.9
if second := Second():
    print("threshold", second().layer(Use).threshold)
print("count", open("count").read())
""",
    )
    done = run(tmp_path, *command, *(["--"] if command is LAMINAR else []), "--rate", "0.5", "--more")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Fit | INFO fitting",
        "seen (0.5, ['--more'], 0.5, 'here', 'work')",
        "threshold 0.9",
        "count x",
    ]


AROUND = (
    HEAD
    + """\
import asyncio, contextlib

@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.rows = asyncio.run(read(parameters.path))

async def read(path):
    return open(path).read()

def note(text):
    with open("trace", "a") as file:
        file.write(f"{text} {os.getpid() == first}\\n")

@contextlib.contextmanager
def staged():
    note("enter")
    with open("staging.csv", "w") as file:
        file.write("1,2")
    yield
    os.remove("staging.csv")
    note("exit")

async def main():
    if flow := Train():
        try:
            with staged():
                flow(path=os.path.abspath("staging.csv"))
                note("called")
        except:
            note("caught")
            raise
        else:
            note("else")
        finally:
            note("finally")

first = os.getpid()
asyncio.run(main())
note("last")
"""
)


def traced(folder: Path) -> list[tuple[str, str]]:
    """Return the lines that the program wrote, and whether in its first process."""
    return [tuple(line.split()) for line in (folder / "trace").read_text().splitlines()]  # type: ignore[misc]


WHOLE = ["enter", "called", "exit", "else", "finally", "last"]


@BOTH
def test_what_stands_around_a_call_is_executed_once_and_when_python_would(command, tmp_path):
    write(tmp_path, AROUND)
    done = run(tmp_path, *command)
    assert done.returncode == 0, done.stderr
    assert traced(tmp_path) == [(word, "True") for word in WHOLE]


def test_blocks_around_a_call_stay_open_in_a_pod(tmp_path):
    write(tmp_path, AROUND)
    words = ("-m", "laminar.runner", "prog.py", "--flow", "Train", "--layer", "Fit", "--execution", "one")
    done = run(tmp_path, *words, env=variables(LAMINAR_PARAMETERS=json.dumps({"path": str(tmp_path / "staging.csv")})))
    assert done.returncode == 0, done.stderr
    assert [word for word, _ in traced(tmp_path)] == ["enter"]


@pytest.mark.parametrize("split", ["forks", pytest.param("starts anew", marks=pytest.mark.slow)])
def test_blocks_around_a_call_stay_open_in_a_worker_that_starts_anew(split, tmp_path):
    condition = "if 'laminar.local.fork_server.loading' not in sys.modules:\n    " if split == "forks" else ""
    thread = f"import threading\n{condition}threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    write(tmp_path, thread.join(["import sys, time\n", AROUND]))
    done = run(tmp_path, "prog.py")
    assert done.returncode == 0, done.stderr
    found = traced(tmp_path)
    assert [word for word, _ in found] == ["enter", *["enter"] * (1 if split == "forks" else 2), *WHOLE[1:]]


STAGED = (
    HEAD
    + """\
@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        print("rows", open(parameters.path).read())

path = os.path.abspath(sys.argv[1])
if flow := Train():
    with open(path, "w") as file:
        file.write("1,2")
    flow(path=path)
    os.remove(path)
    with open("notified", "a") as file:
        file.write("x")
"""
)


@BOTH
def test_a_file_that_the_program_writes_for_its_layers_is_removed_once_after_the_run(command, tmp_path):
    write(tmp_path, STAGED)
    done = run(tmp_path, *command, *(["--"] if command is LAMINAR else []), "staging.csv")
    assert (done.returncode, done.stdout) == (0, "Fit | rows 1,2\n"), done.stderr
    assert not (tmp_path / "staging.csv").exists()
    assert (tmp_path / "notified").read_text() == "x"


@pytest.mark.slow
def test_a_pod_writes_such_a_file_again_where_it_can_write_and_does_nothing_of_what_follows_the_call(tmp_path):
    write(tmp_path, STAGED)
    path = f"/tmp/{tmp_path.parent.name}-{os.getpid()}-staging.csv"
    words = ("-m", "laminar", "rehearse", "-v", "prog.py", "--")
    try:
        done = run(tmp_path, *words, path)
        assert done.returncode == 0 and "| rows 1,2" in done.stdout, done.stdout + done.stderr
    finally:
        os.remove(path)
    assert not (tmp_path / "notified").exists()
    if confinement.is_possible():
        done = run(tmp_path, *words, "staging.csv")
        assert done.returncode == 1
        assert "Read-only file system" in done.stdout and "Fix: write it in a layer, below /tmp" in done.stdout


def test_each_split_reads_on_in_a_file_from_where_the_program_was(tmp_path):
    (tmp_path / "rows").write_bytes(b"".join(f"{number:99}\n".encode() for number in range(1000)))
    write(
        tmp_path,
        HEAD
        + """\
rows = open("rows", "rb")
rows.readline()

@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.numbers = [int(line) for line in rows]

if flow := Train():
    numbers = flow(n=[1, 2, 3]).layer(Fit).numbers
    print([found == list(range(1, 1000)) for found in numbers], int(rows.readline()))
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "[True, True, True] 1\n"), done.stderr


def test_a_program_whose_rows_come_on_standard_input_runs(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.n = len(parameters.rows), sys.stdin.read()

if flow := Train():
    print("n", flow(rows=sys.stdin.read().split()).layer(Fit).n)
""",
    )
    assert run(tmp_path, "prog.py", stdin="1 2 3").stdout == "n (3, '')\n"


STREAMS = {
    "tee": """\
class Tee:
    def __init__(self, stream): self.stream = stream
    def write(self, text): self.stream.write(text); return len(text)
    def flush(self): self.stream.flush()
sys.stdout = Tee(sys.stdout)
""",
    "wrapped": "import io\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8', line_buffering=True)\n",
    "reconfigured": "sys.stdout.reconfigure(line_buffering=True)\n",
    "in memory": "import io, contextlib\nkept = io.StringIO()\nsys.stdout = kept\n",
}


@pytest.mark.parametrize("kind", STREAMS)
def test_what_a_layer_prints_is_shown_whatever_the_program_did_to_its_stream(kind, tmp_path):
    write(
        tmp_path,
        HEAD
        + STREAMS[kind]
        + """\
@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        print("hello")

if flow := Train():
    flow()
    print("after", file=sys.stdout)
if "kept" in globals():
    sys.stdout = sys.__stdout__
    print(kept.getvalue(), end="")
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "Fit | hello\nafter\n"), done.stderr


def test_what_the_program_left_in_a_buffer_is_written_once(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        out.write(f"layer {parameters.n}\\n")

out = open("out.txt", "w")
out.write("top\\n")
print("printed at the top")
if flow := Train():
    flow(n=[1, 2])
out.write("end\\n")
""",
    )
    done = run(tmp_path, "prog.py")
    assert done.stdout == "printed at the top\n", done.stderr
    lines = (tmp_path / "out.txt").read_text().splitlines()
    assert (lines[0], sorted(lines[1:-1]), lines[-1]) == ("top", ["layer 1", "layer 2"], "end")


SIGNALS = {
    "SIGCHLD ignored": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "SIGCHLD handled": "signal.signal(signal.SIGCHLD, lambda *_: os.waitpid(-1, os.WNOHANG))",
    "SIGPIPE default": "signal.signal(signal.SIGPIPE, signal.SIG_DFL)",
    "SIGINT default": "signal.signal(signal.SIGINT, signal.SIG_DFL)",
    "a loop that handled signals": """\
import asyncio
async def fetch():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
asyncio.run(fetch())""",
}


@pytest.mark.parametrize("kind", SIGNALS)
def test_signal_handlers_and_event_loops_of_the_program_do_not_disturb_a_run(kind, tmp_path):
    write(
        tmp_path,
        HEAD
        + f"import signal\n{SIGNALS[kind]}\n"
        + """\
@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.x = parameters.n

if flow := Train():
    print("x", list(flow(n=[1, 2, 3]).layer(Fit).x))
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "x [1, 2, 3]\n"), done.stderr


def test_a_flow_is_called_in_a_running_event_loop_and_a_layer_runs_a_loop_of_its_own(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
import asyncio

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.x = asyncio.run(answer())

async def answer():
    await asyncio.sleep(0)
    return 42

async def main():
    return Train()().layer(Fit).x

print("x", asyncio.run(main()))
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "x 42\n"), done.stderr


def test_many_runs_in_one_process_leak_nothing(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.x = parameters.n

found = set()
for i in range(8):
    Train()(n=i)
    if i:
        children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
        found.add((len(os.listdir("/proc/self/fd")), len(children), len(os.listdir("/proc/self/task"))))
print(len(found))
""",
    )
    done = run(tmp_path, "prog.py")
    assert done.stdout == "1\n", done.stderr


def test_an_encoding_of_the_terminal_is_passed_through(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        print("é" * 3000 * parameters.n)

if flow := Train():
    print("größe", flow(n=[1, 2, 3]).finished)
""",
    )
    command = [sys.executable, "prog.py"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, env=variables(PYTHONIOENCODING="latin-1"), timeout=LIMIT, check=False
    )
    lines = done.stdout.decode("latin-1").splitlines()
    assert sorted(lines[:-1]) == [f"Fit[{index}] | {'é' * 3000 * (index + 1)}" for index in range(3)], done.stderr
    assert lines[-1] == "größe True"
