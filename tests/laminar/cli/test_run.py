"""``laminar run``: parameters, ids, resume, exit codes, output."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from laminar.configurations.datastores import Local

PROGRAM = """\
import sys
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        print(f"reading {parameters.source!r}")
        print("a warning", file=sys.stderr)
        self.shard(rows=parameters.rows)

@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Use(Layer):
    def __call__(self, read: Read) -> None:
        print(f"row {read.rows}")
        if "--fail" in sys.argv and read.rows == 2:
            raise ValueError("ümlaut")
        self.value = read.rows

@Train.register
class Sum(Layer):
    def __call__(self, use: Use) -> None:
        self.total = sum(use.value)

if flow := Train():
    execution = flow(source="a.csv", rows=[1, 2])
    print("total", execution.layer(Sum).total, sys.argv[1:], __name__)
"""


@pytest.fixture
def laminar(tmp_path):
    (tmp_path / "flow.py").write_text(PROGRAM)

    def run(*arguments: str, command: tuple[str, ...] = ("-m", "laminar", "run")) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "NO_COLOR": "1"}
        return subprocess.run(
            [sys.executable, *command, *arguments], cwd=tmp_path, capture_output=True, text=True, env=environment, check=False
        )

    return run


def test_a_program_runs_as_python_would_with_its_layers_output_line_by_line(laminar):
    done = laminar("flow.py", "--", "one", "--two")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Read | reading 'a.csv'"
    assert sorted(lines[1:3]) == ["Use[0] | row 1", "Use[1] | row 2"]
    assert lines[3:] == ["total 3 ['one', '--two'] __main__"]
    assert "Read | a warning" in done.stderr
    assert "Use finished" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_python_runs_it_too(laminar):
    done = laminar("flow.py", command=())
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "total 3 [] __main__"


def test_parameters_are_replaced_by_json_else_text(laminar):
    done = laminar("flow.py", "-p", "rows=[5, 6]", "-p", "source=b.csv")
    assert "Read | reading 'b.csv'" in done.stdout
    assert "total 11" in done.stdout


def test_an_unknown_parameter_is_an_error_with_a_suggestion_before_anything_runs(laminar, tmp_path):
    done = laminar("flow.py", "-p", "row=[5]")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == "FlowError: Flow 'Train' has no parameter 'row'. Did you mean 'rows'?"
    assert not (tmp_path / ".laminar").exists()


def test_a_failed_run_exits_1_and_prints_the_command_that_resumes_it(laminar):
    failed = laminar("flow.py", "--execution", "mine", "--", "--fail")
    assert failed.returncode == 1
    assert "ValueError: ümlaut" in failed.stderr
    last = failed.stderr.splitlines()[-1]
    assert last == "  fix: resume with: laminar run flow.py --resume mine -- --fail"
    resumed = laminar("flow.py", "--resume", "mine")
    assert resumed.returncode == 0, resumed.stderr
    assert "Use[1] | row 2" in resumed.stdout and "Use[0]" not in resumed.stdout
    assert "total 3" in resumed.stdout


def test_resume_without_an_id_takes_the_newest(laminar):
    laminar("flow.py", "--", "--fail")
    resumed = laminar("flow.py", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "Use[1] | row 2" in resumed.stdout and "Use[0]" not in resumed.stdout


def test_resuming_what_never_ran_is_an_error(laminar):
    done = laminar("flow.py", "--resume", "nothing")
    assert done.returncode == 1
    assert "There is no execution 'nothing'" in done.stderr


def test_a_used_id_is_refused(laminar):
    laminar("flow.py", "--execution", "mine")
    again = laminar("flow.py", "--execution", "mine")
    assert again.returncode == 1
    assert "has records already" in again.stderr


def test_execution_and_resume_exclude_each_other_and_from_needs_resume(laminar):
    assert laminar("flow.py", "--resume", "x", "--execution", "y").returncode == 2
    assert laminar("flow.py", "--from", "Use").returncode == 2


def test_a_resumed_execution_keeps_its_parameters(laminar):
    laminar("flow.py", "--execution", "mine", "-p", "rows=[1, 2, 3]", "--", "--fail")
    changed = laminar("flow.py", "--resume", "mine", "-p", "rows=[1]")
    assert changed.returncode == 1
    assert "was started with rows=[1, 2, 3], and is to be resumed with rows=[1]: finished layers" in changed.stderr
    same = laminar("flow.py", "--resume", "mine", "-p", "rows=[1,2,3]")
    assert "total 6" in same.stdout
    assert "note: the execution keeps" not in same.stderr


def test_a_program_resumes_only_its_own_executions(laminar, tmp_path):
    other = tmp_path / "other.py"
    other.write_text(PROGRAM.replace("a.csv", "b.csv"))
    laminar("flow.py", "--execution", "mine", "--", "--fail")
    newest, named = laminar("other.py", "--resume"), laminar("other.py", "--resume", "mine")
    assert "There is no execution of other.py" in newest.stderr
    assert "Execution 'mine' of flow 'Train' is of flow.py, not of other.py." in named.stderr
    assert "fix: laminar run flow.py --resume mine" in named.stderr
    other.rename(tmp_path / "flow.py")  # the program was replaced
    assert "total 3" in laminar("flow.py", "--resume").stdout


def test_a_run_from_a_layer_repeats_what_depends_on_it_and_names_the_command_that_repeats_it(laminar):
    laminar("flow.py", "--execution", "mine")
    again = laminar("flow.py", "--resume", "--from", "Use", "--", "--fail")
    assert "Read" not in again.stdout and "Use[0] | row 1" in again.stdout
    assert "resume with: laminar run flow.py --resume mine --from Use -- --fail" in again.stderr
    assert "total 3" in laminar("flow.py", "--resume").stdout


def test_finished_layers_whose_source_changed_are_named_once(laminar, tmp_path):
    laminar("flow.py", "--execution", "mine", "--", "--fail")
    path = tmp_path / "flow.py"
    path.write_text(path.read_text().replace("reading", "READING"))
    resumed = laminar("flow.py", "--resume", "mine")
    assert resumed.returncode == 0
    assert "note: finished layers whose source changed since are not run again: Read" in resumed.stderr


def test_what_the_program_itself_raises_is_told_with_its_line(laminar, tmp_path):
    path = tmp_path / "flow.py"
    path.write_text(path.read_text().replace('print("total"', 'execution = 1 / 0\n    print("total"'))
    done = laminar("flow.py")
    assert done.returncode == 1
    assert "ended with ZeroDivisionError" in done.stderr
    assert "laminar/cli" not in done.stderr


def test_a_chain_is_run_and_resumed_as_a_whole(laminar, tmp_path):
    path = tmp_path / "flow.py"
    source = path.read_text().split("if flow :=")[0]
    path.write_text(
        source
        + """
