"""One split: its document, its failures, and whether another attempt is left."""

from __future__ import annotations

import shutil

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import Catch, ForEach, Parameter, Retry
from laminar.exceptions import DatastoreError
from laminar.settings import current
from laminar.worker import split
from laminar.worker.split import SplitFailed


class Case(Flow): ...


actions: dict[str, object] = {}


def act(layer: Layer) -> object:
    actions.setdefault("ran", []).append((layer.name, layer.index, layer.attempt))  # type: ignore[attr-defined]
    found = actions.get(layer.name)
    if isinstance(found, BaseException):
        raise found
    return found() if callable(found) else found


@Case.register(retry=Retry(attempts=2))
class A(Layer):
    def __call__(self) -> None:
        self.value = act(self)


@Case.register(catch=Catch(KeyError))
class Lenient(Layer):
    def __call__(self) -> None:
        self.before = 1
        act(self)


@Case.register(foreach=ForEach([Parameter(Parameters, "rows")]))
class Each(Layer):
    def __call__(self, parameters: Parameters) -> None:
        self.row = parameters.rows
        self.place = (current.layer.name, current.layer.index, current.layer.splits)


@pytest.fixture
def execution():
    actions.clear()
    return Case(datastore=Memory(), executor=Thread()).execution("one").parameters(rows=["x", "y"])


def ran() -> list[object]:
    return actions.get("ran", [])  # type: ignore[return-value]


def test_a_split_leaves_its_document(execution):
    actions["A"] = 5
    split.run(execution.layer(A, index=0, splits=1))
    assert execution.layer(A).value == 5
    record = execution.flow.configuration.datastore.load("Case", "one", "A", 0)
    assert (record.status, record.splits, record.attempt, record.caught) == ("finished", 1, 1, None)


def test_a_split_that_has_a_document_does_not_run_again(execution):
    for _ in range(2):
        split.run(execution.layer(A, index=0, splits=1))
    assert ran() == [("A", 0, 1)]


def test_a_split_runs_again_where_the_layer_has_another_number_of_splits_now(execution):
    split.run(execution.layer(Each, index=0, splits=2))
    document = lambda: execution.flow.configuration.datastore.load("Case", "one", "Each", 0)  # noqa: E731
    assert document().splits == 2
    split.run(execution.layer(Each, index=0, splits=3))
    assert document().splits == 3


def test_splits_are_counted_where_nobody_says_how_many_there_are(execution):
    split.run(execution.layer(Each, index=1))
    assert execution.layer(Each, index=1).row == "y"
    assert execution.layer(Each, index=1).place == ("Each", 1, 2)


def test_a_failure_is_counted_until_its_attempts_are_used_up(execution):
    actions["A"] = ValueError("no")
    with pytest.raises(SplitFailed, match=r"Layer 'A' of flow 'Case' failed \(attempt 1\): ValueError: no") as first:
        split.run(execution.layer(A, index=0, splits=1))
    with pytest.raises(SplitFailed) as second:
        split.run(execution.layer(A, index=0, splits=1, attempt=2))
    assert (first.value.retryable, second.value.retryable) == (True, False)
    assert "in act" in first.value.where and "ValueError: no" in first.value.remote
    with pytest.raises(SplitFailed, match="its attempts are used up"):
        split.run(execution.layer(A, index=0, splits=1, attempt=3))
    assert len(ran()) == 2


def test_a_first_attempt_starts_to_count_anew(execution):
    actions["A"] = ValueError("no")
    for attempt in (1, 2, 1):
        with pytest.raises(SplitFailed) as raised:
            split.run(execution.layer(A, index=0, splits=1, attempt=attempt))
    assert raised.value.retryable


def test_an_outage_counts_as_no_attempt(execution):
    outage = DatastoreError("The storage is out of reach.")
    outage.transient = True
    actions["A"] = outage
    for attempt in (1, 2, 3):
        with pytest.raises(SplitFailed) as raised:
            split.run(execution.layer(A, index=0, splits=1, attempt=attempt))
        assert raised.value.retryable and raised.value.blameless
    assert execution.flow.configuration.datastore.failures("Case", "one", "A", 0) == ()


def test_missing_data_is_the_layers_own_failure(execution):
    actions["A"] = DatastoreError("Artifact is missing.", where="B.value")
    with pytest.raises(SplitFailed) as raised:
        split.run(execution.layer(A, index=0, splits=1))
    assert not raised.value.blameless
    assert raised.value.where.endswith("B.value")


def test_a_caught_exception_is_kept_beside_what_was_set_before_it(execution):
    actions["Lenient"] = KeyError("k")
    split.run(execution.layer(Lenient, index=0, splits=1))
    record = execution.flow.configuration.datastore.load("Case", "one", "Lenient", 0)
    assert record.caught == "KeyError: 'k'" and "in act" in record.caught_traceback
    assert execution.layer(Lenient).before == 1


def test_leaving_the_process_is_a_failure_that_says_what_to_do_instead(execution):
    actions["Lenient"] = SystemExit(3)
    with pytest.raises(SplitFailed, match="SystemExit: 3") as raised:
        split.run(execution.layer(Lenient, index=0, splits=1))
    assert raised.value.fix.startswith("return from __call__")


def test_an_interrupt_passes(execution):
    actions["Lenient"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        split.run(execution.layer(Lenient, index=0, splits=1))


@pytest.mark.parametrize("error", [None, ValueError("of the layer")])
def test_a_deleted_working_folder_changes_neither_success_nor_error(execution, tmp_path, monkeypatch, error):
    monkeypatch.chdir(tmp_path)

    def delete() -> None:
        shutil.rmtree(tmp_path)
        if error is not None:
            raise error

    actions["A"] = delete
    layer = execution.layer(A, index=0, splits=1)
    if error is None:
        split.run(layer)
        assert execution.layer(A).state.finished
    else:
        with pytest.raises(SplitFailed, match="ValueError: of the layer"):
            split.run(layer)
