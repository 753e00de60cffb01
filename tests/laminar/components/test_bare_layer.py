"""A layer without a flow: looked at by tests, mocks and inspect, called directly."""

from __future__ import annotations

import inspect
from unittest import mock

import pytest

from laminar import Layer, Parameters
from laminar.components.binding import RESERVED
from laminar.exceptions import LayerError


class Rows(Layer):
    rows: list[int]


class Fit(Layer):
    losses: list[float] = []
    table = {"a": [1]}
    rate = 0.1

    def __call__(self, rows: Rows) -> None:
        self.losses.append(float(sum(rows.rows)))
        self.model = self.rate


@pytest.mark.parametrize("name", ["execution", "flow", "dependencies"])
def test_where_a_bare_layer_belongs_is_an_attribute_error_that_says_how_to_get_one(name):
    assert not hasattr(Fit(), name)
    with pytest.raises(LayerError, match=r"Layer 'Fit' belongs to no (flow|execution)") as raised:
        getattr(Fit(), name)
    assert isinstance(raised.value, AttributeError)
    assert raised.value.fix.startswith("get it from one")


def test_every_other_reserved_attribute_of_a_bare_layer_can_be_read():
    fit = Fit()
    for name in RESERVED - {"execution", "flow", "dependencies"}:
        getattr(fit, name)


def test_inspect_and_mock_see_a_bare_layer():
    members = dict(inspect.getmembers(Fit()))
    assert members["name"] == "Fit" and "execution" not in members
    double = mock.create_autospec(Fit())
    double.model = 3
    assert isinstance(double, Fit)


def test_artifacts_of_a_direct_call_are_what_it_set():
    fit = Fit()
    assert fit.artifacts == ()
    fit(Rows(rows=[1, 2]))
    assert fit.artifacts == ("losses", "model")
    assert (fit.losses, fit.model) == ([3.0], 0.1)


def test_a_class_value_that_was_only_read_is_no_artifact():
    fit = Fit()
    assert fit.table == {"a": [1]} and fit.rate == 0.1
    assert fit.artifacts == ()


def test_a_change_in_place_stays_with_its_layer():
    one, two = Fit(), Fit()
    one.losses.append(1.0)
    one.table["a"].append(2)
    assert two.losses == [] == Fit.losses
    assert two.table == {"a": [1]} == Fit.table
    assert set(one.artifacts) == {"losses", "table"}


def test_given_attributes_can_be_set_on_layers_that_stand_alone():
    parameters = Parameters(n=3)
    parameters.n = 4
    assert parameters.n == 4
