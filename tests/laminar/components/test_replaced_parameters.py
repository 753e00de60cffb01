"""The parameters of a call are replaced by those of the command line; all that is wrong with them is reported."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer
from laminar.components import replaced_parameters
from laminar.components.parameter_text import ParameterText
from laminar.exceptions import FlowError
from laminar.program.recording import Step


class Train(Flow): ...


@Train.register
class Fit(Layer): ...


def test_every_problem_of_the_parameters_is_reported_at_once_and_values_of_python_stay_as_they_are():
    step = Step(Train().execution("one"), {"rate": 1, "debug": True}, where="main.py:9")
    assert replaced_parameters.replaced(step, {"rate": ParameterText("2"), "debug": "any"}) == {"rate": 2, "debug": "any"}
    with pytest.raises(FlowError) as caught:
        replaced_parameters.replaced(step, {"raet": ParameterText("2"), "debug": ParameterText("x")})
    text = str(caught.value)
    assert "has no parameter 'raet'. Did you mean 'rate'?" in text
    assert "'x' cannot replace that: it must be true or false.\n  at: main.py:9" in text


class Declared(Flow):
    source: str
    rate: float = 0.1


@Declared.register
class Read(Layer): ...


def test_a_declared_type_decides_rather_than_the_value_of_the_call():
    step = Step(Declared().execution("one"), {"source": 5}, where="main.py:9")
    given = {"source": ParameterText("5"), "rate": ParameterText("1")}
    assert replaced_parameters.replaced(step, given) == {"source": "5", "rate": 1.0}


def test_a_value_of_the_command_line_is_enough_for_a_parameter_without_a_default():
    step = Step(Declared().execution("one"), {}, where="main.py:9")
    assert replaced_parameters.replaced(step, {"source": ParameterText("a")}) == {"source": "a", "rate": 0.1}


def test_all_values_of_a_call_are_checked_where_the_flow_declares_them():
    step = Step(Declared().execution("one"), {"rate": "x", "sorce": 1}, where="main.py:9")
    assert [str(error).splitlines()[0] for error in replaced_parameters.problems(step, {})] == [
        "Parameter 'rate' of flow 'Declared' is declared float, and its value is 'x': expected a number.",
        "Flow 'Declared' declares no parameter 'sorce'. Did you mean 'source'?",
        "Flow 'Declared' is called without parameter 'source' (str), which has no default.",
    ]


def test_a_resumed_execution_needs_no_parameter():
    step = Step(Declared().execution("one"), {}, action="resume")
    assert list(replaced_parameters.problems(step, {})) == []
