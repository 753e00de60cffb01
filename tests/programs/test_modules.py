"""A program is a file, a module of a package, a text on standard input, or run by another tool; importing one starts nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipapp

import pytest

from tests.support.programs import HEAD, LIMIT, run, variables, write

BODY = (
    HEAD
    + """\
class Model:
    w = 3

@Train.register
class Fit(Layer):
    def __call__(self) -> None:
        self.model = Model()
        self.x = double(21)

def double(x): return 2 * x

if flow := Train():
    execution = flow()
    print("x", execution.layer(Fit).x, execution.layer(Fit).model.w)
"""
)
RELATIVE = BODY.replace("def double(x): return 2 * x\n", "from .helpers import double\n")

COMMANDS = {
    "symlink": ("link.py",),
    "profiler": ("-m", "cProfile", "-o", "profile", "prog.py"),
    "tracer": ("-m", "trace", "--count", "-C", "counts", "prog.py"),
    "exec": ("-c", "exec(open('prog.py').read())"),
    "runpy": ("-c", "import runpy; runpy.run_path('prog.py', run_name='__main__')"),
    "laminar run of a file with a space": ("-m", "laminar", "run", "my dir é/my prog #1.py"),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_program_runs_however_it_is_started(kind, tmp_path):
    write(tmp_path, BODY)
    write(tmp_path, BODY, "my dir é/my prog #1.py")
    write(tmp_path, BODY, "elsewhere/real.py")
    os.symlink("elsewhere/real.py", tmp_path / "link.py")
    done = run(tmp_path, *COMMANDS[kind])
    assert done.returncode == 0, done.stderr
    assert "x 42 3" in done.stdout.splitlines(), done.stderr


FLAGS = {
    "warnings are errors": ("-W", "error", "prog.py"),
    "development mode": ("-X", "dev", "prog.py"),
    "without assertions": ("-O", "prog.py"),
    "isolated": ("-I", "prog.py"),
    "zipapp": ("prog.pyz",),
}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=() if kind in ("warnings are errors", "zipapp") else pytest.mark.slow) for kind in FLAGS]
)
def test_a_program_runs_with_flags_of_python_and_from_an_archive(kind, tmp_path):
    write(tmp_path, BODY)
    write(tmp_path, BODY, "archive/__main__.py")
    zipapp.create_archive(tmp_path / "archive", tmp_path / "prog.pyz")
    done = run(tmp_path, *FLAGS[kind])
    assert (done.returncode, "x 42 3" in done.stdout.splitlines()) == (0, True), done.stderr
    assert "Warning" not in done.stderr


LEAVING = """\
import os
real = os._exit
def leave(code):
    with open("left", "a") as file:
        file.write(f"{os.getpid()} {sys.gettrace() is not None}\\n")
    real(code)
