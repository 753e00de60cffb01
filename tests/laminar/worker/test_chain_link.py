"""Steps of a recorded chain, and the linker between two flows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from laminar import Flow, Layer, Parameters
from laminar.components import Execution
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import FlowError
from laminar.program.recording import Chain, Recording, Step
from laminar.worker import chain_link
from laminar.worker.arguments import Task, read


class One(Flow): ...


@One.register
class Plain(Layer): ...


class Two(Flow): ...


@Two.register(foreach=ForEach([Parameter(Parameters, "rows")]))
class Each(Layer): ...


STORE = Memory()
KINDS = {"One": One, "Two": Two}


def step(flow: str, **values: object) -> Step:
    execution = KINDS[flow](datastore=STORE, executor=Thread()).execution()
    return Step(execution, linker=lambda before: Parameters(rows=[before.id, before.flow.name]), **values)  # type: ignore[arg-type]


def recorded(*steps: Step) -> Recording:
    return Recording(chains=[Chain(list(steps))])


def task(flow: str = "One", execution: str = "one", chain: int = 1) -> Task:
    given = read(["main.py", "--flow", flow, "--layer", "L", "--execution", execution], {})
    return replace(given, chain=chain)


@pytest.mark.parametrize(
    ("place", "chain", "found"), [(1, 1, True), (2, 1, True), (3, 1, False), (0, 1, False), (1, 2, False), (1, 0, False)]
)
def test_a_step_is_found_by_chain_and_place(place, chain, found):
    steps = [step("One"), step("Two")]
    if found:
        assert chain_link.step_at(recorded(*steps), place, task(chain=chain)) is steps[place - 1]
    else:
        with pytest.raises(FlowError, match=f"Program 'main.py' has no link {place} in its chain {chain}"):
            chain_link.step_at(recorded(*steps), place, task(chain=chain))


@pytest.mark.parametrize(
    ("flow", "execution", "chain", "layers"),
    [
        ("One", "one", 1, {"A": {"B"}}),
        ("One", "one-2", 1, {"C": set()}),
        ("One", "one-3", 1, None),  # all layers run
        ("Two", "one", 1, {}),  # one layer alone
        ("Two", "one-2", 1, {}),  # an execution of that name is its first
        ("Three", "one", 1, None),
        ("One", "one", 2, None),
        ("One", "one", 0, None),
    ],
)
def test_the_layers_that_run_are_those_of_the_step_that_made_the_execution(flow, execution, chain, layers):
    chained = recorded(
        step("One", action="schedule", dependencies={"A": {"B"}}),
        step("Two", action="execute"),
        step("One", action="schedule", dependencies={"C": set()}),
        step("One", action="resume"),
    )
    assert chain_link.scheduled(chained, task(flow, execution, chain)) == layers


@pytest.mark.parametrize(
    ("chain", "before", "place", "made"),
    [
        (["One", "Two"], "id", 2, "id"),
        (["One", "One"], "id", 2, "id-2"),
        (["One", "One", "One"], "id-2", 3, "id-3"),
        (["One", "One", "Two"], "id-2", 3, "id"),
        (["One", "Two", "One"], "id", 3, "id-2"),
    ],
)
def test_a_link_names_the_execution_by_its_flows_occurrence(
    chain: list[str], before: str, place: int, made: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(globals(), "STORE", Memory())
    steps = [step(name) for name in chain]
    flow = chain[place - 2]
    ended = Execution(before, steps[place - 2].flow)
    outputs = chain_link.link(recorded(*steps), ended, place, task(flow, before))
    execution = steps[place - 1].execution
    assert execution.id == made
    assert execution.layer("Parameters").rows == [before, flow]
    assert outputs.lengths == ({"rows": [2]} if chain[place - 1] == "Two" else {})


def test_a_linker_runs_once(monkeypatch):
    monkeypatch.setitem(globals(), "STORE", Memory())
    calls: list[str] = []

    def linker(before: Execution) -> Parameters:
        calls.append(before.id or "")
        return Parameters(rows=[1])

    for _ in range(2):
        steps = [step("One"), step("Two")]
        steps[1].linker = linker
        chain_link.link(recorded(*steps), Execution("id", steps[0].flow), 2, task("One", "id"))
    assert calls == ["id"]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_there_is_no_link_to_the_first_flow_or_after_the_last(place):
    steps = [step("One"), step("Two")]
    with pytest.raises(FlowError, match=f"no link {place} in its chain 1") as raised:
        chain_link.link(recorded(*steps), Execution("id", steps[0].flow), place, task())
    assert "compile the program again" in raised.value.fix


def test_a_linker_has_to_return_parameters():
    steps = [step("One"), step("Two")]
    wrong: Callable[[object], object] = lambda before: {"rows": [1]}  # noqa: E731
    steps[1].linker = wrong
    with pytest.raises(FlowError, match="returned dict, not Parameters"):
        chain_link.link(recorded(*steps), Execution("never", steps[0].flow), 2, task("One", "never"))
