"""How a split's failure reads, and whether it counts as one of its attempts."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from laminar import Flow, Layer, Parameters
from laminar.configurations import option_values
from laminar.configurations.datastores import Memory
from laminar.configurations.datastores.storage.fsspec_storage import FsspecStorage
from laminar.configurations.executors import Thread
from laminar.configurations.layers import Container, ForEach, Parameter, Retry
from laminar.exceptions import DatastoreError, ExecutionError, FlowError
from laminar.worker.job import SplitJob
from laminar.worker.split_failure import blame, failed_outside, failure, outage, trace, uncounted


class Case(Flow): ...


@Case.register(retry=Retry(attempts=3))
class A(Layer): ...


@Case.register
class Once(Layer): ...


@Case.register(foreach=ForEach([Parameter(Parameters, "rows")]))
class Each(Layer): ...


@pytest.fixture
def execution():
    return Case(datastore=Memory(), executor=Thread()).execution("one")


def datastore_error(*, transient: bool, where: str = "") -> DatastoreError:
    error = DatastoreError("No data.", where=where, fix="look for it.")
    error.transient = transient
    return error


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def circle() -> BaseException:
    error = ValueError("circle")
    return caused(error, caused(KeyError("other"), error))


@pytest.mark.parametrize(
    ("error", "blameless"),
    [
        (ValueError("own"), False),
        (datastore_error(transient=False), False),
        (datastore_error(transient=True), True),
        (caused(ValueError("wrapped"), datastore_error(transient=True)), True),
        (caused(ValueError("twice"), caused(KeyError("x"), datastore_error(transient=True))), True),
        (caused(datastore_error(transient=False), datastore_error(transient=True)), True),
        (caused(ValueError("wrapped"), datastore_error(transient=False)), False),
        (circle(), False),
    ],
)
def test_an_outage_of_the_datastore_alone_is_blameless_and_leaves_no_marker(error, blameless, execution):
    for attempt in (1, 2, 3):
        job = SplitJob.of(execution.layer("A", index=0, splits=1, attempt=attempt))
        failed = blame(job, error, "", 3)
        assert failed.blameless is blameless
        assert failed.retryable is (blameless or attempt < 3)
        assert job.failures() == (() if blameless else tuple(range(1, attempt + 1)))


@pytest.mark.parametrize("transient", [True, False])
def test_with_a_single_attempt_only_an_outage_is_tried_again(transient, execution):
    job = SplitJob.of(execution.layer("Once", index=0, splits=1))
    failed = blame(job, datastore_error(transient=transient), "", 1)
    assert (failed.retryable, failed.blameless, job.failures()) == (transient, transient, ())


def test_failures_that_do_not_count_leave_all_attempts(execution):
    job = lambda attempt: SplitJob.of(execution.layer("A", index=0, splits=1, attempt=attempt))  # noqa: E731
    blame(job(1), datastore_error(transient=True), "", 2)
    assert blame(job(2), ValueError("own"), "", 2).retryable  # the first that counts, of two
    assert not blame(job(3), ValueError("own"), "", 2).retryable


def test_a_split_whose_process_was_killed_by_its_own_fault_uses_up_attempts(execution):
    ends = [failed_outside(execution.layer("A", index=0, splits=1, attempt=attempt), "SIGSEGV") for attempt in (1, 2, 3)]
    assert [(end.retryable, end.blameless) for end in ends] == [(True, False), (True, False), (False, False)]


def test_an_outage_around_a_documents_access_is_a_blameless_failure_and_another_error_is_none(execution):
    job = SplitJob.of(execution.layer("A", index=0, splits=1))
    failed = outage(job, datastore_error(transient=True))
    assert failed is not None and failed.blameless and failed.retryable and job.failures() == ()
    assert outage(job, datastore_error(transient=False)) is None


def test_a_failure_names_its_split(execution):
    failed = failure(execution.layer("A", index=0, splits=1, attempt=2), "no luck", where="main.py:1")
    assert str(failed) == "Layer 'A' of flow 'Case' failed (attempt 2): no luck\n  at: main.py:1"
    assert (failed.execution, failed.flow, failed.layer, failed.index, failed.attempt) == ("one", "Case", "A", 0, 2)
    assert isinstance(failed, ExecutionError) and not failed.retryable and not failed.blameless
    of_many = failure(execution.layer("Each", index=2, splits=5), "no luck")
    assert of_many.what == "Layer 'Each' of flow 'Case' failed (split 2 of 5, attempt 1): no luck"


def test_a_fan_out_that_cannot_be_counted_names_its_registration_and_the_data(execution):
    error = datastore_error(transient=False, where="Parameters.rows")
    failed = uncounted(execution.layer("Each", index=0, splits=1), error)
    place, data = failed.where.split("; ")
    assert "test_split_failure.py:" in place and data == "Parameters.rows"
    assert failed.__cause__ is error and failed.fix == "look for it."
    assert failed.what.endswith(": No data.")


def test_a_hook_is_named_before_its_error(execution):
    job = SplitJob.of(execution.layer("Once", index=0, splits=1))
    assert blame(job, ValueError("no"), "retry hook A.more", 1).what.endswith("retry hook A.more: ValueError: no")


def frozen(value: object) -> BaseException:
    """Return the error for setting an attribute of a frozen object."""
    try:
        value.memory = 1  # type: ignore[attr-defined]
    except FrozenInstanceError as error:
        return error
    raise AssertionError("it is not frozen")


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_the_users_own_line_is_named_and_the_data_that_it_could_not_read(execution):
    job = SplitJob.of(execution.layer("Once", index=0, splits=1))
    failed = blame(job, raised(datastore_error(transient=False, where="A.rows")), "", 1)
    assert failed.where.endswith(", in raised; A.rows") and "test_split_failure.py:" in failed.where
    assert blame(job, FlowError("No.", where="flow.py:3"), "", 1).where == "flow.py:3"  # nothing was raised by a user's line
    assert blame(job, datastore_error(transient=False, where="A.rows"), "", 1).where == "A.rows"


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (frozen(Container()), "change a container in a submission hook"),
        (frozen(Retry()), ""),
        (SystemExit(1), "return from __call__"),
        (EOFError("EOF when reading a line"), "--debug"),
        (EOFError("Ran out of input"), ""),
        (type("BdbQuit", (Exception,), {})(), "--debug"),
        (FlowError("No.", fix="its own."), "its own."),
        (caused(ValueError("no"), datastore_error(transient=False)), "look for it."),
        (ValueError("no"), ""),
    ],
)
def test_the_fix_is_of_what_is_easily_mistaken(error, fix, execution):
    found = blame(SplitJob.of(execution.layer("Once", index=0, splits=1)), error, "", 1).fix
    assert fix in found and bool(fix) is bool(found)


def test_a_trace_starts_at_the_users_first_line():
    shown = trace(raised(ValueError("no")))
    assert shown.startswith("Traceback") and "in raised" in shown and shown.endswith("ValueError: no")


def test_a_trace_leaves_out_what_called_the_users_code():
    with pytest.raises(FlowError) as caught:
        Case().registered("Nobody")
    assert "in registered" not in trace(caught.value)
    assert "in test_a_trace_leaves_out" in trace(caught.value)
    with pytest.raises(ValueError, match="quotation") as other:
        option_values.split_words("'")
    assert "in split_words" in trace(other.value)
    inner = other.value.__traceback__.tb_next  # type: ignore[union-attr]
    assert "in split_words" not in trace(other.value.with_traceback(inner))


def test_a_trace_of_an_outage_ends_at_the_users_line_without_the_packages_of_the_storage():
    def read(url: str) -> None:
        storage = Network(url)
        storage.get("key")

    class Network(FsspecStorage):
        def filesystem(self) -> Any:
            raise ConnectionRefusedError("down")

    with pytest.raises(DatastoreError) as caught:
        read("s3://bucket/x")
    shown = trace(caught.value)
    assert shown.startswith("Traceback")
    assert 'storage.get("key")' in shown
    assert "fsspec_storage.py" not in shown and "direct cause" not in shown
    assert "ConnectionRefusedError: down" in shown
    assert trace(datastore_error(transient=True)) == ""