os._exit = leave
sys.settrace(lambda *_: None)
"""


def test_a_layers_process_leaves_by_what_a_tool_put_in_the_place_of_os_exit_and_is_traced(tmp_path):
    """Coverage does so with ``patch = _exit``, to save what a forked process has executed (coverage.py 7.10, Configuration)."""
    write(tmp_path, BODY.replace("class Model:", LEAVING + "class Model:").replace("self.x = double(21)", "self.x = os.getpid()"))
    done = run(tmp_path, "prog.py")
    assert done.returncode == 0, done.stderr
    left = dict(line.split() for line in (tmp_path / "left").read_text().splitlines())
    layer = next(line for line in done.stdout.splitlines() if line.startswith("x ")).split()[1]
    assert left[layer] == "True"


THREAD = "import threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["profiler", "tracer"])
def test_workers_that_start_anew_load_the_program_that_a_tool_runs(kind, tmp_path):
    write(tmp_path, BODY.replace("class Model:", THREAD + "class Model:"))
    done = run(tmp_path, *COMMANDS[kind])
    assert done.returncode == 0, done.stderr
    assert "x 42 3" in done.stdout.splitlines() and "cannot be forked" in done.stderr


@pytest.mark.parametrize("kind", ["python", pytest.param("profiler", marks=pytest.mark.slow)])
def test_a_program_that_fails_shows_its_own_lines_and_the_command_that_resumes_it(kind, tmp_path):
    write(tmp_path, BODY.replace("self.x = double(21)", "self.x = 1 / 0"))
    done = run(tmp_path, *(("prog.py",) if kind == "python" else COMMANDS[kind]))
    assert done.returncode == 1
    assert re.findall(r'File "(?:.*/)?(.+)", line', done.stderr) == ["prog.py", "prog.py"]
    assert re.fullmatch(r"  fix: resume with: laminar run prog\.py --resume \w{27}", done.stderr.splitlines()[-1])


def test_a_cell_that_fails_shows_its_own_lines(tmp_path):
    pytest.importorskip("IPython")
    write(tmp_path, BODY.replace("self.x = double(21)", "self.x = 1 / 0"))
    done = run(
        tmp_path, "-m", "IPython", "--colors=NoColor", "--no-banner", "-c", "%run prog.py", env=variables(IPYTHONDIR=str(tmp_path))
    )
    assert re.findall(r'File "(?:.*/)?(.+)", line', done.stdout) == ["prog.py", "prog.py"], done.stdout
    assert "resume with: laminar run prog.py --resume" in done.stdout


def test_a_program_on_standard_input_runs(tmp_path):
    done = run(tmp_path, "-", stdin=BODY)
    assert (done.returncode, done.stdout) == (0, "x 42 3\n"), done.stderr


def test_a_program_runs_under_a_debugger(tmp_path):
    write(tmp_path, BODY)
    done = run(tmp_path, "-m", "pdb", "-c", "continue", "prog.py", stdin="q\n")
    assert "x 42 3" in done.stdout, done.stderr


PACKAGED = {
    "python -m": ("-m", "pkg.flow"),
    "laminar run": ("-m", "laminar", "run", "pkg/flow.py"),
    "a script": ("-c", "import runpy, sys; sys.argv[0] = 'x'; runpy.run_module('pkg.flow', run_name='__main__', alter_sys=True)"),
}


@pytest.mark.parametrize("kind", PACKAGED)
def test_a_file_inside_a_package_runs_as_that_module(kind, tmp_path):
    write(tmp_path, "", "pkg/__init__.py")
    write(tmp_path, "def double(x): return 2 * x\n", "pkg/helpers.py")
    write(tmp_path, RELATIVE, "pkg/flow.py")
    done = run(tmp_path, *PACKAGED[kind])
    assert (done.returncode, done.stdout) == (0, "x 42 3\n"), done.stderr


@pytest.mark.parametrize("threads", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_importing_a_program_starts_nothing_and_another_script_reads_its_results(threads, tmp_path):
    start = "import threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n" if threads else ""
    write(
        tmp_path,
        BODY.replace("execution = flow()", "execution = flow(execution='one')").replace('print("x"', 'print("main"'),
        "train.py",
    )
    write(
        tmp_path,
        "import time\n" + start + "from train import Train, Fit\nif flow := Train():\n    print('x', flow().layer(Fit).x)\n",
        "other.py",
    )
    assert run(tmp_path, "-c", "import train").stdout == ""
    done = run(tmp_path, "other.py")
    assert (done.returncode, done.stdout) == (0, "x 42\n"), done.stderr


@pytest.mark.slow
def test_a_console_entry_point_and_a_module_of_a_package_run(tmp_path):
    write(tmp_path, "", "pkg/__init__.py")
    write(tmp_path, "def double(x): return 2 * x\n", "pkg/helpers.py")
    source = RELATIVE.replace("if flow := Train():\n", "def main():\n    flow = Train()\n")
    write(tmp_path, source + "\nif __name__ == '__main__':\n    main()\n", "pkg/flow.py")
    write(tmp_path, "from .flow import main\nmain()\n", "pkg/__main__.py")
    write(tmp_path, "import sys\nfrom pkg.flow import main\nsys.exit(main())\n", "script")
    for words in (["-m", "pkg"], ["script"], ["-m", "pkg.flow"]):
        done = run(tmp_path, *words)
        assert (done.returncode, done.stdout) == (0, "x 42 3\n"), (words, done.stderr)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_a_program_of_another_encoding_runs(encoding, tmp_path):
    source = BODY.replace("w = 3", 'w = "é"').replace("\n", "\r\n")
    head = "# -*- coding: latin-1 -*-\r\n" if encoding == "latin-1" else ""
    (tmp_path / "prog.py").write_bytes((head + source).encode(encoding))
    done = subprocess.run(
        [sys.executable, "-m", "laminar", "run", "prog.py"],
        cwd=tmp_path,
        capture_output=True,
        env=variables(),
        timeout=LIMIT,
        check=False,
    )
    assert done.stdout.decode() == "x 42 é\n", done.stderr
