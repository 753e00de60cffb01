"""``laminar results``: executions, layers, artifacts and values."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """\
from laminar import Flow, Layer
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

@Train.register
class Read(Layer):
    def __call__(self) -> None:
        self.text = "two\\nlines"
        self.shard(rows=[1, 2])

@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Use(Layer):
    def __call__(self, read: Read) -> None:
        self.value = read.rows

if flow := Train():
    flow()
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    (folder / "flow.py").write_text(PROGRAM)

    def laminar(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "laminar", *arguments]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    for execution in ("xy1", "xy2", "abc"):
        assert laminar("run", "flow.py", "--execution", execution).returncode == 0
    return lambda *arguments: laminar("results", "flow.py", *arguments)


@pytest.mark.slow
def test_executions_layers_artifacts_and_values_are_shown_tab_separated_when_piped(results):
    assert results().stdout.splitlines()[1].split("\t")[:4] == ["Train", "abc", "finished", "2/2"]
    layers = [line.split("\t") for line in results("latest").stdout.splitlines()]
    assert [row[:3] for row in layers[1:]] == [
        ["Parameters", "finished", "-"],
        ["Read", "finished", "-"],
        ["Use", "finished", "2"],
    ]
    assert results("ab", "Read").stdout.splitlines()[1:] == ["rows\tAccessor\tAccessor(2 elements)", "text\tstr\t'two\\nlines'"]
    assert results("abc", "Read", "text").stdout == "two\nlines\n"
    assert results("abc", "Use", "value").stdout == "1\n2\n"
    assert results("abc", "Use", "value", "--index", "1").stdout == "2\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "There is no execution 'nothing' in /"),
        (("abc", "Raed"), "Did you mean 'Read'?"),
        (
            ("abc", "Read", "other"),
            "it is finished.\n  fix: its artifacts are: rows, text.",
        ),
        (("--flow", "Tran"), "Did you mean 'Train'?"),
        (("xy",), "fix: write more of the id; the newest are: xy2, xy1."),
        (("xy", "Read", "text"), "Several executions begin with 'xy' in /"),
        (("",), "of flow Train begins so.\n  fix: the newest are: abc, xy2, xy1."),
        (("abc", "Use", "value", "--index", "2"), "Layer 'Use' has no split 2: it has splits 0 to 1."),
        (("abc", "Use", "--index", "77"), "Layer 'Use' has no split 77: it has splits 0 to 1."),
        (("abc", "Read", "--index", "1"), "Layer 'Read' has no split 1: it is no fan-out, it has split 0 only."),
        (("abc", "Read", "text", "--index", "1"), "it is no fan-out, it has split 0 only."),
    ],
)
def test_what_does_not_exist_is_told(results, arguments, message):
    done = results(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "  at:" not in done.stderr, "a command has no place in a user's program"


def test_a_split_that_the_layer_has_is_read(results):
    assert results("abc", "Use", "--index", "1").stdout.splitlines()[1:] == ["value\tint\t2"]
    assert results("abc", "Read", "text", "--index", "0").stdout == "two\nlines\n"


def test_an_index_without_a_layer_is_a_wrong_command_line(results):
    for words in ((), ("latest",)):
        done = results(*words, "--index", "0")
        assert (done.returncode, done.stdout) == (2, "")
        assert "Pass EXECUTION and LAYER as well" in done.stderr


def test_an_execution_with_a_damaged_document_is_listed_as_damaged_and_the_others_as_they_are(tmp_path):
    (tmp_path / "flow.py").write_text(PROGRAM)

    def laminar(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "laminar", *arguments], cwd=tmp_path, capture_output=True, text=True)

    for execution in ("one", "two"):
        assert laminar("run", "flow.py", "--execution", execution).returncode == 0
    document = tmp_path / ".laminar" / "Train" / "executions" / "one" / "Read" / "0.json"
    document.write_bytes(document.read_bytes()[:-5])
    ended = laminar("results", "flow.py")
    assert ended.returncode == 0
    assert [line.split("\t")[1:3] for line in ended.stdout.splitlines()[1:]] == [["two", "finished"], ["one", "damaged"]]
    assert ended.stderr.startswith("warning: execution one: Document Train/executions/one/Read/0.json")
    assert laminar("results", "flow.py", "latest").returncode == 0


