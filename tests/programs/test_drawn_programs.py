"""A drawn program, with lines before, between and after its flows' calls, leaves the same trace however it is run."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.programs import run, write

HEAD = """\
import json, os, random, sys
from laminar import Flow, Layer, Parameters

HERE = os.path.dirname(os.path.abspath(__file__))
value = 0

def trace(where, *seen):
    if "LAMINAR_DATASTORE" in os.environ:  # in a pod, whose files are its own
        print("TRACE", json.dumps([where, *seen]), flush=True)
        return
    with open(os.path.join(HERE, "trace"), "a") as file:
        file.write(json.dumps([where, *seen]) + "\\n")

def state():
    return [value, os.path.relpath(os.getcwd(), HERE), sys.argv[1:], os.environ.get("MADE"), random.random()]

class First(Flow): ...
class Second(Flow): ...

@First.register
@Second.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.seen = [parameters.n, *state()]
        trace("layer", self.seen)

random.seed(1)
os.makedirs(os.path.join(HERE, "sub"), exist_ok=True)
"""

LINES = {
    "print": "print('line {number}')",
    "trace": "trace('line', {number})",
    "value": "value += 1",
    "folder": "os.chdir(os.path.join(HERE, 'sub'))",
    "arguments": "sys.argv = [sys.argv[0], 'a{number}']",
    "variable": "os.environ['MADE'] = 'm{number}'",
    "seed": "random.seed({number})",
    "state": "trace('state', state())",
}
PLACES = st.lists(st.sampled_from(sorted(LINES)), max_size=4)


def source(before: list[str], between: list[str], after: list[str], reads: bool) -> str:
    """Return a program with these lines around the calls of its two flows."""

    def lines(names: list[str], first: int) -> str:
        return "".join(LINES[name].format(number=first + place) + "\n" for place, name in enumerate(names))

    read = "trace('result', e.layer(Fit).seen)\n" if reads else ""
    calls = ["if first := First():\n    e = first(n=1)\n", "if second := Second():\n    e = second(n=2)\n"]
    return HEAD + lines(before, 10) + calls[0] + read + lines(between, 20) + calls[1] + lines(after, 30) + "trace('end')\n"


def left(folder: Path) -> list[object]:
    """Return the trace that a run left, and remove it."""
    path = folder / "trace"
    found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    path.unlink(missing_ok=True)
    return found


@pytest.mark.slow
@given(before=PLACES, between=PLACES, after=PLACES, reads=st.booleans())
@settings(max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # each example starts six processes
def test_a_program_leaves_the_trace_of_python_under_laminar_run_and_its_beginning_in_each_pod(before, between, after, reads):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder, source(before, between, after, reads))
        done = run(folder, "prog.py")
        assert done.returncode == 0, done.stderr
        plain = left(folder)
        assert plain[-1] == ["end"] and sum(line[0] == "layer" for line in plain) == 2
        done = run(folder, "-m", "laminar", "run", "prog.py")
        assert done.returncode == 0, done.stderr
        assert left(folder) == plain
        _check_pod(folder, "First", plain)
        if not reads:  # a read ends the recording: Second is in no document
            _check_pod(folder, "Second", [line for line in plain if line[:1] != ["layer"] or line[1][0] == 2])  # type: ignore[index]


def _check_pod(folder: Path, flow: str, plain: list[object]) -> None:
    """Rehearse a flow: its pod executes the program once, up to the flow's call, and runs the layer; nothing of what follows."""
    words = ("-m", "laminar", "rehearse", "-v", "prog.py", "--flow", flow)
    done = run(folder, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "trace").unlink(missing_ok=True)  # of the recording
    found = [json.loads(line.partition("TRACE ")[2]) for line in done.stdout.splitlines() if "| TRACE " in line]
    layer = next(place for place, line in enumerate(plain) if line[0] == "layer")  # type: ignore[index]
    assert found == plain[: layer + 1], done.stdout
