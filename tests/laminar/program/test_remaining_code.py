"""How far a program is executed when it is compiled, and which lines it executed that are no flow's."""

from __future__ import annotations

from pathlib import Path

import pytest

from laminar.compiler import recorder
from laminar.program.recording import Recording

HEAD = """\
import os, sys
from laminar import Flow, Layer, Parameters

TRACE = os.environ["TRACE"]

class Train(Flow): ...
class Score(Flow): ...

@Train.register
@Score.register
class Fit(Layer):
    def __call__(self) -> None: ...

def mark(text):
    with open(TRACE, "a") as file:
        file.write(text + " ")

"""
LINES = HEAD.count("\n")

ENDS = {
    "nothing after it is a flow's": (
        "if flow := Train():\n    flow()\n    os.write(trace, b'mail ')\nos.write(trace, b'end ')\n",
        "",
    ),
    "in a function of the program": (
        "def main():\n    flow = Train()\n    flow(rate=1)\n    os.write(trace, b'mail ')\nmain()\nos.write(trace, b'end ')\n",
        "",
    ),
    "a chain": (
        "flow = Train()\nflow().next(flow=Score(), linker=lambda e: Parameters())\nos.write(trace, b'mail ')\n",
        "",
    ),
    "in try, with and finally": (
        "try:\n    with open(os.devnull) as f:\n        Train()()\n        os.write(trace, b'mail ')\n"
        "finally:\n    os.write(trace, b'f ')\n",
        "f ",
    ),
    "the last of two": (
        "Train()()\nos.write(trace, b'one ')\nScore()()\nos.write(trace, b'two ')\n",
        "one ",
    ),
    "a loop": ("for rate in (1, 2):\n    Train()(rate=rate)\n    os.write(trace, b'x ')\n", "x x "),
    "a function of the program": ("Train()()\nmark('one')\n", "one "),
    "an assigned execution": (
        "e = Train()()\nos.write(trace, b'one ')\nprint(e.finished)\nos.write(trace, b'two ')\n",
        "one ",
    ),
    "a bare except": ("try:\n    Train()()\nexcept:\n    os.write(trace, b'caught ')\n", "caught "),
}


def recorded(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Recording, str]:
    """Record a program, and return the trace that it wrote."""
    monkeypatch.setenv("TRACE", str(folder / "trace"))
    (folder / "prog.py").write_text(HEAD + "trace = os.open(TRACE, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n" + body)
    monkeypatch.chdir(folder)
    found = recorder.record("prog.py") if "Score()" in body else _alone(folder)
    return found, (folder / "trace").read_text()


def _alone(folder: Path) -> Recording:
    path = folder / "prog.py"
    path.write_text(path.read_text().replace("class Score(Flow): ...\n", "").replace("@Score.register\n", "\n\n"))
    return recorder.record("prog.py")


@pytest.mark.parametrize("kind", ENDS)
def test_recording_ends_at_a_call_after_which_nothing_concerns_flows(kind, tmp_path, monkeypatch):
    body, expected = ENDS[kind]
    found, trace = recorded(tmp_path, body, monkeypatch)
    assert trace == expected
    assert found.chains


def test_lines_between_and_after_calls_that_had_to_be_executed_are_listed(tmp_path, monkeypatch):
    body = "Train()()\nos.write(trace, b'one ')\nprint('shown')\nx = 1\nif x:\n    mark('two')\nScore()()\n"
    found, _ = recorded(tmp_path, body, monkeypatch)
    first = LINES + 2
    assert found.side_effects == [f"prog.py:{first + 1}", f"prog.py:{first + 4}"]


def test_a_read_of_a_result_is_listed_with_what_stands_before_it(tmp_path, monkeypatch):
    body = "e = Train()()\nmark('mail')\nprint(e.layer(Fit).x)\nmark('never')\n"
    found, trace = recorded(tmp_path, body, monkeypatch)
    assert trace == "mail "
    assert found.side_effects == [f"prog.py:{LINES + 3}"]


def test_a_line_that_looks_up_a_layer_of_an_execution_is_not_listed(tmp_path, monkeypatch):
    found, _ = recorded(tmp_path, "e = Train()()\nfit = e.layer(Fit)\nprint(fit.x)\n", monkeypatch)
    assert found.side_effects == []


def test_what_a_program_does_to_its_process_is_put_back(tmp_path, monkeypatch):
    import os
    import signal
    import sys

    (tmp_path / "sub").mkdir()
    before = os.getcwd, signal.getsignal(signal.SIGTERM), sys.stdout, sys.excepthook
    body = (
        "import signal\nos.environ['MADE'] = '1'\nos.chdir('sub')\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "sys.excepthook = None\nprint('x')\nsys.stdout.close()\nsys.stdout = None\nTrain()()\n"
    )
    recorded(tmp_path, body, monkeypatch)
    assert (os.getcwd, signal.getsignal(signal.SIGTERM), sys.stdout, sys.excepthook) == before
    assert "MADE" not in os.environ and Path.cwd() == tmp_path
