"""Whole programs, each of a situation that its first lines name, end as expected, in time, and leave no process behind.

Situations whose programs are written in the tests beside this one:

===============================================  =====================================================================
Situation                                        Tests
===============================================  =====================================================================
pools of processes, joblib, spawned workers      test_processes.py: a_pool_of_processes_works, spawned_processes_of_an_...
exit functions, open files, threads of a layer   test_processes.py: a_layer_ends_as_python_ends
programs that a layer starts, nested flows       test_processes.py: programs_that_a_layer_starts_are_no_workers
input() and breakpoint() in a layer              test_processes.py: a_question_in_a_layer; test_output.py: a_question_is_...
a prompt of the Thread executor                  test_output.py: a_prompt_of_a_thread_is_shown
output cut off, on a full disk, of long lines    test_output.py
few open files allowed                           test_output.py: more_processes_than_files_may_be_open
async and generator layers                       test_layer_contract.py: a_layer_that_a_flow_cannot_call
profilers, stdin, exec, runpy, spaces, packages  test_modules.py: a_program_runs_however_it_is_started and others
imported programs, console scripts, encodings    test_modules.py
argv changed, mkdir at the top                   test_state.py: layers_see_the_state_that_the_program_is_in
clean-up after the call                          test_state.py: what_stands_around_a_call_is_executed_once
rows on standard input, replaced stdout          test_state.py: a_program_whose_rows_..., what_a_layer_prints_is_shown
signal handlers and event loops at the top       test_state.py: signal_handlers_and_event_loops
many runs in one process, other encodings        test_state.py: many_runs_in_one_process, an_encoding_of_the_terminal
threads at the top, a fixed port, polars alone   test_unsafe_forks.py
seeds and generators at the top                  test_random_numbers.py
===============================================  =====================================================================
"""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.programs import LIMIT, variables

CASES = Path(__file__).parent / "cases"
OTHER = [sys.executable, "-m", "laminar"]
STORE = ("--datastore", "s3://bucket/store")
WORDS = {
    "python": [sys.executable],
    "run": [*OTHER, "run"],
    "compile": [*OTHER, "compile", *STORE],
    "lint": [*OTHER, "lint", *STORE],
    "rehearse": [*OTHER, "rehearse", "-v"],
}
FAST = {
    ("logging_to_stdout.py", "python"),
    ("exception_that_does_not_unpickle.py", "run"),
    ("exception_kinds.py badstr", "python"),
    ("annotation_kinds/prog.py FitOptional", "python"),
    ("layer_shapes.py init", "python"),
    ("artifact_kinds.py lock", "python"),
    ("parameter_named_json.py", "compile"),
    ("global_between_flows.py", "python"),
    ("required_argument.py", "compile"),
    ("parameter_overrides.py debug=False", "run"),
}
"""Telling cases that run without --all; the others are slow together."""


class Case(NamedTuple):
    """A program, how it is started, and its expected end; ``out`` is a fragment of stdout, and whole if it ends with a newline."""

    file: str
    words: str
    code: int = 0
    out: str = ""
    err: str = ""
    args: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """The program with its arguments."""
        return " ".join([self.file, *self.args, *(word for word in self.options if word != "-p")])

    def command(self, *, words: str = "") -> list[str]:
        """Return the words of the shell; a command of laminar separates the program's own arguments by ``--``."""
        words = words or self.words
        between = ["--"] if self.args and words != "python" else []
        return [*WORDS[words], Path(self.file).name, *self.options, *between, *self.args]


def alike(file: str, out: str, *words: str, code: int = 0, err: str = "", args: tuple[str, ...] = ()) -> list[Case]:
    """Return a case of each way to start a program, with one expectation."""
    return [Case(file, word, code, out, err, args) for word in words]


