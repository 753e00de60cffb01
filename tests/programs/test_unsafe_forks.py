"""Where a fork is not safe, workers start anew and load the program, which is said once with the reason; nothing hangs."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.programs import HEAD, run, variables, write

THREAD = "import threading\nthreading.Thread(target=time.sleep, args=(100,), name='tracker', daemon=True).start()\n"
BODY = """\
@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        logging.info("hi")
        print("args", sys.argv[1:])
        self.x = parameters.n

if flow := Train():
    print("x", list(flow(n=[1, 2]).layer(Fit).x))
    with open("after", "a") as file:
        file.write("x")
"""
LOGGING = "import logging\nlogging.basicConfig(stream=sys.stdout, level=logging.INFO)\n"


@pytest.mark.parametrize("threads", ["in every process", "in the first process"])
def test_splits_of_a_program_with_threads_behave_as_forked_ones(threads, tmp_path):
    condition = "" if threads == "in every process" else "if 'laminar.local.fork_server.loading' not in sys.modules:\n    "
    write(tmp_path, HEAD + "import threading\n" + condition + THREAD.splitlines()[1] + "\n" + LOGGING + BODY)
    done = run(tmp_path, "prog.py", "--rate", "0.5")
    assert done.returncode == 0, done.stderr
    lines = sorted(done.stdout.splitlines())
    of_each = [line for index in (0, 1) for line in (f"Fit[{index}] | INFO:root:hi", f"Fit[{index}] | args ['--rate', '0.5']")]
    assert lines == sorted([*of_each, "x [1, 2]"])
    assert done.stderr.count("this process cannot be forked: it runs Python threads (tracker)") == 1
    assert (tmp_path / "after").read_text() == "x"


@pytest.mark.slow
def test_a_tee_and_a_changed_folder_are_those_of_the_program_in_a_worker_that_starts_anew(tmp_path):
    tee = """\
class Tee:
    def __init__(self, stream): self.stream = stream
    def write(self, text): self.stream.write(text); return len(text)
    def flush(self): self.stream.flush()
sys.stdout = Tee(sys.stdout)
os.makedirs("work", exist_ok=True)
os.chdir("work")
"""
    write(tmp_path, HEAD + THREAD + LOGGING + tee + BODY)
    done = run(tmp_path, "prog.py")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines())[0] == "Fit[0] | INFO:root:hi"
    assert not (tmp_path / "work" / "work").exists()


def test_a_library_that_keeps_native_threads_is_named(tmp_path):
    pytest.importorskip("polars")
    write(
        tmp_path,
        HEAD
        + """\
import polars as pl

def total():
    frame = pl.DataFrame({"k": list(range(100_000)), "g": [i % 7 for i in range(100_000)]})
    return frame.group_by("g").agg(pl.col("k").sum())["k"].sum()

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.x = total()

total()
if flow := Train():
    print("x", flow().layer(Fit).x)
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "x 4999950000\n"), done.stderr
    assert re.search(r"a library that it imports keeps native threads \(.*polars", done.stderr)


def test_an_idle_pool_that_numpy_ends_before_a_fork_does_not_make_it_unsafe(tmp_path):
    pytest.importorskip("numpy")
    write(
        tmp_path,
        HEAD
        + """\
import numpy
numpy.ones((300, 300)) @ numpy.ones((300, 300))

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.x = float((numpy.ones((300, 300)) @ numpy.ones((300, 300)))[0, 0])

if flow := Train():
    print("x", flow().layer(Fit).x)
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "x 300.0\n"), done.stderr
    assert "cannot be forked" not in done.stderr


@pytest.mark.slow
def test_a_program_that_waits_for_what_the_first_process_holds_is_reported_with_its_line(tmp_path):
    write(
        tmp_path,
        HEAD
        + THREAD
        + """\
import fcntl
lock = open("lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.x = 1

if flow := Train():
    flow()
""",
    )
    done = run(tmp_path, "prog.py", env=variables(LAMINAR_LOAD_SECONDS="2"))
    assert done.returncode == 1
    assert "was not loaded within 2 s" in done.stderr
    assert "prog.py:11" in done.stderr


def test_a_port_that_the_first_process_listens_on_is_a_clear_error(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
import http.server, threading
with open("port", "a+") as file:
    file.seek(0)
    port = int(file.read() or 0)
    server = http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
    file.write("" if port else str(server.server_port))
threading.Thread(target=server.serve_forever, daemon=True).start()

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.x = 1

if flow := Train():
    flow()
""",
    )
    done = run(tmp_path, "prog.py")
    assert done.returncode == 1
    port = (tmp_path / "port").read_text()
    assert f"Address already in use (127.0.0.1:{port}) in a process that loads it again." in done.stderr
    assert "fix: let it acquire ports and locks after the flow's call" in done.stderr


SEVERAL = """\
import sys, threading, time
if "every" in sys.argv or "laminar.local.fork_server.loading" not in sys.modules:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
from laminar import Flow, Layer, Parameters
from laminar.exceptions import ExecutionError

class First(Flow): ...
class Second(Flow): ...
class Third(Flow): ...

state = []

@First.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.x = 10 / parameters.n

@Second.register
class Use(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.seen = [parameters.x, *state]

@Third.register
class Last(Layer):
    def __call__(self) -> None:
        self.seen = list(state)

first = First()
state.append(first(n=1).layer(Fit).x)
try:
    first(n=0)
except ExecutionError as error:
    state.append(error.layer)
state.append(first(n=5).next(flow=Second(), linker=lambda e: Parameters(x=e.layer(Fit).x)).layer(Use).seen)
print(Third()().layer(Last).seen == state, state)
"""


@pytest.mark.parametrize("threads", ["first", pytest.param("every", marks=pytest.mark.slow)])
def test_workers_of_a_later_flow_have_what_the_program_made_of_the_results_of_earlier_ones(threads, tmp_path):
    write(tmp_path, SEVERAL)
    done = run(tmp_path, "prog.py", threads)
    assert (done.returncode, done.stdout) == (0, "True [10.0, 'Fit', [2.0, 10.0, 'Fit']]\n"), done.stderr


SERVER = """\
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        time.sleep(0.02)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *args): ...

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
"""


def test_splits_that_use_a_connection_of_the_program_get_their_own_answers(tmp_path):
    write(tmp_path, "import http.server, time\n" + SERVER, "server.py")
    write(
        tmp_path,
        HEAD
        + """\
import http.client
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))

def fetch(path):
    connection.request("GET", path)
    return connection.getresponse().read().decode()

@Train.register(foreach=ForEach([Parameter(Parameters, "n")]))
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.answer = fetch(f"/{parameters.n}")

fetch("/first")
if flow := Train():
    print(*flow(n=[1, 2, 3, 4]).layer(Fit).answer)
""",
    )
    words = [sys.executable, "server.py"]
    with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        try:
            done = run(tmp_path, "prog.py", port)
        finally:
            server.kill()
    assert (done.returncode, done.stdout) == (0, "/1 /2 /3 /4\n"), done.stderr
    assert f"it holds a connection, to 127.0.0.1:{port}, which its forks would share" in done.stderr
