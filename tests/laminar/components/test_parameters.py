"""Parameters: which values travel as JSON, and over which a layer fans out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from laminar import Flow, Layer, Parameters, compiler
from laminar.compiler.plan.planner import Settings
from laminar.components.parameters import normalize, travels
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import FlowError


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def cyclic() -> Any:
    value: list[Any] = []
    value.append({"itself": value})
    return value


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "x", [1, [2]], (1, 2), {"a": {"b": []}}, nested(100), [[1]] * 2, 2**80],
    ids=lambda value: str(value)[:20],
)
def test_what_equals_its_round_trip_travels(value):
    assert travels(value)


@pytest.mark.parametrize(
    "value",
    [float("nan"), {1: 2}, {"a": {1}}, b"x", object(), range(3), nested(101), nested(5000), cyclic()],
    ids=["nan", "key", "set", "bytes", "object", "range", "deep", "deeper", "cycle"],
)
def test_anything_else_does_not(value):
    assert not travels(value)
    assert normalize(value) is value


def test_tuples_become_lists():
    assert normalize(((1, 2), {"a": (3,)})) == [[1, 2], {"a": [3]}]


# fan-outs over parameters


def splits(value: object, tmp_path: Path) -> tuple[list[object], list[object]]:
    """Return the values that the splits of a fan-out over a parameter read, and that of an un-split layer."""

    class Case(Flow): ...

    @Case.register(foreach=ForEach([Parameter(Parameters, "rates")]))
    class Each(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.rate = parameters.rates

    @Case.register
    class Whole(Layer):
        def __call__(self, parameters: Parameters) -> None:
            self.rates = parameters.rates

    execution = Case(datastore=Memory(), executor=Thread())(rates=value)
    return list(execution.layer(Each).rate), execution.layer(Whole).rates


@pytest.mark.parametrize(
    "value",
    [[0, 1, 2], (0, 1, 2), range(3), np.arange(3), pd.Series([0, 1, 2])],
    ids=["list", "tuple", "range", "array", "series"],
)
def test_a_parameter_with_elements_in_order_fans_out_and_is_a_list_for_every_reader(value, tmp_path):
    each, whole = splits(value, tmp_path)
    assert each == [0, 1, 2] == whole
    assert type(whole) is list and {type(item) for item in whole} == {int}


@pytest.mark.parametrize("value", ["abc", 5, None, {"a": 1}], ids=str)
def test_anything_else_is_one_element(value, tmp_path):
    assert splits(value, tmp_path)[0] == [value]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({1, 2}, "set"),
        (frozenset({1}), "frozenset"),
        ({"a": 1}.keys(), "dict_keys"),
        ({"a": 1}.values(), "dict_values"),
        ({"a": 1}.items(), "dict_items"),
        ((n for n in range(3)), "generator"),
        (iter([1]), "list_iterator"),
        (map(str, [1]), "map"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_no_order_or_no_length_is_rejected_before_anything_runs(value, kind, tmp_path):
    with pytest.raises(
        FlowError, match=f"ForEach of layer 'Each' iterates over parameter 'rates', a {kind}, which has no"
    ) as raised:
        splits(value, tmp_path)
    assert raised.value.fix.startswith("pass rates=list(...)")


def test_compiled_parameters_are_the_same_lists(tmp_path):
    program = (
        "import numpy as np\nfrom laminar import Flow, Layer, Parameters\n"
        "from laminar.configurations.layers import ForEach, Parameter\nclass Case(Flow): ...\n"
        "@Case.register(foreach=ForEach([Parameter(Parameters, 'rates'), Parameter(Parameters, 'rows')]))\n"
        "class Each(Layer):\n    def __call__(self, parameters: Parameters) -> None: ...\n"
        "if flow := Case():\n    flow(rates=RATES, rows=np.arange(2))\n"
    )
    path = tmp_path / "main.py"
    path.write_text(program.replace("RATES", "range(3)"))
    text = compiler.compile(path, settings=Settings(datastore="s3://bucket/store"))
    assert "[0, 1, 2]" in text and "[0, 1]" in text
    path.write_text(program.replace("RATES", "{1, 2}"))
    with pytest.raises(FlowError, match="iterates over parameter 'rates', a set"):
        compiler.compile(path, settings=Settings(datastore="s3://bucket/store"))
