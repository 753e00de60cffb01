"""A flow declares its parameters in its class: calls, linkers, pods and the YAML follow the declaration."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, ClassVar, Literal

import pytest

from laminar import Flow, Layer, Parameters
from laminar.components import declared_parameters
from laminar.components.declared_parameters import bound, declarations
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.exceptions import FlowError

Table = dict[str, int]


class Base(Flow):
    """A flow that others inherit from."""

    seed: int = 0
    """Where random numbers start."""


class Train(Base):
    source: str
    rate: float = 0.1
    """Step size
    of the optimizer.

    The learning rate."""
    optimizer: Annotated[Literal["sgd", "adam"], "How steps are made."] = "sgd"
    depths: list[int] = [4, 8]
    day: datetime.date = datetime.date(2026, 1, 31)
    table: Table | None = None
    seed = 7

    limit: ClassVar[int] = 3
    _private: int = 1


@Train.register
class Fit(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.seen = (parameters.source, parameters.rate, parameters.depths, parameters.day, parameters.seed)


class Free(Flow): ...


def train() -> Train:
    return Train(datastore=Memory(), executor=Thread())


def test_annotated_attributes_are_declarations_base_classes_first():
    assert list(declarations(Train)) == ["seed", "source", "rate", "optimizer", "depths", "day", "table"]
    assert [each.shown for each in declarations(Train).values()][:3] == ["seed: int = 7", "source: str", "rate: float = 0.1"]
    assert declarations(Train)["source"].is_required
    assert declarations(Free) == {}


def test_the_help_is_the_docstring_below_or_the_text_of_an_annotated():
    found = declarations(Train)
    assert found["seed"].help == "Where random numbers start."
    assert found["rate"].help == "Step size\nof the optimizer.\n\nThe learning rate."
    assert found["optimizer"].help == "How steps are made."
    assert found["source"].help == ""


def test_a_call_gets_defaults_and_declared_types():
    seen = train()(source="a", rate=1, depths=(2,)).layer(Fit).seen
    assert seen == ("a", 1.0, [2], datetime.date(2026, 1, 31), 7)


def test_a_default_is_never_shared_between_calls():
    bound(Train, {"source": "a"}, "")["depths"].append(1)
    assert bound(Train, {"source": "a"}, "")["depths"] == [4, 8]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"source": 1}, "is declared str, and its value is 1: expected a text"),
        ({"source": "a", "rate": "fast"}, "is declared float, and its value is 'fast': expected a number"),
        ({"source": "a", "optimizer": "foo"}, "expected one of 'sgd', 'adam'"),
        ({"source": "a", "raet": 1}, "declares no parameter 'raet'. Did you mean 'rate'?"),
        ({}, "is called without parameter 'source' (str), which has no default"),
    ],
)
def test_a_wrong_call_is_an_error_at_its_line_and_nothing_is_stored(given: dict[str, Any], text):
    flow = train()
    with pytest.raises(FlowError) as caught:
        flow(**given)
    assert text in str(caught.value)
    assert "test_declared_parameters.py:" in caught.value.where
    assert flow.configuration.datastore.executions("Train") == ()


def test_a_linker_is_held_to_the_declarations_of_its_flow():
    first = Base(datastore=Memory(), executor=Thread())
    Base.register(type("Only", (Layer,), {"__module__": __name__}))
    with pytest.raises(FlowError, match="is called without parameter 'source'"):
        first().next(flow=train(), linker=lambda execution: Parameters(rate=1))


def test_parameters_of_an_execution_are_checked_and_get_defaults():
    flow = train()
    with pytest.raises(FlowError, match="declares no parameter 'raet'"):
        flow.execution().parameters(raet=1)
    execution = flow.execution().parameters(source="a")
    assert execution.layer(Parameters).rate == 0.1


def test_a_flow_without_declarations_accepts_any_parameter():
    assert bound(Free, {"rate": "x", "more": object}, "") == {"rate": "x", "more": object}


@pytest.mark.parametrize("name", ["name", "registry", "execution", "layer", "configuration", "index", "shard", "dependencies"])
def test_a_parameter_with_a_name_that_flows_or_layers_have_is_an_error_of_the_class(name):
    with pytest.raises(FlowError, match=f"declares a parameter '{name}', and each") as caught:
        type("Wrong", (Flow,), {"__annotations__": {name: int}})
    assert caught.value.fix


def test_what_is_wrong_with_declarations_is_reported_together():
    wrong = type("Wrong", (Flow,), {"__annotations__": {"a": "Missing", "b": int, "c": int}, "b": None, "c": "x"})
    with pytest.raises(FlowError) as caught:
        declarations(wrong)
    assert [str(error).splitlines()[0] for error in caught.value.problems] == [
        "Parameter 'a' of flow 'Wrong' is declared Missing, which Python cannot resolve: name 'Missing' is not defined.",
        "Parameter 'b' of flow 'Wrong' is declared int, and its default is None: expected a whole number.",
        "Parameter 'c' of flow 'Wrong' is declared int, and its default is 'x': expected a whole number.",
    ]


def test_private_names_and_class_variables_declare_nothing():
    assert "limit" not in declarations(Train)
    assert "_private" not in declared_parameters.declarations(Train)
