"""Test in which files values go: the limits of segments, and content that is there already."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores import Memory
from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.values import writer
from laminar.configurations.datastores.values.artifact import INLINE, Artifact, Segment

SIZES = st.lists(st.sampled_from([1, 100, 5000, 250_000, 600_000, 1_100_000]), max_size=12)


@given(sizes=SIZES)
def test_segments_keep_their_limits_and_elements_their_order(sizes: list[int]) -> None:
    store = Memory()
    values = [bytes([number]) * size for number, size in enumerate(sizes)]
    artifact = store.shard(values)
    assert list(store.read(artifact)) == values
    for part in artifact.parts or ():
        if isinstance(part, Segment):
            assert part.count <= writer.SEGMENT_ELEMENTS
            assert part.size <= 1 << 20
        elif part.address is None:
            assert len(artifact.to_json()) < 2 * INLINE


@pytest.mark.parametrize(("count", "parts"), [(1024, 1), (1025, 2), (3000, 3)])
def test_a_segment_has_at_most_1024_elements(count: int, parts: int) -> None:
    found = Memory().shard(f"{number:020}" for number in range(count)).parts or ()
    assert [isinstance(part, Segment) for part in found] == [True] * parts


class Counting(Memory):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        self.written.append(key)
        super().put(key, chunks)


def test_content_that_is_there_is_not_written_again() -> None:
    store = Counting()
    first = store.write(b"x" * 9000)
    assert store.write(b"x" * 9000) == first
    assert store.shard([b"y" * 9000]) == store.shard([b"y" * 9000])
    assert len(store.written) == 2


def test_a_reference_to_adjacent_parts_writes_nothing_and_many_small_values_are_packed() -> None:
    store = Counting()
    rows = store.read(store.shard("x" * 2000 for _ in range(1200)))
    store.written.clear()
    assert len(store.write(rows[3:900]).parts or ()) == 2
    assert store.written == []
    small = store.accessor([Artifact(json=str(number)) for number in range(3000)])
    assert len(store.write(small).to_json()) < INLINE
    assert len(store.written) == 3
