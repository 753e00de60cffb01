"""Test where the elements of a fan-out are found, and at which cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import Artifact, Local, Memory, Record
from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.documents import element_index
from laminar.configurations.datastores.key_layout import offsets_key


def saved(store: Memory | Local, counts: list[int]) -> None:
    for index, count in enumerate(counts):
        parts = tuple(Artifact(json=str(number)) for number in range(count))
        store.save(
            Record(flow="F", execution="e", layer="L", index=index, splits=len(counts), artifacts={"x": Artifact(parts=parts)})
        )


@given(counts=st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_every_position_is_found_once_and_in_order(counts: list[int]) -> None:
    store = Memory()
    saved(store, counts)
    places = [(split, offset) for split, count in enumerate(counts) for offset in range(count)]
    assert store.total("F", "e", "L", "x", default=False) == len(places)
    assert [store.locate("F", "e", "L", "x", position, default=False) for position in range(len(places))] == places


@given(ends=st.lists(st.integers(0, 2**63)), default=st.booleans())
def test_sums_come_back_and_no_changed_byte_is_accepted(ends: list[int], default: bool) -> None:
    data = element_index.written(ends, default=default)
    assert list(element_index.read(data, default=default) or []) == ends
    assert element_index.read(data, default=not default) is None
    for position in range(len(data)):
        assert element_index.read(data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :], default=default) is None
    assert element_index.read(data[:-1], default=default) is None
    assert element_index.read(data + b"\0", default=default) is None


def test_the_file_is_verified_once_in_a_process_and_then_recognized_by_its_first_bytes(tmp_path: Path) -> None:
    class Counting(Local):
        got = 0

        def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
            data = super().get(key, start, stop)
            Counting.got += len(data)
            return data

    store = Counting(tmp_path)
    saved(store, [1] * 300)
    store.locate("F", "e", "L", "x", 0, default=False)
    store.locate("F", "e", "L", "x", 0, default=False)
    Counting.got = 0
    assert [store.locate("F", "e", "L", "x", position, default=False)[0] for position in range(300)] == [*range(300)]
    assert Counting.got == 300 * element_index.FRONT


@pytest.mark.parametrize("default", [False, True])
def test_another_file_is_seen_at_once(default: bool) -> None:
    store = Memory()
    for counts in ([1, 1], [2, 0], [0, 2, 1]):
        store.remove("F", "e", "L")
        saved(store, counts)
        for _ in range(2):
            assert store.total("F", "e", "L", "x", default=default) == sum(counts)
    store.delete(offsets_key("F", "e", "L", "x"))
    assert store.locate("F", "e", "L", "x", 2, default=default) == (2, 0)
