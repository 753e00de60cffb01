"""A keyword that no layer reads is named, and only where that is certain."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters
from laminar.components.unread_parameters import notes
from laminar.configurations import hooks
from laminar.configurations.layers import ForEach, Parameter
from laminar.program.recording import Step


def noted(call, *, foreach=None, **parameters) -> list[str]:
    class Train(Flow): ...

    Train.register(**({"foreach": foreach} if foreach else {}))(type("Fit", (Layer,), {"__call__": call}))
    return notes(Step(Train().execution(), parameters))


def reads(self, p: Parameters):
    self.score = p.rate


def passes_on(self, p: Parameters):
    self.score = dict(vars(p))


def looks_up(self):
    self.score = self.execution.layer("Parameters").ratte


def reads_nothing(self): ...


def test_a_misspelt_keyword_is_named_with_the_one_that_is_read():
    assert noted(reads, ratte=1) == ["no layer of flow 'Train' reads parameter 'ratte'. Did you mean 'rate'?"]
    assert noted(reads, rate=1, zzz=2) == ["no layer of flow 'Train' reads parameter 'zzz'."]


@pytest.mark.parametrize("call", [passes_on, looks_up])
def test_nothing_is_named_where_what_is_read_is_not_known(call):
    assert noted(call, other=1) == []


def test_a_fan_out_reads_what_it_iterates_over():
    assert noted(reads_nothing, foreach=ForEach([Parameter("Parameters", "items")]), items=[1]) == []


def test_hooks_of_the_flow_read_parameters_too():
    class Train(Flow):
        @hooks.entry
        def enter(self, p: Parameters):
            return p.on

    Train.register(type("Fit", (Layer,), {"__call__": reads_nothing}))
    assert notes(Step(Train().execution(), {"on": True})) == []


def test_a_flow_that_declares_its_parameters_rejects_others_itself():
    class Train(Flow):
        rate: int = 1

    Train.register(type("Fit", (Layer,), {"__call__": reads_nothing}))
    assert notes(Step(Train().execution(), {"rate": 1})) == []