CLASSES = """\
import sys
if "x" not in sys.argv:
    raise SystemExit("executed")
from helpers import Pair
from laminar import Flow, Layer

class Train(Flow): ...

class Own:
    pass

@Train.register
class Make(Layer):
    def __call__(self) -> None:
        self.pair = Pair(1, 2)
        self.own = Own()
        self.number = 3

if flow := Train():
    flow()
"""


def test_results_gc_and_du_execute_no_program(tmp_path):
    (tmp_path / "flow.py").write_text(CLASSES)
    (tmp_path / "helpers.py").write_text("from typing import NamedTuple\nclass Pair(NamedTuple):\n    a: int\n    b: int\n")

    def laminar(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "laminar", *arguments], cwd=tmp_path, capture_output=True, text=True)

    ran = laminar("run", "flow.py", "--execution", "one", "--", "x")
    assert ran.returncode == 0, ran.stderr
    assert "Train\tone\tfinished\t1/1" in laminar("results", "flow.py").stdout
    assert "Train\tone\tfinished\t1" in laminar("results").stdout, "without a program the number of layers is not known"
    assert "Train\tone\tfinished\t1" in laminar("results", "Train", "--datastore", ".laminar").stdout
    assert laminar("results", "flow.py", "one", "Make", "pair").stdout == "Pair(a=1, b=2)\n"
    assert laminar("results", "Train", "one", "Make", "number").stdout == "3\n"
    artifacts = laminar("results", "flow.py", "one", "Make")
    assert [line.split("\t")[:2] for line in artifacts.stdout.splitlines()[1:]] == [
        ["number", "int"],
        ["own", "-"],
        ["pair", "Pair"],
    ]
    own = laminar("results", "flow.py", "one", "Make", "own")
    assert own.returncode == 1
    assert own.stderr.startswith("DatastoreError: The value is an object of a class that the program defines")
    for command in ("gc", "du"):
        assert laminar(command, "flow.py").returncode == 0
        assert laminar(command).returncode == 0


SKIPS = """\
from laminar import Flow, Layer
from laminar.configurations import hooks
class Train(Flow): ...

@Train.register
class May(Layer):
    def __call__(self) -> None: ...
    @hooks.entry
    def never(self) -> bool:
        return False

@Train.register
class Below(Layer):
    def __call__(self, may: May) -> None: ...

if flow := Train():
    flow()
"""


def test_a_layer_below_a_skipped_one_is_skipped(tmp_path):
    (tmp_path / "flow.py").write_text(SKIPS)
    for words in (("run", "flow.py"), ("results", "flow.py"), ("results", "flow.py", "latest")):
        ended = subprocess.run([sys.executable, "-m", "laminar", *words], cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        if words == ("results", "flow.py"):
            assert "finished\t2/2" in ended.stdout
    assert [line.split("\t")[1] for line in ended.stdout.splitlines()[1:]] == ["finished", "skipped", "skipped"]


FAILING = """\
from laminar import Flow, Layer, Parameters
from laminar.configurations.layers import ForEach, Parameter

class Train(Flow): ...

@Train.register(foreach=ForEach([Parameter("Parameters", "items")]))
class Use(Layer):
    def __call__(self, parameters: Parameters) -> None:
        if parameters.items == 2:
            raise ValueError("two")
        self.score = parameters.items * 10

if flow := Train():
    flow(items=[1, 2, 3])
"""


def test_a_fan_out_is_a_row_for_each_split_and_failed_ones_are_shown_as_failed(tmp_path):
    (tmp_path / "flow.py").write_text(FAILING)

    def laminar(*arguments: str) -> str:
        command = [sys.executable, "-m", "laminar", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    laminar("run", "flow.py")
    assert laminar("results", "flow.py", "latest").splitlines()[2].split("\t")[:3] == ["Use", "failed (ValueError: two)", "2/3"]
    rows = [line.split("\t") for line in laminar("results", "flow.py", "latest", "Use").splitlines()]
    assert [[row[0], row[1], row[-1]] for row in rows] == [
        ["split", "state", "score"],
        ["0", "finished", "10"],
        ["1", "failed (ValueError: two)", "-"],
        ["2", "finished", "30"],
    ]
    assert json.loads(laminar("results", "flow.py", "latest", "Use", "--json"))[1] == {
        "split": 1,
        "state": "failed (ValueError: two)",
    }
    laminar("results", "flow.py", "latest", "Use", "-o", "use.csv")
    assert (tmp_path / "use.csv").read_text().splitlines()[2] == "1,failed (ValueError: two),"
    assert json.loads(laminar("results", "flow.py", "latest", "Use", "score", "--json")) == [10, 30]