def kinds(file: str, names: str, out: str = "", *, code: int = 0, err: str = "", words: str = "python") -> list[Case]:
    """Return a case of each kind, which is the program's first argument; ``{}`` in an expectation is the kind."""
    return [Case(file, words, code, out.replace("{}", kind), err.replace("{}", kind), (kind,)) for kind in names.split()]


SIMPLE = [
    *alike("logging_to_stdout.py", "Fit | INFO fitting now\nx 1\n", "python", "run"),
    Case("logging_to_stdout.py", "python", 0, "x 1", "", env=(("TMPDIR", "/nonexistent"),)),
    Case("exit_function_in_a_pod.py", "rehearse", 0, "| FLUSHED"),
    *alike("exception_that_does_not_unpickle.py", "", "python", "run", code=1, err="failed (attempt 1): Bad: 7: no more\n"),
    Case("exception_that_does_not_unpickle.py", "rehearse", 1, "failed (attempt 1): Bad: 7: no more"),
    *alike("layer_as_an_artifact.py", "[1, 2, 3] 2\n", "python", "run"),
    *alike("names_outside_ascii.py", "Schätzung | größe Ähre\nmain größe\n", "python", "run"),
    Case("names_outside_ascii.py", "python", 0, "main größe", env=(("LC_ALL", "C"), ("PYTHONIOENCODING", "utf-8"))),
    Case("names_outside_ascii.py", "compile", 1, "", "Parameter 'straße' of flow 'Größe' has a name that Argo rejects"),
    *alike("parameter_named_json.py", "['x', 3, 'm']\n", "python", "run"),
    *alike("parameter_named_json.py", "", "compile", "lint", "rehearse", code=1, err="means all parameters together to Argo"),
    Case("polars_at_the_top.py", "python", 0, "sums [2857157142,", "this process cannot be forked"),
    Case("openmp_at_the_top.py", "python", 0, "n 5 5", "this process cannot be forked"),
    *alike("spawn_as_start_method.py", "squares [0, 1, 4, 9]\n", "python", "run"),
    *alike("layers_made_in_a_loop.py", "total 3 10\n", "python", "run"),
    *alike("layers_made_in_a_loop.py", "Pod        train.Typed(0)", "rehearse"),
    *alike("names_of_layers.py", "x 49\n", "python", "run"),
    Case("names_of_layers.py", "compile", 0, "laminar/flow: "),
    Case("names_of_layers.py", "rehearse", 0, "the workflow: Succeeded"),
    *alike("container_settings/main.py", "Fit | J 'é😀' SAME", "python", "run"),
    Case("container_settings/main.py", "rehearse", 0, "J 'é😀' SAME"),
    *alike("global_between_flows.py", "program 0.9 layer 0.9\n", "python", "run"),
    Case("global_between_flows.py", "compile", 0, "Stats", "is not part of the document"),
]
ARGUMENTS = [
    *alike("required_argument.py", "", "python", "run", code=2, err="the following arguments are required: --rate"),
    *alike("required_argument.py", "", "compile", "lint", "rehearse", code=1, err="fix: pass the program's own arguments after --"),
    *alike("required_argument.py", "x 0.5\n", "python", "run", args=("--rate", "0.5")),
    *alike("required_argument.py", '"--", --rate, "0.5"', "compile", args=("--rate", "0.5")),
    *alike("required_argument.py", "", "lint", args=("--rate", "0.5")),
    *alike("required_argument.py", "the workflow: Succeeded", "rehearse", args=("--rate", "0.5")),
    *alike("arguments_of_the_program.py", "Fit | rate 0.5\nrate in the layer: 0.5\n", "python", "run", args=("--rate", "0.5")),
    *alike("arguments_of_the_program.py", '"--", --rate, "0.5"', "compile", args=("--rate", "0.5")),
    *alike("arguments_of_the_program.py", "| rate 0.5", "rehearse", args=("--rate", "0.5")),
    *alike("typer_command.py", "x 0.2\n", "python", "run"),
    *alike("typer_command.py", "x 1.0\n", "python", "run", args=("--rate", "0.5")),
    *alike("typer_command.py", "rate", "compile", args=("--rate", "0.5")),
    Case("parameter_overrides.py", "run", 0, "seen ['False', False, '0.1']\n", options=("-p", "debug=False")),
    Case("parameter_overrides.py", "run", 0, "seen ['False', False, '0.1']\n", options=("-p", "debug=0")),
    Case("parameter_overrides.py", "run", 0, "seen ['True', True, '0.5']\n", options=("-p", "rate=.5")),
    Case("parameter_overrides.py", "run", 1, "", "it must be a number", options=("-p", "rate=0.1,0.2")),
]
JSON = "bigint tuple surrogate nul negzero nested braces quotes"
"""Parameters that JSON carries."""
OTHERS = "npfloat npint decimal date aware path nan inf strenum intenum dataclass pydantic bytes intkeys ts"
"""Parameters that it does not."""
KINDS = [
    *kinds("fan_out_over_kinds.py", "range numpy tuple", "{} splits 3 ["),
    *kinds("fan_out_over_kinds.py", "set keys gen", code=1, err="fix: pass rates=list(...)"),
    *kinds("parameter_kinds.py", f"{JSON} {OTHERS} npbool", "{} given "),
    *kinds("parameter_kinds.py", JSON, "Fit", words="compile"),
    *kinds("parameter_kinds.py", OTHERS, code=1, err="which JSON cannot carry", words="compile"),
    *kinds("parameter_kinds.py", "npbool", code=1, err="is a numpy.bool", words="compile"),
    *kinds("artifact_kinds.py", "enum", "<Color.RED: 1>"),
    *kinds("artifact_kinds.py", "namedtuple", "Point(x=1, y=2)"),
    *kinds("artifact_kinds.py", "NT", "NT(a=1)"),
    *kinds("artifact_kinds.py", "dataclass", "D(a=1)"),
    *kinds("artifact_kinds.py", "slots lambda defaultdict partial regex logger module class map iter bytesio cycle", "{} -> "),
    *kinds("artifact_kinds.py", "local_nt local_dc local_enum closure exc none nan proxy", "{} -> "),
    *kinds("artifact_kinds.py", "mv", "mv -> <class 'memoryview'>"),
    *kinds(
        "artifact_kinds.py", "generator sqlite lock deep coro file", code=1, err="Attribute 'value' of layer 'Fit' cannot be stored"
    ),
    *kinds("layer_shapes.py", "init", code=1, err="a flow does not call Fit.__init__"),
    *kinds("layer_shapes.py", "static", code=1, err="fix: drop @staticmethod."),
    *kinds("layer_shapes.py", "dataclass generic abc nested super delete", "{} x 3 ("),
    *kinds("layer_shapes.py", "property", "property x 18 ('x',)\n"),
    *kinds("layer_shapes.py", "setattr", "setattr x 5 ('a b', 'class', 'x')\n"),
    *kinds("shard_kinds.py", "df dict", code=1, err="fix: write self.shard(rows="),
    *kinds("shard_kinds.py", "str", "str ['a', 'b', 'c']\n"),
    *kinds("shard_kinds.py", "np", "np [array([0, 1]), array([2, 3])]\n"),
    *kinds("store_kinds.py", "tilde path", "x 1\n"),
    *kinds("store_kinds.py", "s3", code=1, err="Unable to locate credentials"),
    *kinds("annotation_kinds/prog.py", "Fit", "Fit n 2\n"),
    *kinds(
        "annotation_kinds/prog.py",
        "FitDotted FitOptional FitUnion FitAnnotated FitDefault",
        code=1,
        err="of {}.__call__ is annotated",
    ),
    *kinds("annotation_kinds/prog.py", "FitArgs", code=1, err="FitArgs.__call__ takes *layers"),
]
EXCEPTIONS = {
    "badstr": "BadStr: <exception str() failed>",
    "base": "Own: x",
    **({"group": "ExceptionGroup: g (2 sub-exceptions)"} if sys.version_info >= (3, 11) else {}),
    "kbd": "KeyboardInterrupt",
    "cancel": "CancelledError",
    "genexit": "GeneratorExit",
    "big": "ValueError: xxx",
    "surrogate": "ValueError: a",
    "stop": "StopIteration",
    "memory": "MemoryError",
    "exit3": "SystemExit: 3",
    "reduce": "Slow",
    "multi": "ValueError: line1|line2|{x} [bold]",
}
FAILING = [Case("exception_kinds.py", "python", 0, shown, args=(kind,)) for kind, shown in EXCEPTIONS.items()]
ALL = [*SIMPLE, *ARGUMENTS, *KINDS, *FAILING]