class Last(Flow): ...

@Last.register
class End(Layer):
    def __call__(self, parameters: Parameters) -> None:
        if "--fail-last" in sys.argv:
            raise ValueError("last")
        self.value = parameters.total * 2

if flow := Train():
    last = flow(source="a", rows=[1, 2]).next(flow=Last(), linker=lambda e: Parameters(total=e.layer(Sum).total))
    print("value", last.layer(End).value)
"""
    )
    failed = laminar("flow.py", "--execution", "mine", "--", "--fail-last")
    assert failed.returncode == 1
    assert "laminar run flow.py --resume mine" in failed.stderr
    resumed = laminar("flow.py", "--resume", "mine")
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout == "value 6\n"


def test_flows_behind_a_read_run_too(laminar, tmp_path):
    path = tmp_path / "flow.py"
    path.write_text(
        path.read_text()
        + """
class Last(Flow): ...

@Last.register
class End(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.value = parameters.total * 2

if last := Last():
    print("value", last(total=execution.layer(Sum).total).layer(End).value)
"""
    )
    done = laminar("flow.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "value 6"


SEVERAL = """\
from laminar import Flow, Layer, Parameters

class First(Flow): ...
class Second(Flow): ...

@First.register
@Second.register
class Only(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.value = (self.flow.name, parameters.n)

if (first := First()) and (second := Second()):
    one, two = first(n=1), second(n=2)
    print("second", two.layer(Only).value)
    print("first", one.layer(Only).value)
"""


def test_one_of_several_chains_is_named_and_the_others_are_left_out(laminar, tmp_path):
    (tmp_path / "flow.py").write_text(SEVERAL)
    whole = laminar("flow.py")
    assert whole.stdout == "second ('Second', 2)\nfirst ('First', 1)\n", whole.stderr
    unnamed = laminar("flow.py", "-p", "n=5")
    assert unnamed.returncode == 1
    assert "pass --flow First, or another of them" in unnamed.stderr
    named = laminar("flow.py", "-p", "n=5", "--flow", "Second")
    assert named.stdout == "second ('Second', 5)\n"
    assert named.returncode == 1
    assert "Flow 'First' was left out of this run by --flow" in named.stderr
    assert "First: execution" not in named.stderr
    wrong = laminar("flow.py", "--flow", "Third")
    assert "calls no flow 'Third' first in a chain" in wrong.stderr


def test_an_id_in_place_of_the_program_is_told(laminar):
    done = laminar("--resume", "flow.py")
    assert done.returncode == 2
    assert "--resume used 'flow.py' as an id: pass it after PROGRAM" in done.stderr


def test_help_and_version(laminar):
    assert "--resume" in laminar("--help").stdout
    assert laminar("--version", command=("-m", "laminar")).stdout.startswith("laminar, version ")
    assert laminar("--nonsense").returncode == 2
    assert "complete" in laminar("bash", command=("-m", "laminar", "completion")).stdout


TWO = """\
import sys
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

@Train.register
class Read(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.shard(rows=(bytes([number]) * 3000 for number in range(30)))
        self.same = b"same" * 50_000

@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Use(Layer):
    def __call__(self, read: Read, parameters: Parameters) -> None:
        self.value = read.rows + parameters.own.encode()
        self.same = b"same" * 50_000

if flow := Train():
    flow(own=sys.argv[1])
"""


def test_two_runs_at_once_that_write_the_same_content_to_one_store_lose_nothing(tmp_path):
    (tmp_path / "flow.py").write_text(TWO)
    command = [sys.executable, "-m", "laminar", "run", "flow.py"]
    runs = [
        subprocess.Popen([*command, "--execution", own, "--", own], cwd=tmp_path, stderr=subprocess.PIPE) for own in ("one", "two")
    ]
    for run in runs:
        errors = run.communicate()[1]
        assert run.returncode == 0, errors.decode()
    store = Local(str(tmp_path / ".laminar"))
    for own in ("one", "two"):
        records = store.records("Train", own, "Use")
        assert len(records) == 30
        values = [store.read(records[index].artifacts["value"]) for index in range(30)]
        assert values == [bytes([index]) * 3000 + own.encode() for index in range(30)]
        assert all(store.read(record.artifacts["same"]) == b"same" * 50_000 for record in records.values())
    assert len({store.records("Train", own, "Read")[0].artifacts["same"].address for own in ("one", "two")}) == 1


def test_a_run_is_summed_up_with_the_command_that_shows_it(laminar):
    done = laminar("flow.py", "--execution", "one")
    assert done.stderr.splitlines()[-2:] == [
        next(line for line in done.stderr.splitlines() if line.startswith("Train: finished in ")),
        "  see it: laminar report flow.py one",
    ]
    assert "3 layers finished" in done.stderr
    assert laminar("flow.py", "one", "-o", "page.html", command=("-m", "laminar", "report")).returncode == 0


def test_a_quiet_run_reports_nothing_but_output_and_errors(laminar):
    done = laminar("flow.py", "-q", "--", "--fail")
    assert done.stderr.splitlines()[0] == "Read | a warning"
    assert done.stderr.splitlines()[1].startswith("ExecutionError: ")


def test_a_verbose_run_reports_starts_and_splits(laminar):
    done = laminar("flow.py", "-v")
    for line in ("  Read starts", "  Use starts (2 splits)", "  Use[1] finished"):
        assert line in done.stderr.splitlines()


def test_a_run_is_reported_as_json_the_error_too(laminar):
    done = laminar("flow.py", "--log-format", "json", "--", "--fail")
    assert done.returncode == 1
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [event["event"] for event in events if event["event"].startswith("run")] == ["run started", "run ended"]
    assert events[-1]["event"] == "error"
    assert "ümlaut" in events[-1]["what"]
    assert {json.loads(line)["text"] for line in done.stdout.splitlines()} >= {"reading 'a.csv'", "row 1"}


def test_quiet_and_verbose_contradict_each_other(laminar):
    assert laminar("flow.py", "-q", "-v").returncode == 2
