"""A session selects the flow of a program to run, and rejects wrong options before anything runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from laminar.components.parameter_text import ParameterText
from laminar.exceptions import FlowError, LaminarError
from laminar.local.program_run import run_program
from laminar.program import process_state
from laminar.program.main_module import Program
from laminar.program.process_state import Session

HEAD = """\
import sys
from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
own = dict(datastore=Memory(), executor=Thread())
class Train(Flow): ...
@Train.register
class A(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.value = parameters.rows
class Score(Flow): ...
@Score.register
class B(Layer):
    def __call__(self) -> None: ...
"""

BOTH = "Train(**own)(rows=1)\nScore(**own)()\n"


@pytest.fixture(autouse=True)
def process(monkeypatch, tmp_path):
    """Restore the state that an executed program changes in this process."""
    from laminar.local import display

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(process_state, "current", None)
    monkeypatch.setattr(display, "_is_fixed", True)


def run(text: str, session: Session) -> Session:
    path = Path("program.py")
    path.write_text(HEAD + text)
    run_program(Program(str(path.absolute())), session)
    return session


def ran(session: Session) -> list[str]:
    """Return the names of the flows that stored something."""
    return [flow.name for flow in session.called if flow.configuration.datastore.executions(flow.name)]


def test_without_a_choice_every_flow_runs():
    session = run(BOTH, Session())
    assert ran(session) == ["Train", "Score"] and session.chosen.flow.name == "Train"


@pytest.mark.parametrize("name", ["Train", "Score"])
def test_a_named_flow_runs_alone(name):
    session = run(BOTH, Session(flow=name))
    assert ran(session) == [name] and session.chosen.flow.name == name


def test_parameters_and_the_id_are_those_of_the_chosen_flow():
    session = run(BOTH, Session(flow="Train", parameters={"rows": ParameterText("5")}, execution="mine"))
    assert session.chosen.id == "mine" and session.chosen.layer("A").value == 5


def test_an_unknown_flow_is_rejected_with_those_that_there_are():
    with pytest.raises(FlowError, match="calls no flow 'Nobody' first in a chain") as raised:
        run(BOTH, Session(flow="Nobody"))
    assert "Train" in raised.value.fix


def test_an_unknown_parameter_is_rejected_before_anything_runs():
    session = Session(flow="Train", parameters={"lines": ParameterText("1")})
    with pytest.raises(LaminarError, match="lines"):
        run(BOTH, session)
    assert ran(session) == []


def test_what_is_said_of_one_execution_needs_a_choice_between_several_flows():
    session = Session(execution="mine")
    with pytest.raises(FlowError, match=r"has several flows: Train, Score\.") as raised:
        run(BOTH, session)
    assert raised.value.fix == "pass --flow Train, or another of them." and ran(session) == []


def test_what_is_said_of_one_execution_is_for_one_call():
    with pytest.raises(FlowError, match="calls flow 'Train' more than once"):
        run("Train(**own)(rows=1)\nTrain(**own)(rows=2)\n" + BOTH, Session(flow="Train", execution="mine"))


def test_flows_of_a_chain_are_no_others_to_choose_from():
    text = "Train(**own)(rows=1).next(flow=Score(**own), linker=lambda execution: Parameters())\n"
    session = run(text, Session(execution="mine"))
    assert [flow.name for flow in session.followed] == ["Score"] and session.chosen.id == "mine"


def test_a_flow_that_is_never_called_is_reported_after_the_run():
    session = Session()
    with pytest.raises(FlowError, match="defines flows that it never calls: Score"):
        run("Train(**own)(rows=1)\n", session)
    assert ran(session) == ["Train"]


@pytest.mark.parametrize("code", [0, 3])
def test_an_exit_passes_through_and_only_a_good_one_is_checked(code):
    with pytest.raises(SystemExit if code else FlowError):
        run(f"Train(**own)(rows=1)\nsys.exit({code})\n", Session())


def test_an_error_of_a_datastore_has_the_line_of_the_program():
    with pytest.raises(LaminarError, match="needs a folder") as caught:
        run("from laminar.configurations.datastores import Local\nstore = Local('')\n", Session())
    assert caught.value.where == f"program.py:{len(HEAD.splitlines()) + 2}"