def placed(case: Case, folder: Path) -> Path:
    """Copy a program, or its folder, into an empty folder and return where it runs."""
    source = CASES / case.file
    if "/" not in case.file:
        shutil.copy(source, folder)
        return folder
    return Path(shutil.copytree(source.parent, folder / "case"))


def environment(case: Case, folder: Path) -> dict[str, str]:
    """Return variables of a user without credentials, and a mark that every descendant of the program carries."""
    plain = {name: value for name, value in variables().items() if not name.startswith("AWS_")}
    quiet = {"OMP_WAIT_POLICY": "passive"}  # OpenMP threads that wait would keep the processors from the others
    return {**plain, **quiet, "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true", "CASE_MARK": str(folder), **dict(case.env)}


def descendants(folder: Path) -> list[int]:
    """Return the processes that carry the mark of a folder (Linux: proc(5), /proc/pid/environ)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"CASE_MARK={folder}\0".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:  # it ended meanwhile, or is another user's
            pass
    return found


def left(folder: Path) -> list[int]:
    """Return the processes that are there still after a time to end, and kill them."""
    until = time.monotonic() + 10
    while (found := descendants(folder)) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return found


def started(case: Case, folder: Path, **streams: Any) -> subprocess.Popen[bytes]:
    """Start a case in a session of its own, so that its group is killed at once."""
    where = placed(case, folder)
    return subprocess.Popen(case.command(), cwd=where, env=environment(case, folder), start_new_session=True, **streams)  # type: ignore[call-overload,no-any-return]


def ended(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Wait for a program; kill its process group after the limit."""
    try:
        out, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=10)
        pytest.fail(f"no end after {LIMIT} s: {(out or b'')[-500:]!r} {(err or b'')[-500:]!r}")
    return (out or b"").decode("utf-8", "replace"), (err or b"").decode("utf-8", "replace")


