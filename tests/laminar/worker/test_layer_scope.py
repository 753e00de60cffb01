"""The common facts of a layer's splits are computed once, and do not change their results."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import hooks
from laminar.configurations.datastores import Local
from laminar.configurations.executors import Thread
from laminar.configurations.layers import Catch, Container, ForEach, Parameter, Retry
from laminar.exceptions import DatastoreError
from laminar.worker import split_job
from laminar.worker.job import Job
from laminar.worker.layer_scope import LayerScope


class Case(Flow): ...


@Case.register
class Rows(Layer):
    factor: int

    def __call__(self, parameters: Parameters) -> None:
        self.factor = parameters.factor
        self.shard(rows=[bytes([number]) * 3000 for number in range(3)], names=["a", "b"])


@Case.register(foreach=ForEach([Parameter(Rows, "rows"), Parameter(Rows, "names")]), catch=Catch(KeyError))
class Each(Layer):
    def __call__(self, rows: Rows, parameters: Parameters) -> None:
        self.size = len(rows.rows) * rows.factor + parameters.factor
        self.shard(letters=[rows.names] * self.index)
        if self.index == 4:
            raise KeyError("left out")


@Case.register(
    foreach=ForEach([Parameter(Each, "letters", index=None)]), retry=Retry(attempts=2), container=Container(env={"MODE": "a"})
)
class Letter(Layer):
    @hooks.submission
    def larger(self) -> None:
        self.configuration.container.memory *= 2

    @hooks.execution
    def around(self):
        self._seen = self.configuration.container.memory
        yield

    def __call__(self, each: Each) -> None:
        self.letter = each.letters
        self.memory = self._seen


@Case.register(foreach=ForEach([Parameter(Each, "size", index=3), Parameter(Parameters, "list")]))
class Named(Layer):
    def __call__(self, each: Each, parameters: Parameters) -> None:
        self.value = (each.size, parameters.list)


@pytest.fixture
def execution(tmp_path, monkeypatch):
    before = dict(os.environ)
    execution = Case(datastore=Local(tmp_path), executor=Thread())(execution="one", factor=2, list=[1, 2])
    yield execution
    os.environ.clear()
    os.environ.update(before)


def documents(execution, name):
    """Return a layer's documents without the fields that differ between two runs."""
    store = execution.flow.configuration.datastore
    records = store.records("Case", "one", name)
    return [replace(record, started="", finished="", caught_traceback=None) for record in records.values()]


@pytest.mark.parametrize("name", ["Each", "Letter", "Named"])
def test_splits_that_share_leave_the_documents_of_splits_that_do_not(name, execution):
    store, alone = execution.flow.configuration.datastore, documents(execution, name)
    assert len(alone) > 1
    store.remove("Case", "one", name)
    shared = LayerScope.of(execution, name)
    for index in range(len(alone)):
        shared.prepare(index)
        code, outputs, failed = split_job.work(execution.flow, Job("Case", "one", name, index, len(alone)), shared=shared)
        assert (code, failed) == (0, None)
        assert outputs == split_job.work(execution.flow, Job("Case", "one", name, index, len(alone)))[1]
        assert name != "Letter" or os.environ["MODE"] == "a"
    assert documents(execution, name) == alone


def test_splits_that_share_read_their_own_documents_and_elements_only(execution, monkeypatch):
    store, opened = execution.flow.configuration.datastore, []
    store.remove("Case", "one", "Each")
    shared = LayerScope.of(execution, "Each")
    shared.prepare(3)
    for name in ("get", "get_if_present"):
        known = getattr(type(store), name)
        monkeypatch.setattr(
            type(store), name, lambda self, key, *rest, known=known: (opened.append(key), known(self, key, *rest))[1]
        )
    split_job.work(execution.flow, Job("Case", "one", "Each", 3, 6), shared=shared)
    artifact = store.load("Case", "one", "Rows", 0).artifacts["rows"]
    assert set(opened) == {"Case/executions/one/Each/3.json", f"artifacts/{artifact.parts[0].address}"} | {
        "Case/executions/one/Rows/0.json"  # by this test itself
    }


def test_a_document_that_is_missing_above_is_an_error(execution):
    execution.flow.configuration.datastore.remove("Case", "one", "Rows")
    with pytest.raises(DatastoreError):
        LayerScope.of(execution, "Each")
