"""Test that a process reads its own writes, also when the storage gets them late, in another order, or never."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laminar.configurations.datastores import Record
from laminar.configurations.datastores.key_layout import document_key
from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.datastores.storage.pending_writes import PendingWrites
from laminar.exceptions import DatastoreError
from tests.support.late_storage import Fate, Late

LAYERS = ("Parameters", "A", "B")
SPLITS = st.tuples(st.sampled_from(LAYERS), st.integers(0, 1))
FATES = st.sampled_from(["lands", "lands", "fails once", "is denied"])
OPERATIONS = st.one_of(
    st.tuples(st.just("background"), SPLITS, FATES),
    st.tuples(st.just("save"), SPLITS, FATES),
    st.tuples(st.just("wait"), SPLITS),
    st.tuples(st.just("remove"), st.sampled_from(LAYERS)),
    st.tuples(st.just("prefetch"), st.lists(SPLITS, max_size=3)),
    st.tuples(st.just("failure"), SPLITS),
    st.tuples(st.just("clear"), SPLITS),
    st.tuples(st.just("release"), st.integers(0, 5)),
    st.tuples(st.just("land_while_listing"), st.booleans()),
)


def doc(split: tuple[str, int], number: int) -> Record:
    return Record(flow="F", execution="e", layer=split[0], index=split[1], splits=2, host=f"write {number}")


class Model:
    """Compute the value that a process has to read: its last write of a document, until ``wait`` has reported that it failed."""

    def __init__(self, store: Late) -> None:
        self.store = store
        self.landed: dict[tuple[str, int], Record] = {}
        self.pending: dict[tuple[str, int], tuple[Record, Fate]] = {}
        self.waits: dict[tuple[str, int], list[tuple[Callable[[], None], Fate]]] = {}
        self.failed: set[tuple[str, int]] = set()
        self.number = 0

    def settle(self, split: tuple[str, int]) -> None:
        if split in self.pending:
            record, fate = self.pending.pop(split)
            if fate != "is denied":
                self.landed[split] = record

    def next(self, split: tuple[str, int], fate: Fate) -> Record:
        self.number += 1
        record = doc(split, self.number)
        self.store.files.fates[record.to_json().encode()] = [fate]
        return record

    def background(self, split: tuple[str, int], fate: Fate) -> None:
        record = self.next(split, fate)
        self.settle(split)
        self.store.files.arrived.clear()
        self.waits.setdefault(split, []).append((self.store.save_in_background(record), fate))
        self.pending[split] = record, fate
        assert self.store.files.arrived.wait(10)

    def save(self, split: tuple[str, int], fate: Fate) -> None:
        record = self.next(split, fate)
        self.settle(split)
        if fate == "is denied":
            with pytest.raises(DatastoreError, match="PermissionError"):
                self.store.save(record)
        else:
            self.store.save(record)
            self.landed[split] = record

    def wait(self, split: tuple[str, int]) -> None:
        for wait, fate in self.waits.pop(split, []):
            if fate == "is denied":
                with pytest.raises(DatastoreError, match="PermissionError"):
                    wait()
            else:
                wait()
        self.settle(split)

    def remove(self, layer: str) -> None:
        self.store.remove("F", "e", layer)
        for index in range(2):
            self.settle((layer, index))
            self.landed.pop((layer, index), None)
            self.failed.discard((layer, index))

    def prefetch(self, splits: list[tuple[str, int]]) -> None:
        self.store.prefetch([document_key("F", "e", *split) for split in splits])

    def failure(self, split: tuple[str, int]) -> None:
        self.store.record_failure("F", "e", *split, 1, "no")
        self.failed.add(split)

    def clear(self, split: tuple[str, int]) -> None:
        self.store.clear_failures("F", "e", *split)
        self.failed.discard(split)

    def release(self, number: int) -> None:
        self.store.files.release(number)

    def land_while_listing(self, lands: bool) -> None:
        self.store.files.lands_while_listing = lands

    def check(self) -> None:
        """Read everything twice, in every way there is."""
        for layer in LAYERS:
            records = {index: self.pending.get((layer, index), (self.landed.get((layer, index)), ""))[0] for index in range(2)}
            there = {index: record for index, record in records.items() if record is not None}
            assert self.store.records("F", "e", layer) == there  # first: listing may let writes land
            for index, record in records.items():
                key = document_key("F", "e", layer, index)
                assert self.store.load("F", "e", layer, index) == self.store.load("F", "e", layer, index) == record
                assert self.store.exists(key) == (record is not None)
                assert self.store.get_many([key, key]) == [record and record.to_json().encode()] * 2
                assert self.store.failures("F", "e", layer, index) == ((1,) if (layer, index) in self.failed else ())
                if record is not None:
                    assert bytes(self.store.get(key, 3, 9)) == record.to_json().encode()[3:9]
        layers = {layer for layer, _ in {*self.pending, *self.landed, *self.failed}}
        assert self.store.layers("F", "e") == tuple(sorted(layers))


@given(operations=st.lists(OPERATIONS, max_size=12))
@example(operations=[("land_while_listing", True), ("background", ("A", 0), "lands")])
@example(operations=[("background", ("A", 0), "fails once"), ("prefetch", [("A", 0)]), ("release", 0), ("wait", ("A", 0))])
@example(operations=[("save", ("A", 0), "lands"), ("background", ("A", 0), "is denied"), ("wait", ("A", 0))])
def test_a_process_reads_what_it_wrote(operations: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrying_filesystem, "PAUSE", 0.0001)
        model = Model(Late())
        for name, *arguments in operations:
            getattr(model, name)(*arguments)
            model.check()
        for split in list(model.waits):
            model.wait(split)
            model.check()
    stored = Model(model.store)
    stored.landed, stored.failed = model.landed, model.failed
    model.store._pending = PendingWrites()
    stored.check()  # another process reads the same


def test_writes_of_one_key_are_made_one_after_the_other() -> None:
    pending, landed = PendingWrites(), []
    for number in range(5):
        wait = pending.start("key", b"%d" % number, lambda number=number: landed.append(number))  # type: ignore[misc]
        assert pending.get("key") in (b"%d" % number, None)
    wait()
    assert landed == [0, 1, 2, 3, 4]
    assert pending.get("key") is None


def test_a_forked_process_still_reads_what_its_parent_was_writing() -> None:
    import os

    gate, pending = threading.Event(), PendingWrites()
    wait = pending.start("F/key", b"1", gate.wait)  # type: ignore[arg-type]
    child = os.fork()
    if not child:
        os._exit(0 if pending.get("F/key") == b"1" and list(pending.names("F")) == ["key"] else 1)
    assert os.waitpid(child, 0)[1] == 0
    gate.set()
    wait()
    assert list(pending.names("F")) == []
