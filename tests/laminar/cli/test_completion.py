"""The shell completes commands, flows, executions, layers, artifacts and parameters; no program is executed for it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from laminar.configurations.datastores import Local, Record

PROGRAM = """\
raise SystemExit("executed")
from laminar import Flow, Layer
class Train(Flow): ...
@Train.register
class Fit(Layer): ...
if flow := Train():
    flow(rate=1, source="a", execution="one")
"""


@pytest.fixture
def complete(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(PROGRAM)
    store = Local(".laminar")
    for execution in ("abc", "xyz"):
        store.save(Record(flow="Train", execution=execution, layer="Fit", artifacts={"score": store.write(1)}))

    store.save(Record(flow="Train", execution="0ujtsYcgvSTl8PAuAdqWYSMnLOv", layer="Parameters"))

    def complete(*words: str) -> list[str]:
        environment = {**os.environ, "_LAMINAR_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("laminar", *words))}
        environment["COMP_CWORD"] = str(len(words))
        code = "from laminar.cli.main import cli; cli(prog_name='laminar')"
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return [line.partition(",")[2] for line in done.stdout.splitlines() if line]

    return complete


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("comp",), {"compile", "completion"}),
        (("results", "T"), {"Train"}),
        (("results", "t"), {"train.py"}),
        (("results", "train.py", ""), {"latest", "abc", "xyz", "YSMnLOv"}),
        (("results", "train.py", "abc", ""), {"Parameters", "Fit"}),
        (("results", "Train", "xyz", "Fit", ""), {"score"}),
        (("results", "--flow", ""), {"Train"}),
        (("run", "train.py", "-p", ""), {"rate=", "source="}),
        (("compile", "train.py", "--flow", ""), {"Train"}),
        (("run", "train.py", "--resume", ""), {"latest", "abc", "xyz", "YSMnLOv"}),
        (("run", "train.py", "--resume", "abc", "--from", ""), {"Fit"}),
        (("runs", "--state", "f"), {"finished", "failed"}),
        (("logs", "train.py", "0uj"), {"0ujtsYcgvSTl8PAuAdqWYSMnLOv"}),
        (("show", "YS"), {"YSMnLOv"}),
        (("results", "Nothing", ""), set()),
        (("results", "Train", "none", ""), set()),
        (("run", "nothing.py", "-p", ""), set()),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else " ".join(value),
)
def test_a_word_is_completed(complete, words, expected):
    found = complete(*words)
    assert set(found) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_calls_the_command(shell):
    done = subprocess.run([sys.executable, "-m", "laminar", "completion", shell], capture_output=True, text=True, check=False)
    assert "_LAMINAR_COMPLETE" in done.stdout
