"""Typed reading: one element inside a split, every split's value outside."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Accessor, Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.elements import every, one
from laminar.exceptions import LayerError


class Case(Flow): ...


@Case.register
class Read(Layer):
    rows: Accessor[str]

    def __call__(self) -> None:
        self.shard(rows=["a", "bb"])


@Case.register(foreach=ForEach([Parameter(Read, "rows")]))
class Use(Layer):
    length: int

    def __call__(self, read: Read) -> None:
        self.length = len(one(read.rows))


@Case.register
class Sum(Layer):
    def __call__(self, use: Use) -> None:
        self.total = sum(every(use.length))


def test_a_split_reads_one_element_and_others_every_splits_value():
    assert Case(datastore=Memory(), executor=Thread())().layer(Sum).total == 3


def test_layers_that_are_called_directly_are_given_the_element_and_a_list():
    use, total = Use(), Sum()
    use(Read(rows="four"))
    total(Use(length=[1, 2]))
    assert (use.length, total.total) == (4, 3)


def test_one_of_a_whole_accessor_and_every_of_a_single_value_are_errors_that_say_what_to_do():
    execution = Case(datastore=Memory(), executor=Thread())()
    with pytest.raises(LayerError, match="read whole here, all 2 elements") as raised:
        one(execution.layer(Read).rows)
    assert "foreach=ForEach" in raised.value.fix and "test_elements.py:" in raised.value.where
    with pytest.raises(LayerError, match="is one value here, of type int") as raised:
        every(execution.layer(Sum).total)
    assert "drop every()" in raised.value.fix
