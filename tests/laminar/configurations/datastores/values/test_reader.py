"""Test that all read bytes are verified, and how few are read for one element."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from laminar.configurations.datastores import Local, Memory
from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.values import file_format, reader
from laminar.configurations.datastores.values.artifact import Artifact, Segment
from laminar.configurations.datastores.values.file_format import parse
from laminar.exceptions import DatastoreError


@pytest.mark.parametrize("size", [60, 1000], ids=["read whole", "read by ranges"])
def test_flipped_bits_are_detected_within_what_a_ranged_read_reads(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    store = Local(tmp_path_factory.mktemp("store"))
    values = [bytes([number % 256]) * size for number in range(900)]
    (segment,) = store.shard(values).parts or ()
    assert isinstance(segment, Segment)
    assert (segment.size > reader.MAX_OVERREAD) == (size == 1000)
    key = artifact_key(segment.address)
    data = bytes(store.get(key))
    head = parse(data, segment.address)
    assert not isinstance(head, int)
    moments = random.Random(1)
    start, stop = head.offsets[800], head.offsets[800] + head.lengths[800]
    for bit in [*moments.sample(range(head.start * 8), 30), *moments.sample(range(start * 8, stop * 8), 30)]:
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        store.put(key, [damaged])
        with pytest.raises(DatastoreError, match=segment.address):
            reader.read_element(store, segment, 800)
    store.put(key, [data[: head.start]])
    with pytest.raises(DatastoreError, match="it ends"):
        reader.read_element(store, segment, 800)
    store.put(key, [data])
    assert reader.read_element(store, segment, 800) == values[800]


def test_a_ranged_read_reads_little_of_a_large_segment(tmp_path: Path) -> None:
    class Counting(Local):
        got = 0

        def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
            data = super().get(key, start, stop)
            Counting.got += len(data)
            return data

    store = Counting(tmp_path)
    (segment,) = store.shard(b"x" * 10_000 for _ in range(100)).parts or ()
    assert isinstance(segment, Segment)
    assert segment.size > 1_000_000
    Counting.got = 0
    reader.read_element(store, segment, 99)
    assert Counting.got < 150_000
    reader.read_element(store, segment, 50)
    assert Counting.got < 160_000, "the table was read again"


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_reading_all_elements_one_by_one_hashes_each_frame_once(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Memory() if kind == "memory" else Local(tmp_path)
    artifact = store.shard(f"{number:06}" for number in range(3000))
    hashed: list[int] = []
    original = file_format.DIGESTS[1]
    monkeypatch.setitem(file_format.DIGESTS, 1, lambda data: hashed.append(len(data)) or original(data))  # type: ignore[func-returns-value]
    assert [store.element(artifact, position) for position in range(3000)] == [f"{number:06}" for number in range(3000)]
    assert len(hashed) == 3000


def test_a_segment_that_was_damaged_is_read_again_after_it_was_restored(tmp_path: Path) -> None:
    store = Local(tmp_path)
    (segment,) = store.shard(b"x" * 1000 for _ in range(10)).parts or ()
    assert isinstance(segment, Segment)
    key = artifact_key(segment.address)
    data = bytes(store.get(key))
    store.put(key, [data[:-40] + b"?" + data[-39:]])
    assert reader.read_element(store, segment, 0) == b"x" * 1000
    with pytest.raises(DatastoreError, match="frame 9 differs from the written one"):
        reader.read_element(store, segment, 9)
    store.put(key, [data])
    assert reader.read_element(store, segment, 9) == b"x" * 1000


def test_a_document_that_names_elements_a_segment_lacks_is_an_error() -> None:
    store = Memory()
    (segment,) = store.shard(b"x" * 1000 for _ in range(10)).parts or ()
    assert isinstance(segment, Segment)
    with pytest.raises(DatastoreError, match="holds 10 elements, where a document names element 12"):
        reader.read_element(store, segment, 12)
    assert file_format.head_size(10) < segment.size


def test_a_segment_where_a_value_is_expected_is_an_error() -> None:
    store = Memory()
    (segment,) = store.shard(b"x" * 1000 for _ in range(10)).parts or ()
    with pytest.raises(DatastoreError, match="it holds a segment of a shard, where a value is expected"):
        reader.read_value(store, Artifact(address=segment.address, stored=segment.size))


def test_a_file_that_appears_late_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Memory()
    artifact = store.write(b"x" * 9000)
    key = artifact_key(str(artifact.address))
    data = store.get(key)
    store.delete(key)
    monkeypatch.setattr(reader.time, "sleep", lambda seconds: store.put(key, [data]))
    assert store.read(artifact) == b"x" * 9000


def test_siblings_are_small_files_only() -> None:
    found = [Artifact(json="1"), Artifact(address="ab" * 32, stored=9), Artifact(address="cd" * 32, stored=reader.SMALL + 1)]
    assert reader.small_files(found) == [artifact_key("ab" * 32)]
