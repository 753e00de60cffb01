"""The process of a layer is a good process: pools, child programs, its end."""

from __future__ import annotations

import pytest

from tests.support.programs import HEAD, run, write

POOLS = {
    "spawn, guarded": (
        "with mp.get_context('spawn').Pool(2) as pool:\n            self.out = pool.map(square, range(4))",
        "if flow := Train():",
    ),
    "spawn, main": (
        "with mp.get_context('spawn').Pool(2) as pool:\n            self.out = pool.map(square, range(4))",
        "if __name__ == '__main__':\n    flow = Train()",
    ),
    "fork": (
        "with ProcessPoolExecutor(2) as pool:\n            self.out = list(pool.map(square, range(4)))",
        "if flow := Train():",
    ),
    "joblib": ("self.out = Parallel(n_jobs=2)(delayed(square)(i) for i in range(4))", "if flow := Train():"),
}


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("prog.py",), id="python"),
        pytest.param(("-m", "laminar", "run", "prog.py"), id="laminar run", marks=pytest.mark.slow),
    ],
)
def test_a_pool_of_processes_works_in_a_layer(kind, command, tmp_path):
    body, guard = POOLS[kind]
    if kind == "joblib":
        pytest.importorskip("joblib")
    write(
        tmp_path,
        HEAD
        + "import multiprocessing as mp\nfrom concurrent.futures import ProcessPoolExecutor\n"
        + ("from joblib import Parallel, delayed\n" if kind == "joblib" else "")
        + f"""\
def square(x):
    return x * x

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        {body}

{guard}
    print("out", flow().layer(Fit).out)
""",
    )
    done = run(tmp_path, *command)
    assert (done.returncode, done.stdout) == (0, "out [0, 1, 4, 9]\n"), done.stderr


def test_spawned_processes_of_an_unguarded_program_are_refused_with_the_line(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
import multiprocessing as mp

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        process = mp.get_context("spawn").Process(target=print)
        process.start()
        process.join()
        self.code = process.exitcode

print("code", Train()().layer(Fit).code)
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "code 1\n"), done.stderr
    assert "Flow 'Train' is called where multiprocessing imports the program" in done.stderr
    assert "at: prog.py:17" in done.stderr


def test_a_layer_ends_as_python_ends_with_its_exit_functions_threads_and_files(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
import atexit, logging.handlers, tempfile
from concurrent.futures import ThreadPoolExecutor

atexit.register(lambda: print("program ends", flush=True))
folder = tempfile.TemporaryDirectory()

def slow():
    time.sleep(0.2)
    with open("thread.txt", "w") as file:
        file.write("done")

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        global pool, out
        atexit.register(print, "FLUSHED")
        out = open("rows.txt", "w")
        out.write("row")
        pool = ThreadPoolExecutor(1)
        pool.submit(slow)

if flow := Train():
    flow()
    print(open("rows.txt").read(), open("thread.txt").read(), os.path.isdir(folder.name))
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "Fit | FLUSHED\nrow done True\nprogram ends\n"), done.stderr
    pod = ("-m", "laminar.runner", "prog.py", "--flow", "Train", "--layer", "Fit", "--execution", "pod")
    assert run(tmp_path, *pod).stdout == "FLUSHED\nprogram ends\n"


ENDS = {
    "os._exit(0)": "its process ended with exit code 0 before the layer did",
    "os._exit(3)": "its process ended with exit code 3 before the layer did",
    "sys.exit(0)": "SystemExit: 0",
    "os.kill(os.getpid(), 11)": "it was ended by SIGSEGV",
    "raise Bad(7, 'no more')": "Bad: 7: no more",
    "raise Mute()": "Mute",
    "raise ValueError('a\\udcff')": "ValueError",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_layer_that_ends_before_its_end_is_reported_as_what_it_is(end, tmp_path):
    write(
        tmp_path,
        HEAD
        + f"""\
class Bad(Exception):
    def __init__(self, code, text):
        super().__init__(f"{{code}}: {{text}}")

class Mute(Exception):
    def __str__(self): raise RuntimeError("no str")

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        {end}

if flow := Train():
    try:
        flow()
    except Exception as error:
        print(type(error).__name__, str(error).encode("ascii", "replace").decode())
""",
    )
    done = run(tmp_path, "prog.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ExecutionError Layer 'Fit' of flow 'Train' failed (attempt ")
    assert ENDS[end] in done.stdout


def test_a_process_that_a_layer_forks_may_leave_by_sys_exit(tmp_path):
    write(
        tmp_path,
        HEAD
        + """\
@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        pid = os.fork()
        if pid == 0:
            sys.exit(5)
        self.code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

if flow := Train():
    print("code", flow().layer(Fit).code)
""",
    )
    done = run(tmp_path, "prog.py")
    assert (done.returncode, done.stdout) == (0, "code 5\n"), done.stderr


def test_programs_that_a_layer_starts_are_no_workers_and_see_the_users_environment(tmp_path):
    write(
        tmp_path,
        HEAD.replace("Train", "Child")
        + """\
@Child.register
class Fit(Layer):
    def __call__(self) -> None:
        self.y = 7

if flow := Child():
    print("y", flow().layer(Fit).y)
""",
        "child.py",
    )
    write(
        tmp_path,
        HEAD
        + """\
import subprocess

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.path = os.environ.get("PYTHONPATH")
        self.split = os.environ["LAMINAR_LAYER_NAME"]
        commands = [[sys.executable, "child.py"], [sys.executable, "-m", "laminar", "run", "child.py"]]
        self.out = [subprocess.run(command, capture_output=True, text=True).stdout for command in commands]

if flow := Train():
    layer = flow().layer(Fit)
    print(layer.path, layer.split, layer.out)
""",
    )
    expected = "None Fit ['y 7\\n', 'y 7\\n']\n"
    done = run(tmp_path, "prog.py")
    assert done.stdout == expected, done.stderr


def test_a_question_in_a_layer_fails_and_says_how_to_debug(tmp_path):
    write(
        tmp_path,
        HEAD
        + "@Train.register\nclass Fit(Layer):\n    def __call__(self) -> None:\n        input('go on? ')\n"
        + "if flow := Train():\n    flow()\n",
    )
    done = run(tmp_path, "-m", "laminar", "run", "prog.py", stdin="yes\n")
    assert done.returncode == 1
    assert "EOFError: EOF when reading a line" in done.stderr
    assert "--debug" in next(line for line in done.stderr.splitlines() if line.startswith("  fix:"))
