"""Test the order in which executions are listed; the contract of all stores has more."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import Memory, Record
from laminar.configurations.datastores.documents.execution_listing import made_at
from laminar.configurations.datastores.key_layout import document_key
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid
from laminar.timestamps import now


def test_a_ksuid_tells_when_it_was_made() -> None:
    before, execution, after = now(), ksuid(), now()
    assert before[:19] <= made_at(execution) <= after[:19]
    assert made_at(f"{execution}-2") == made_at(execution)
    for own in ("nightly", "z" * 27, "/" * 27, ""):
        assert made_at(own) == ""


@given(seconds=st.lists(st.integers(0, 3), min_size=1, max_size=6), seed=st.integers(0, 9))
def test_executions_of_any_ids_are_listed_by_the_time_of_their_parameters(seconds: list[int], seed: int) -> None:
    store, started = Memory(), {}
    for number, second in enumerate(seconds):
        started[f"own-{number}"] = f"2026-11-23T10:00:0{second}.{number:03d}Z"
    names = list(started)
    random.Random(seed).shuffle(names)
    for name in names:
        store.save(Record(flow="F", execution=name, layer="Parameters", started=started[name]))
    assert store.executions("F") == tuple(sorted(started, key=lambda name: started[name]))


def test_an_id_that_claims_to_be_of_the_future_is_no_ksuid() -> None:
    assert made_at("z" * 27) == ""


def test_an_execution_without_parameters_is_listed_by_its_other_documents() -> None:
    store = Memory()
    for name, started in (("late", "2026-11-23T10:00:02.000Z"), ("early", "2026-11-23T10:00:01.000Z")):
        store.save(Record(flow="F", execution=name, layer="L", started=started))
    assert store.executions("F") == ("early", "late")
    store.put(document_key("F", "early", "L", 0), [b"torn"])
    assert set(store.executions("F")) == {"early", "late"}
    with pytest.raises(DatastoreError, match="is damaged"):
        store.load("F", "early", "L", 0)