def parameters(cases: list[Case]) -> list[object]:
    """Return the cases as pytest's parameters, slow unless they are among the telling ones."""
    seen: set[tuple[str, str]] = set()
    found: list[object] = []
    for case in cases:
        fast = (case.label, case.words) in FAST - seen
        seen.add((case.label, case.words))
        name = " ".join([case.words, case.label, *(f"{key}={value}" for key, value in case.env)])
        found.append(pytest.param(case, id=name, marks=() if fast else pytest.mark.slow))
    return found


@pytest.mark.parametrize("case", parameters(ALL))
def test_a_program_ends_as_expected(case, tmp_path):
    if case.file.startswith(("polars", "typer")):
        pytest.importorskip(case.file.split("_")[0])
    process = started(case, tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = ended(process)
    assert process.returncode == case.code, err
    assert out == case.out if case.out.endswith("\n") else case.out in out
    assert case.err.rstrip("\n") in err
    assert left(tmp_path) == []


PLAIN = list({case.file: case for case in ALL if case.words == "python" and case.code == 0}.values())
"""One case of each program, as it runs by ``python``."""


def into_a_closed_pipe(case: Case, folder: Path) -> subprocess.Popen[bytes]:
    """Start a case whose output is read up to the first line, as head -1 reads it."""
    reading, writing = os.pipe()
    process = started(case, folder, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    threading.Thread(target=read_until, args=(reading, (b"", b"\n"), 1), daemon=True).start()
    return process


def into_a_full_disk(case: Case, folder: Path) -> subprocess.Popen[bytes]:
    """Start a case neither of whose streams can be written (full(4))."""
    full = os.open("/dev/full", os.O_WRONLY)
    process = started(case, folder, stdin=subprocess.DEVNULL, stdout=full, stderr=full)
    os.close(full)
    return process


def on_a_terminal(case: Case, folder: Path) -> subprocess.Popen[bytes]:
    """Start a case on a terminal that shows all."""
    master, slave = pty.openpty()
    process = started(case, folder, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    threading.Thread(target=read_until, args=(master, (b"",), 65536), daemon=True).start()
    return process


def read_until(descriptor: int, ends: tuple[bytes, ...], size: int) -> None:
    """Read until something ends it, an error included: EIO says that nobody holds a terminal any more (pty(7))."""
    with contextlib.suppress(OSError):
        while os.read(descriptor, size) not in ends:
            pass
    os.close(descriptor)


@pytest.mark.slow
@pytest.mark.parametrize("case", [pytest.param(case, id=case.label) for case in PLAIN])
def test_a_program_ends_wherever_its_output_goes(case, tmp_path):
    processes = []
    for number, start in enumerate((into_a_closed_pipe, into_a_full_disk, on_a_terminal)):
        (folder := tmp_path / str(number)).mkdir()
        processes.append((start(case, folder), folder))
    for process, folder in processes:
        ended(process)
        assert left(folder) == []
    assert processes[2][0].returncode == case.code


@pytest.mark.slow
def test_a_line_after_the_call_is_executed_once_for_the_run_and_for_no_other_command(tmp_path):
    case = Case("line_after_the_call.py", "python")
    ended(started(case, tmp_path))
    for command in ("compile", "lint", "results", "du", "gc"):
        words = [*OTHER, command, case.file, *(STORE if command in ("compile", "lint") else ())]
        subprocess.run(words, cwd=tmp_path, env=environment(case, tmp_path), check=True, capture_output=True, timeout=LIMIT)
    assert (tmp_path / "mail.txt").read_text() == "training finished\n"


@pytest.mark.slow
def test_a_store_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / ".laminar").touch()
    process = started(Case("logging_to_stdout.py", "python"), tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert "Error: " in (errors := ended(process)[1])
    assert ".laminar" in errors
    assert process.returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "words"),
    [(signal.SIGINT, "python"), (signal.SIGTERM, "python"), (signal.SIGTERM, "run"), (signal.SIGHUP, "run")],
    ids=lambda each: getattr(each, "name", each),
)
def test_a_run_ends_by_a_signal_with_its_processes_and_is_resumed_by_the_command_that_it_prints(kind, words, tmp_path):
    case = Case("signal_to_a_run.py", words)
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    handled = partial(signal.signal, kind, signal.SIG_DFL)  # nohup ignores SIGHUP in all that it starts
    process = started(case, tmp_path, preexec_fn=handled, **pipes)
    assert process.stdout is not None
    while b"started" not in (line := process.stdout.readline()):
        assert line, "the layer did not start"
    process.send_signal(kind)
    errors = ended(process)[1]
    assert process.returncode == -kind
    assert left(tmp_path) == []
    assert not [line for line in errors.splitlines() if "asyncio" in line or "laminar/" in line], errors
    command = errors.strip().splitlines()[-1].rpartition("resume with: laminar ")[2]
    (tmp_path / "go").touch()
    done = subprocess.run(
        [*OTHER, *command.split()],
        cwd=tmp_path,
        env=environment(case, tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT,
    )
    assert done.stdout == "y 2\n"
