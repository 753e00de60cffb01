"""Two classes of one name are two layers, unless their definition is executed again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from laminar import Flow, Layer
from laminar.components.class_identity import is_same_class
from laminar.exceptions import FlowError

CELL = "from laminar import Layer\nclass Fit(Layer):\n    def __call__(self) -> None: ...\n"


def execute(source: str, **names: object) -> SimpleNamespace:
    space = {"__name__": "cells", **names}
    exec(compile(source, "<cell>", "exec"), space)
    return SimpleNamespace(**space)


def make(n: int) -> type[Layer]:
    class Fit(Layer):
        def __call__(self) -> None:
            self.n = n

    return Fit


def test_a_cell_that_is_executed_again_makes_the_same_layer():
    first, second = execute(CELL), execute(CELL)
    assert first.Fit is not second.Fit
    assert is_same_class(first.Fit, second.Fit)
    assert first.Fit() == second.Fit()


def test_what_a_cell_defines_again_replaces_what_was_registered():
    class Case(Flow): ...

    execute(CELL.replace("class Fit", "@Case.register\nclass Fit"), Case=Case)
    newest = execute(CELL.replace("class Fit", "@Case.register\nclass Fit"), Case=Case)
    assert Case().registry["Fit"] is newest.Fit


@pytest.mark.parametrize(
    "source",
    [
        CELL + "First = Fit\n" + CELL + "Second = Fit\n",
        CELL.replace("class", "for _ in range(2):\n  class").replace("    def", "      def")
        + "  made = [*globals().get('made', []), Fit]\nFirst, Second = made\n",
    ],
    ids=["two statements", "a loop"],
)
def test_one_execution_that_defines_a_name_twice_makes_two_layers(source):
    space = execute(source)
    assert not is_same_class(space.First, space.Second)
    assert space.First() != space.Second()

    class Case(Flow): ...

    Case.register(space.First)
    with pytest.raises(FlowError, match="registers two layers named 'Fit'"):
        Case.register(space.Second)


def test_classes_of_a_factory_are_two_layers():
    one, two = make(1), make(2)
    assert one() != two() and one() == one()

    class Case(Flow): ...

    Case.register(one)
    with pytest.raises(FlowError, match="registers two layers named 'Fit'"):
        Case.register(two)


def test_a_flow_that_inherits_two_layers_of_one_factory_is_rejected():
    class First(Flow): ...

    class Second(Flow): ...

    First.register(make(1))
    Second.register(make(2))

    class Both(First, Second): ...

    with pytest.raises(FlowError, match="inherits two layers named 'Fit'"):
        Both().nodes  # noqa: B018


def test_an_annotation_with_another_class_of_the_name_is_no_layer_of_the_flow():
    class Case(Flow): ...

    Case.register(make(1))
    other = make(2)

    def call(self, fit) -> None: ...

    call.__annotations__ = {"fit": other}
    Case.register(type("Use", (Layer,), {"__call__": call}))
    with pytest.raises(FlowError, match="which flow 'Case' does not register"):
        Case().nodes  # noqa: B018


def test_factories_that_name_their_classes_differently_make_layers_of_one_flow():
    class Case(Flow): ...

    for n in range(3):
        made = make(n)
        made.__name__ = made.__qualname__ = f"Fit{n}"
        Case.register(made)
    assert set(Case().registry) == {"Parameters", "Fit0", "Fit1", "Fit2"}
