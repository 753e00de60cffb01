"""A compile's work grows with the layers, and no faster: counted in calls, as a clock depends on the machine."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from laminar import Flow, Layer
from laminar.compiler import render
from laminar.compiler.plan.planner import Settings
from laminar.compiler.target import Target
from laminar.configurations.hooks import entry, retry, submission
from laminar.program.recording import Chain, Step


def chained(size: int, *, kind: str) -> Flow:
    """Return a flow of layers in a row; ``kind`` says in which order they are registered, or which hooks they have."""

    class Row(Flow): ...

    def hooks() -> dict[str, Any]:
        made = {"entry": entry, "submission": submission, "retry": retry}
        return {"hook": made[kind](lambda self: True)} if kind in made else {}

    def call(number: int) -> Any:
        def first(self: Any) -> None: ...

        def later(self: Any, before: Any) -> None: ...

        if number:
            later.__annotations__["before"] = f"L{number - 1}"
        return later if number else first

    numbers = range(size)
    for number in reversed(numbers) if kind == "reversed" else numbers:
        Row.register(type(f"L{number}", (Layer,), {"__call__": call(number), **hooks()}))
    return Row()


def calls(size: int, kind: str) -> int:
    """Return how many functions, and steps of generators, a compile of so many layers calls."""
    flow, counted = chained(size, kind=kind), 0
    chain = Chain([Step(flow.execution(), {})])

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        render([(chain, Settings(datastore="s3://bucket/data"))], Target())
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize("kind", ["plain", "reversed", "entry", "submission", "retry"])
def test_four_times_the_layers_are_at_most_four_and_a_half_times_the_work(kind):
    calls(5, kind)  # imports and caches
    assert calls(320, kind) <= 4.5 * calls(80, kind)
