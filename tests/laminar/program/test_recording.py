"""Recording a program: recorded calls, its end, and rejected programs."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

from laminar.exceptions import ExecutionError, FlowError, LaminarError
from laminar.program import recording
from laminar.program.call_log import Call
from laminar.program.main_module import Program
from laminar.program.program_recording import forget, record
from laminar.program.recording import Recording, Target

HEAD = """\
import sys
from laminar import Flow, Layer, Parameters
class Train(Flow): ...
@Train.register
class A(Layer):
    def __call__(self) -> None: ...
class Score(Flow): ...
@Score.register
class B(Layer):
    def __call__(self) -> None: ...
def link(execution):
    return Parameters()
"""


@pytest.fixture(autouse=True)
def process(monkeypatch, tmp_path):
    """Restore the state that an executed program changes in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def program(text: str) -> Program:
    path = Path("program.py")
    path.write_text(HEAD + text)
    return Program(str(path.absolute()))


def chains(found: Recording) -> list[list[str]]:
    return [[step.flow.name for step in chain.steps] for chain in found.chains]


def test_calls_and_links_are_noted_and_nothing_runs():
    found = record(program("if flow := Train():\n    flow(rows=3).next(flow=Score(), linker=link)\nScore()()\n"))
    assert chains(found) == [["Train", "Score"], ["Score"]]
    assert found.chains[0].first.parameters == {"rows": 3} and found.chains[0].steps[1].linker.__name__ == "link"
    assert found.ended is None and recording.active() is None


def test_calls_that_another_process_has_made_are_repeated_up_to_the_call_after_them():
    text = """\
try:
    Train()()
except ExecutionError as error:
    seen = error.layer
made = Train()()
if made.finished:  # "two" has no documents
    Train()()
following = made.next(flow=Score(), linker=link)
Train()()
"""
    failed = pickle.dumps(ExecutionError("It failed.", layer="A"))
    before = (Call("Train", "one", failed), Call("Train", "two"), Call("Score", "two"))
    found = record(program(f"from laminar.exceptions import ExecutionError\n{text}"), target=Target("Train", before=before))
    assert vars(sys.modules["__main__"])["seen"] == "A"
    assert [[step.execution.id for step in chain.steps] for chain in found.chains] == [["one"], ["two", "two"], [None]]
    assert found.ended is None and found.last is found.chains[-1].first


@pytest.mark.parametrize("before", [(), (Call("Train"),), (Call("Other", "one"),)])
def test_a_read_ends_a_recording_where_the_execution_is_not_known(before):
    found = record(program("if Train()().finished:\n    Score()()\n"), target=Target("Score", before=before))
    assert found.ended == ("finished", "program.py:13") and chains(found) == [["Train"]]


def test_a_read_of_a_result_ends_the_recording_with_what_was_read():
    found = record(program("made = Train()()\nif made.finished:\n    Score()()\n"))
    assert chains(found) == [["Train"]]
    assert found.ended == ("finished", "program.py:14")


def test_handlers_of_the_program_let_the_end_pass():
    found = record(program("made = Train()()\ntry:\n    made.finished\nexcept Exception:\n    Score()()\n"))
    assert chains(found) == [["Train"]] and found.ended is not None


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target("Train"), [["Train"]]),
        (Target("Score"), [["Train", "Score"]]),
        (Target("Train", chain=2), [["Train", "Score"], ["Train"]]),
        (Target("Train", steps=2), [["Train", "Score"]]),
        (Target("Train", chain=2, steps=1), [["Train", "Score"], ["Train"]]),
    ],
)
def test_it_ends_as_soon_as_its_target_is_seen(target, expected):
    text = "Train()().next(flow=Score(), linker=link)\nTrain()()\nraise RuntimeError('not reached')\n"
    assert chains(record(program(text), target=target)) == expected


def test_it_ends_where_nothing_that_follows_concerns_flows():
    found = record(program("Train()()\nprint(1 / 0)\n"))
    assert chains(found) == [["Train"]] and found.side_effects == []


def test_a_line_that_is_executed_for_a_later_one_of_a_flow_is_a_side_effect():
    found = record(program("Train()()\nnumber = len('abc')\nScore()()\n"))
    assert [place.split()[0] for place in found.side_effects] == ["program.py:14"]


def test_what_a_program_raises_is_reported_with_its_line():
    with pytest.raises(FlowError, match=r"'program\.py' ended with ZeroDivisionError: division by zero") as raised:
        record(program("1 / 0\nTrain()()\n"))
    assert raised.value.where == "program.py:13"


def test_an_exit_is_no_error_unless_it_has_a_code():
    assert chains(record(program("Train()()\nsys.exit(0)\nScore()()\n")))[0] == ["Train"]
    with pytest.raises(FlowError, match="ended with exit code 3"):
        record(program("sys.exit(3)\nTrain()()\n"))


def test_an_error_of_laminars_passes_with_its_place():
    with pytest.raises(LaminarError) as raised:
        record(program("Train().layer('Nobody')\n"))
    assert (raised.value.where or "").startswith("program.py:13")


def test_a_read_before_any_call_is_rejected():
    with pytest.raises(FlowError, match=r"reads .* before any flow is called"):
        record(program("if Train().execution('one').finished:\n    Train()()\n"))


def test_two_flows_of_one_name_are_rejected():
    with pytest.raises(FlowError, match="has two flows named 'Train'"):
        record(program("class Train(Flow): ...\n"))


def test_a_flow_that_was_called_is_found_rather_than_one_of_a_guard():
    found = record(program("bool(Train())\nflow = Train()\nflow()\nif Score(): ...\n"))
    assert len([flow for flow in found.flows if flow.name == "Train"]) == 2
    assert found.find("Train") is found.called("Train") is found.chains[0].first.flow
    assert found.called("Nobody") is None and found.find("Nobody") is None
    assert found.called("Score") is None and found.find("Score").name == "Score"


def test_a_recording_inside_another_gives_it_its_place_back():
    outer, inner = Recording(), Recording()
    with recording.recorded(outer):
        with recording.recorded(inner):
            recording.read("value")
        assert recording.active() is outer and outer.ended is None
    assert inner.ended is not None and recording.active() is None


def test_reads_outside_a_recording_are_nothing():
    recording.read("value")
    assert recording.active() is None


def test_forgetting_drops_the_programs_modules_and_restores_the_process(monkeypatch):
    Path("their_module.py").write_text("")
    modules, main, argv, path = set(sys.modules), sys.modules["__main__"], list(sys.argv), list(sys.path)
    record(program("import their_module\nTrain()()\n"))
    assert "their_module" in sys.modules and sys.modules["__main__"] is not main
    forget(modules, main, argv, path)
    assert "their_module" not in sys.modules
    assert (sys.modules["__main__"], sys.argv, sys.path) == (main, argv, path)
