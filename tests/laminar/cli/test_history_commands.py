"""``laminar runs``, ``show`` and ``logs`` show the history: piped, as JSON, on a terminal of 80 columns, and in errors."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from laminar import Flow, Layer
from laminar.cli.main import main
from laminar.configurations.datastores import Local, Record
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError


class Train(Flow): ...


@Train.register
class Make(Layer):
    def __call__(self) -> None:
        print("making")
        self.shard(rows=range(3))


@Train.register(foreach=ForEach([Parameter(Make, "rows")]))
class Use(Layer):
    def __call__(self, make: Make) -> None:
        print(f"row {make.rows}")
        if make.rows == 1:
            raise ValueError("bad row 1")
        self.seen = make.rows


@Train.register
class Join(Layer):
    def __call__(self, use: Use) -> None: ...


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    flow = Train(datastore=Local(folder / ".laminar"), executor=Thread())
    with pytest.raises(ExecutionError):
        flow(execution="bad", rate=0.1)
    store = Local(folder / ".laminar")
    store.save(Record(flow="Older", execution="old", layer="Parameters", started="2020-01-01T00:00:00.000Z"))
    return folder


@pytest.fixture
def shell(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    for name in ("ARGO_SERVER", "ARGO_TOKEN", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(folder / "none"))

    def run(*words: str) -> SimpleNamespace:
        code = 0
        try:
            main(list(words))
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return run


def test_runs_are_listed_with_state_duration_and_failed_layers(shell):
    done = shell("runs")
    first, *rows = [line.split("\t") for line in done.out.splitlines()]
    assert first == ["run", "flow", "state", "started", "took", "what"]
    assert {(row[0], row[1], row[2], row[5]) for row in rows} == {
        ("bad", "Train", "failed", "failed: Use"),
        ("old", "Older", "unknown", "an older laminar ran it"),
    }
    assert shell("runs", "Train").out.splitlines()[0] == "run\tstate\tstarted\ttook\twhat"


def test_runs_are_selected_by_state_and_time(shell):
    assert len(shell("runs", "--state", "failed").out.splitlines()) == 2
    assert shell("runs", "--state", "running").err == "There are no such executions.\n"
    assert "old" not in shell("runs", "--since", "1d").out
    done = shell("runs", "--state", "done")
    assert (done.code, "the states are running, finished, failed, interrupted, unknown." in done.err) == (2, True)


def test_runs_are_printed_as_json(shell):
    (one,) = json.loads(shell("runs", "Train", "--json").out)
    assert (one["execution"], one["state"], one["failed"], one["parameters"]) == ("bad", "failed", ["Use"], {"rate": "0.1"})


def test_a_run_is_shown_with_layers_and_failures(shell):
    done = shell("show", "bad")
    assert re.match(r"Train bad: failed after \d", done.out)
    rows = {line.split("\t")[0]: line.split("\t")[1:4] for line in done.out.splitlines() if "\t" in line}
    assert rows == {
        "layer": ["state", "splits", "attempts"],
        "Make": ["finished", "-", "1"],
        "Use": ["failed", "2/3", "3"],
        "Join": ["not run", "-", "-"],
    }
    assert "Use[1] failed: ValueError: bad row 1\n  at: " in done.out
    assert '  |     raise ValueError("bad row 1")\n' in done.out


def test_a_run_is_shown_as_json_with_every_attempt(shell):
    found = json.loads(shell("show", "bad", "--json").out)
    (use,) = [layer for layer in found["layers"] if layer["layer"] == "Use"]
    assert sorted((one["index"], one["how"]) for one in use["attempts"]) == [(0, "finished"), (1, "failed"), (2, "finished")]


def test_on_a_terminal_no_line_is_longer_than_the_terminal_and_the_next_command_is_named(shell, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    done = shell("show", "bad")
    assert "laminar logs bad --failed prints the output of failed attempts" in done.err
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.out)
    table = [line for line in plain.splitlines() if line.startswith(("layer ", "Make ", "Use ", "Join "))]
    assert len(table) == 4 and max(map(len, table)) <= 80
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shell("runs").out).splitlines())) <= 80


def test_logs_are_read_from_the_datastore(shell):
    assert shell("logs", "bad").out.splitlines()[0] == "Make | making"
    assert sorted(shell("logs", "latest", "Use").out.splitlines()) == ["Use[0] | row 0", "Use[1] | row 1", "Use[2] | row 2"]
    assert shell("logs", "Train", "bad", "--failed").out == "Use[1] | row 1\n"
    assert shell("logs", "Train", "bad", "Use", "--index", "2", "-f").out == "Use[2] | row 2\n"
    assert shell("logs", "Train", "bad", "Join").err == "Train bad: layer 'Join' has not started\n"
    assert shell("logs", "Train", "bad", "Make", "--failed").err == "Train bad: nothing was printed\n"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("logs", "bad", "Uze"), 1, "has no layer 'Uze'. Did you mean 'Use'?"),
        (("show", "nothing"), 1, "There is no execution 'nothing' in "),
        (("logs", "nothing"), 1, "Nor is it on a cluster: KUBECONFIG names "),
        (("show",), 2, "Name a run: an execution's id, a workflow's name, a beginning of either, or latest."),
        (("show", "Train", "bad", "more"), 2, "Got unexpected extra words (more)."),
        (
            ("logs", "bad", "Use", "--index", "3"),
            1,
            "Layer 'Use' has no split 3.\n  fix: in execution bad it has 3 splits: 0 to 2.",
        ),
        (("logs", "bad", "Use", "--index", "1", "--attempt", "2"), 1, "There is no attempt 2 of Use[1]."),
        (("logs", "bad", "--index", "1"), 2, "--index and --attempt are of a layer"),
        (("runs", "--since", "2026-13-01"), 2, "'2026-13-01' is not a time"),
        (("show", "none.py"), 1, "Program 'none.py' cannot be read"),
    ],
)
def test_what_does_not_exist_is_one_clear_line(words, code, message, shell):
    done = shell(*words)
    assert (done.code, done.out) == (code, "")
    assert message in done.err


def test_runs_name_the_layers_whose_results_were_reused(shell, tmp_path, monkeypatch):
    class Kept(Flow): ...

    @Kept.register(cache=True)
    class Once(Layer):
        def __call__(self) -> None:
            self.value = 1

    flow = Kept(datastore=Local(tmp_path / ".laminar"), executor=Thread())
    flow(execution="first")
    flow(execution="second")
    monkeypatch.chdir(tmp_path)
    listed = {row["execution"]: row["reused"] for row in json.loads(shell("runs", "--json").out)}
    assert listed == {"first": [], "second": ["Once"]}
    assert "reused: Once" in shell("runs").out


def test_results_of_a_failed_run_say_so(shell):
    assert "failed" in next(line for line in shell("results").out.splitlines() if "bad" in line)


def test_results_name_splits_that_failed_and_go_to_standard_output(shell):
    done = shell("results", "Train", "bad", "Use", "seen", "-o", "-")
    assert (done.code, json.loads(done.out)) == (0, [0, 2])
    assert done.err == "note: without split 1: failed (ValueError: bad row 1)\n"
    done = shell("results", "Train", "bad", "Use", "seen", "--index", "1")
    assert done.code == 1
    assert "Use[1] left no artifact 'seen' in execution 'bad': it failed: ValueError: bad row 1." in done.err


@pytest.mark.parametrize(
    "words", [("show", "latest"), ("show", "9AnmGPM"), ("logs", "latest"), ("results",), ("runs",)], ids=" ".join
)
def test_a_folder_without_executions_is_named_before_a_cluster(words, shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = shell(*words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"DatastoreError: This folder has no datastore: {tmp_path / '.laminar'} does not exist.")
    (tmp_path / ".laminar").mkdir()
    done = shell(*words)
    assert done.out == ""
    assert re.search("the datastore has (none|no execution) yet|There are no executions yet", done.err, re.IGNORECASE)
