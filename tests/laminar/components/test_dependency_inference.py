"""The graph's nodes, from annotations, hooks and ForEach."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laminar import Flow, Layer, Parameters
from laminar.components.dependency_inference import applicable_hooks, parameters_of
from laminar.configurations import hooks
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import FlowError
from laminar.graph import Axis


def diamond() -> type[Flow]:
    class Diamond(Flow):
        @hooks.submission
        def sized(self, a: A) -> None: ...

        @hooks.entry
        def wanted(self) -> bool:
            return True

    @Diamond.register(foreach=ForEach([Parameter("B", "cells", index=None), Parameter(Parameters, "rows")], batch=3))
    class C(Layer):
        def __call__(self, a: A, b: B) -> None: ...

    @Diamond.register(foreach=ForEach([Parameter("A", "rows")]))
    class B(Layer):
        cells: list[int]

    @Diamond.register
    class A(Layer):
        def __call__(self) -> None:
            self.rows = [1]

    return Diamond


def test_nodes_stand_after_what_they_need():
    flow = diamond()()
    nodes = flow.nodes
    assert list(nodes).index("A") < list(nodes).index("B") < list(nodes).index("C")
    assert set(nodes["C"].needs) == {"A", "B", "Parameters"}
    assert nodes["C"].grid == (Axis("B", "cells", None, True), Axis("Parameters", "rows", None, False))
    assert nodes["B"].grid == (Axis("A", "rows", None, False),)
    assert nodes["A"].grid is None and (nodes["A"].batch, nodes["C"].batch) == (1, 3)


def test_a_flows_hook_applies_to_no_layer_that_it_needs():
    flow = diamond()
    registry = flow().registrations
    names = {name: [hook for hook, _ in applicable_hooks(flow, each.layer, registry)] for name, each in registry.items()}
    assert names == {"Parameters": [], "A": ["wanted"], "B": ["sized", "wanted"], "C": ["sized", "wanted"]}
    nodes = flow().nodes
    assert {name: (node.entry, node.submission) for name, node in nodes.items()} == {
        "Parameters": (False, False),
        "A": (True, False),
        "B": (True, True),
        "C": (True, True),
    }


class Typed(Flow): ...


@Typed.register
class Source(Layer):
    cells: list[int]


class Stranger(Layer): ...


def ok(self: object, source: Source, parameters: Parameters) -> None: ...
def bare(self, source) -> None: ...  # type: ignore[no-untyped-def]
def keyword(self: object, *, source: Source) -> None: ...
def foreign(self: object, x: Stranger) -> None: ...
def misspelt(self: object, x: Sorce) -> None: ...  # type: ignore[name-defined] # noqa: F821
def number(self: object, x: int) -> None: ...


def test_parameters_are_the_layers_that_annotations_name():
    found = parameters_of(ok, Typed().registrations, owner="L", flow="Typed")
    assert found == {"source": "Source", "parameters": "Parameters"}


def test_what_has_no_code_has_no_parameters():
    assert parameters_of(print, Typed().registrations, owner="L", flow="Typed") == {}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (bare, r"Parameter 'source' of L.bare has no annotation"),
        (keyword, r"L.keyword takes keyword-only parameters"),
        (foreign, r"Layer 'L' reads layer 'Stranger', which flow 'Typed' does not register"),
        (misspelt, r"annotated 'Sorce', which is no layer of flow 'Typed'. Did you mean 'Source'\?"),
        (number, r"annotated 'int', which is no layer of flow 'Typed'\.\n"),
    ],
)
def test_a_parameter_that_is_no_registered_layer_is_refused(function: Callable[..., object], message: str):
    with pytest.raises(FlowError, match=message):
        parameters_of(function, Typed().registrations, owner="L", flow="Typed")


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        (Parameter("Sourc", "cells"), "iterates over layer 'Sourc', which flow 'Case' does not register. Did you mean 'Source'"),
        (Parameter("Source", "cell"), "iterates over Source.cell, which Source never sets. Did you mean 'cells'"),
        (Parameter("Fan", "value"), "Fan is a fan-out itself: it is unknown which of its splits"),
        (Parameter("Source", "cells", index=2), "iterates over split 2 of Source, which is no fan-out"),
        (Parameter("Source", "cells", index=0), None),
        (Parameter("Source", "cells", index=None), None),
        (Parameter("Fan", "value", index=1), None),
        (Parameter("Parameters", "anything"), None),
    ],
)
def test_a_fan_out_iterates_over_what_another_layer_sets(parameter: Parameter, message: str | None):
    class Case(Flow): ...

    Case.register(Source)

    @Case.register(foreach=ForEach([Parameter(Parameters, "rows")]))
    class Fan(Layer):
        value: int

    @Case.register(foreach=ForEach([parameter]))
    class Reader(Layer): ...

    if message is None:
        assert [(axis.layer, axis.index) for axis in Case().nodes["Reader"].grid or ()] == [
            (parameter.layer, 1 if parameter.index == 1 else None)
        ]
    else:
        with pytest.raises(FlowError, match=message):
            _ = Case().nodes


def test_all_problems_are_reported_at_once():
    class Case(Flow): ...

    for name in ("One", "Two"):
        Case.register(type(name, (Layer,), {"__call__": lambda self, x: None, "__module__": __name__}))
    with pytest.raises(FlowError) as raised:
        _ = Case().nodes
    assert len(raised.value.problems) == 2


def test_a_cycle_is_refused():
    class Case(Flow): ...

    @Case.register
    class Egg(Layer):
        def __call__(self, hen: Hen) -> None: ...

    @Case.register
    class Hen(Layer):
        def __call__(self, egg: Egg) -> None: ...

    with pytest.raises(FlowError, match=r"in a cycle: (Egg -> Hen -> Egg|Hen -> Egg -> Hen)"):
        _ = Case().nodes
