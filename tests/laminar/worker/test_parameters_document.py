"""The Parameters' document, and the forms of LAMINAR_PARAMETERS."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.exceptions import DatastoreError, FlowError
from laminar.worker.parameters_document import ensure, parse, save_parameters


@pytest.fixture
def execution():
    class Train(Flow): ...

    @Train.register
    class Fit(Layer): ...

    return Train(datastore=Memory(), executor=Thread()).execution("one")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{}", {}),
        ('{"n": [1, 2], "name": "x"}', {"n": [1, 2], "name": "x"}),
        ("[]", {}),
        ('[{"name": "n", "value": "5"}, {"name": "s", "value": "\\"x\\""}]', {"n": 5, "s": "x"}),
    ],
)
def test_parameters_are_an_object_or_argos_list(text, values):
    assert parse(text) == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", "LAMINAR_PARAMETERS is 5"),
        ("null", "LAMINAR_PARAMETERS is null"),
        ('"n"', 'LAMINAR_PARAMETERS is "n"'),
        ("{n: 5}", "is not JSON"),
        ("[5]", "has an item 5"),
        ('["name"]', 'has an item "name"'),
        ('[{"name": "n"}]', "which has no name and value"),
        ('[{"value": "5"}]', "which has no name and value"),
        ('[{"name": "n", "value": 5}]', "which has no name and value"),
        ('[{"name": "n", "value": "five"}]', "Parameter 'n' is not JSON: 'five'"),
    ],
)
def test_anything_else_is_rejected(text, message):
    with pytest.raises(FlowError) as raised:
        parse(text)
    assert message in str(raised.value)


def test_parameters_given_later_are_added_to_those_that_are_there(execution):
    save_parameters(execution, {"a": (1, 2)})
    save_parameters(execution, {"b": 3})
    parameters = execution.layer("Parameters")
    assert (parameters.a, parameters.b) == ([1, 2], 3)


def test_an_execution_without_an_id_gets_one(execution):
    execution.id = None
    save_parameters(execution, {})
    assert execution.id is not None and execution.origin == execution.id


def test_a_document_that_is_there_is_kept(execution):
    ensure(execution, lambda: {"a": 1})()
    ensure(execution, lambda: pytest.fail("it is there already"))()
    assert execution.layer("Parameters").a == 1


def test_a_value_that_cannot_be_stored_is_named(execution):
    with pytest.raises(DatastoreError) as raised:
        save_parameters(execution, {"rows": (row for row in [])})
    assert "parameter 'rows' of flow 'Train'" in raised.value.where
