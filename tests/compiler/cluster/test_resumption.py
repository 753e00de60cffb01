"""Read the unfinished part of an execution from its documents, and plan only that."""

from __future__ import annotations

import pytest

from laminar import Flow, Layer, Parameters, compiler
from laminar.compiler import ir, recorder
from laminar.compiler.cluster.resumption import remainder
from laminar.compiler.plan import planner
from laminar.compiler.plan.partial_execution import Remainder
from laminar.compiler.plan.planner import Settings
from laminar.compiler.target import Target
from laminar.configurations import hooks
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError
from tests.support.import_graph import ROOT
from tests.support.small_flows import BROKEN, Declined, forget, note


class Train(Flow): ...


class Report(Flow): ...


@Train.register
class Read(Layer):
    def __call__(self) -> None:
        self.shard(rows=range(3))


@Train.register
class Skipped(Declined):
    def __call__(self, read: Read) -> None: ...


@Train.register
class Asked(Layer):
    def __call__(self, read: Read) -> None:
        note(self)

    @hooks.entry
    def asks(self, read: Read) -> bool:
        return len(read.rows) > 0


@Train.register(foreach=ForEach([Parameter(Read, "rows"), Parameter(Parameters, "names")]))
class Fit(Layer):
    def __call__(self, read: Read) -> None:
        note(self)
        self.score = read.rows


@Train.register
class Best(Layer):
    def __call__(self, read: Read, fit: Fit) -> None:
        note(self)
        self.best = max(fit.score)


@Report.register
class Write(Layer):
    def __call__(self, parameters: Parameters) -> None:
        note(self)


@pytest.fixture(autouse=True)
def _sound():
    forget()


@pytest.fixture
def flows():
    store = Memory()
    return Train(datastore=store, executor=Thread()), Report(datastore=store, executor=Thread())


def run(flows, *broken: str):
    """Run the chain of two flows on this machine, and return it as a program that is compiled records it."""
    train, report = flows
    BROKEN.update(broken)
    given = {"execution": "one", "names": ["a", "b"]}

    def link(execution):
        return Parameters(best=execution.layer(Best).best)

    if broken:
        with pytest.raises(ExecutionError):
            train(**given).next(flow=report, linker=link)
    else:
        train(**given).next(flow=report, linker=link)
    return recorder.call(lambda: train(names=["a", "b"]).next(flow=report, linker=link))[0]


def planned(chain, left: Remainder | None) -> str:
    return ir.show(planner.plan(chain, Settings(datastore="s3://b/p", remainder=left)))


def test_an_execution_without_documents_has_all_of_it_left(flows):
    chain = recorder.call(lambda: flows[0](names=["a"]))[0]
    assert remainder(chain, "one", None) is None


def test_what_failed_is_left_with_the_lengths_that_it_reads(flows):
    left = remainder(run(flows, "Fit", "Asked"), "one", None)
    assert left == Remainder(1, frozenset({"Skipped", "Asked", "Fit", "Best"}), {"Read.rows": 3, "Parameters.names": 2})


def test_only_what_is_left_becomes_tasks_and_the_link_comes_after_it(flows):
    chain = run(flows, "Best")
    made = planner.plan(chain, Settings(datastore="s3://b/p", remainder=remainder(chain, "one", None)))
    assert [[task.layer for task in flow.tasks] for flow in made.flows] == [["Skipped", "Best"], ["Write"]]
    assert made.flows[1].link is not None and made.flows[1].link.name == "link-2"


def test_a_flow_that_has_finished_and_was_linked_is_left_out(flows):
    chain = run(flows, "Write")
    left = remainder(chain, "one", None)
    assert left == Remainder(1, frozenset({"Skipped"}))  # decided again: it may run this time
    left = remainder(chain, "one", None, again=False)
    assert left == Remainder(2, frozenset({"Write"}))
    shown = planned(chain, left)
    assert "Write" in shown and "link-2" not in shown and "Best" not in shown


def test_a_link_that_has_not_run_follows_the_last_layer_of_the_flow_before_it(flows):
    chain = run(flows, "Write")
    flows[0].configuration.datastore.remove("Report", "one", "Parameters")
    left = remainder(chain, "one", None, again=False)
    assert left == Remainder(1, frozenset({"Best"}))
    assert "link-2" in planned(chain, left)


def test_nothing_left_is_an_error(flows):
    with pytest.raises(ExecutionError, match="Nothing is left to run"):
        remainder(run(flows), "one", None, again=False)


def test_the_workflow_of_what_is_left_has_literal_counts_and_a_gate_for_hooks_of_pods_that_do_not_run(flows, golden):
    chain = run(flows, "Fit", "Asked")
    settings = Settings(datastore="s3://b/p", remainder=remainder(chain, "one", None))
    first = chain.steps[0]
    chain.steps = [first.__class__(first.flow.execution("one", retry=True), first.parameters, action="resume")]
    made = compiler.documents([(chain, settings)], Target(kind="workflow"))
    golden(compiler.text(made, notes=False), ROOT / "tests" / "golden" / "compiler" / "resumed.yaml")
