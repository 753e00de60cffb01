"""Test which data read errors name; test_damage.py shows them in runs."""

from __future__ import annotations

import pytest

from laminar.configurations.datastores import Local
from laminar.configurations.datastores.documents.error_context import Origin
from laminar.exceptions import DatastoreError, LaminarError

ADDRESS = "ab" * 32


def origin(**more: object) -> Origin:
    return Origin(**{"flow": "F", "execution": "e", "layer": "L", "attribute": "a", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "part", "split"),
    [
        ({}, None, 0),
        ({"indexes": (4,), "splits": 9}, 7, 4),
        ({"indexes": (0, 2), "ends": (3, 5)}, 2, 0),
        ({"indexes": (0, 2), "ends": (3, 5)}, 3, 2),
        ({"indexes": (0, 2), "ends": (3, 5)}, None, None),
        ({"indexes": (0, 2)}, 1, None),
    ],
)
def test_the_split_of_a_part_is_found(more, part, split):
    assert origin(**more).split_of(part) == split


def explained(error: LaminarError, **more: object) -> LaminarError:
    with pytest.raises(LaminarError) as raised, origin(**more).explaining(Local("/data")):
        raise error
    return raised.value


def test_an_error_that_names_a_place_is_left_as_it_is():
    assert explained(DatastoreError("It.", where="here", address=ADDRESS)).where == "here"


def test_a_damaged_file_has_to_go_with_its_document_and_a_missing_one_is_gone():
    damaged = explained(DatastoreError("It.", address=ADDRESS))
    assert damaged.where == "L.a of flow 'F', execution 'e'"
    assert f"delete it and F/executions/e/L/0.json below {Local('/data').root} and resume" in damaged.fix
    missing = DatastoreError("It.", address=ADDRESS)
    missing.__cause__ = FileNotFoundError()
    assert "delete F/executions/e/L/0.json below" in explained(missing).fix


def test_parameters_come_from_the_caller():
    assert "start a new execution" in explained(DatastoreError("It.", address=ADDRESS), layer="Parameters").fix


def test_a_layer_that_passes_data_on_names_its_maker():
    assert explained(DatastoreError("It.", address=ADDRESS), passed=True).fix.endswith("the document of the layer that made it.")
