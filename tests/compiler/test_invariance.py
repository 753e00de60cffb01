"""Changes that leave a document unchanged: the names of layers (but for the names), the order in which they are registered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from laminar import compiler
from laminar.compiler.plan.planner import Settings
from tests.support import drawn_flows
from tests.test_same_result import program

STORE = Settings(datastore="s3://bucket/prefix")
RENAMED = {"L0": "Z9", "L1": "Q3", "L2": "Y5", "L3": "A1", "L4": "X2", "L5": "B7"}


def render(folder: Path, source: str) -> str:
    path = folder / "main.py"
    path.write_text(source)
    return compiler.compile(path, settings=STORE)


def replaced(text: str, names: dict[str, str]) -> str:
    names = {**names, **{name.lower(): other.lower() for name, other in names.items()}}
    return re.sub(r"(?<![A-Za-z0-9])(" + "|".join(names) + r")(?![A-Za-z0-9])", lambda match: names[match[1]], text)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(flow=drawn_flows.drawn_flows())
def test_renaming_layers_changes_nothing_but_names(flow, tmp_path):
    source = program(flow, 1)
    other = render(tmp_path, replaced(source, RENAMED))
    assert render(tmp_path, source) == replaced(other, {new: old for old, new in RENAMED.items()})


ORDER = """\
from laminar import Flow, Layer

class Train(Flow): ...

class A(Layer): ...

class B(Layer):
    def __call__(self, a: A) -> None: ...

class C(Layer):
    def __call__(self, a: A) -> None: ...

class D(Layer):
    def __call__(self, b: B, c: C) -> None: ...

for layer in %s:
    Train.register(layer)

if flow := Train():
    flow()
"""


@pytest.mark.parametrize("order", ["[A, B, C, D]", "[D, C, B, A]", "[B, D, A, C]"])
def test_the_order_of_registration_does_not_matter(order, tmp_path):
    first = render(tmp_path, ORDER % "[A, B, C, D]")
    assert render(tmp_path, ORDER % order) == first
