"""``laminar gc`` and ``laminar du``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from laminar.configurations.datastores import Local, Record

PROGRAM = """\
from laminar import Flow, Layer
class Train(Flow): ...
class Other(Flow): ...

@Train.register
class Make(Layer):
    def __call__(self) -> None:
        self.x = b"x" * 100_000

if flow := Train():
    flow()
if other := Other():
    pass
"""


def laminar(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "laminar", *words], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a folder with a program that ran 40 days ago, and left an artifact that nothing refers to."""
    (tmp_path / "train.py").write_text(PROGRAM)
    assert laminar(tmp_path, "run", "train.py", "--execution", "one").returncode == 0
    Local(str(tmp_path / ".laminar")).write(b"y" * 50_000)
    for path in (tmp_path / ".laminar").rglob("*"):
        os.utime(path, (time.time() - 40 * 86_400,) * 2)
    return tmp_path


def artifacts(folder: Path) -> int:
    return len(list((folder / ".laminar" / "artifacts").glob("*")))


def test_gc_removes_nothing_until_it_is_told_to(old):
    ended = laminar(old, "gc", "train.py")
    assert ended.returncode == 0, ended.stderr
    assert "Train\tone\t" in ended.stdout
    assert "would remove 1 execution and 1 artifact (50.2 kB)" in ended.stderr
    assert "--delete" in ended.stderr
    assert artifacts(old) == 2
    assert "one" in laminar(old, "results", "train.py").stdout


def test_gc_removes_old_executions_and_their_artifacts_when_grace_has_passed(old):
    ended = laminar(old, "gc", "train.py", "--delete")
    assert "removed 1 execution and 1 artifact (50.2 kB)." in ended.stderr
    assert "1 artifact (100.2 kB) of removed executions can be removed in 1 d" in ended.stderr
    assert laminar(old, "results", "train.py").stdout == ""
    ended = laminar(old, "gc", "train.py", "--grace", "0", "--delete")
    assert "removed 0 executions and 1 artifact" in ended.stderr
    assert "no flow may be running" in ended.stderr
    assert artifacts(old) == 0


def test_gc_spares_what_is_younger_than_it_is_told(old):
    assert "would remove 0 executions and 1 artifact" in laminar(old, "gc", "train.py", "--older-than", "60d").stderr
    assert (
        "would remove 0 executions and 0 artifacts"
        in laminar(old, "gc", "train.py", "--older-than", "60d", "--grace", "50d").stderr
    )
    assert "would remove 0 executions" in laminar(old, "gc", "train.py", "--flow", "Other").stderr


@pytest.mark.parametrize("command", ["gc", "du"])
def test_a_flow_or_a_folder_that_is_not_there_is_an_error(old, command):
    unknown = laminar(old, command, "train.py", "--flow", "Trian")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("FlowError: There is no flow 'Trian'. Did you mean 'Train'?\n  fix: the flows are: ")
    absent = laminar(old, command, "--datastore", str(old / "nowhere"))
    assert absent.returncode == 1
    assert absent.stderr.startswith(f"DatastoreError: There is no datastore at {old / 'nowhere'}.")


def test_gc_warns_where_executions_that_run_may_be_removed(old):
    assert "whose layers have been running for 1 h" in laminar(old, "gc", "train.py", "--older-than", "1h").stderr
    assert "whose layers" not in laminar(old, "gc", "train.py", "--older-than", "1d").stderr


def test_du_says_which_documents_are_damaged_and_gc_removes_nothing(old):
    document = old / ".laminar" / "Train" / "executions" / "one" / "Make" / "0.json"
    document.write_bytes(document.read_bytes()[:-5])
    ended = laminar(old, "du", "train.py")
    assert ended.returncode == 0
    assert "warning: Document Train/executions/one/Make/0.json" in ended.stderr
    ended = laminar(old, "gc", "train.py", "--older-than", "60d", "--delete")
    assert (ended.returncode, artifacts(old)) == (1, 2)
    assert "Nothing is removed" in ended.stderr


def test_a_damaged_note_stops_gc_with_what_to_do_and_du_not_at_all(old):
    assert laminar(old, "gc", "train.py", "--delete").returncode == 0
    [note] = (old / ".laminar" / "removed").iterdir()
    note.write_bytes(note.read_bytes()[:-5])
    assert f"warning: Document removed/{note.name}" in laminar(old, "du", "train.py").stderr
    ended = laminar(old, "gc", "train.py", "--delete")
    assert ended.returncode == 1
    assert f"fix: delete removed/{note.name}: it only keeps artifacts" in ended.stderr
    note.unlink()
    assert laminar(old, "gc", "train.py", "--delete").returncode == 0


def test_a_time_that_is_none_is_a_usage_error(old):
    ended = laminar(old, "gc", "train.py", "--older-than", "30")
    assert (ended.returncode, "'30' is not a duration" in ended.stderr) == (2, True)
    assert laminar(old, "gc").returncode == 0


def test_du_says_what_each_flow_takes(old):
    ended = laminar(old, "du", "--datastore", str(old / ".laminar"))
    rows = [line.split("\t") for line in ended.stdout.splitlines()]
    assert rows[0] == ["flow", "documents", "artifacts", "size", "last written"]
    assert rows[1][:3] == ["Train", "2", "1"]
    [idle] = (path.stat().st_size for path in (old / ".laminar" / "artifacts").iterdir() if path.stat().st_size < 60_000)
    assert rows[2][:4] == ["(nothing refers to)", "-", "1", str(idle)], "in bytes where it is piped"
    assert rows[3][:3] == ["total", "2", "2"]
    assert int(rows[3][3]) == int(rows[1][3]) + idle


def test_du_of_a_flow_lists_its_executions(old):
    store = Local(str(old / ".laminar"))
    store.save(Record(flow="Train", execution="two", layer="Make", artifacts={"x": store.write(b"x" * 100_000)}))
    rows = [line.split("\t") for line in laminar(old, "du", "train.py", "--flow", "Train").stdout.splitlines()]
    assert [row[0] for row in rows] == ["execution", "one", "two"]
    assert [row[2] for row in rows[1:]] == ["1", "1"]
