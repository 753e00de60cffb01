"""Test that a process keeps few segments, and verifies each frame once."""

from __future__ import annotations

import threading

import pytest

from laminar.configurations.datastores.values import file_format
from laminar.configurations.datastores.values.artifact import Segment
from laminar.configurations.datastores.values.open_segments import KEPT, OpenSegment, SegmentCache
from laminar.exceptions import DatastoreError


def packed(count: int = 3, *, compress: bool = False) -> tuple[str, bytes]:
    made = file_format.pack(file_format.SEGMENT, [("", b"%d" % number * 9000) for number in range(count)], compress=compress)
    return made.address, b"".join(made.chunks)


@pytest.mark.parametrize("compress", [False, True])
def test_frames_are_those_that_were_packed(compress: bool) -> None:
    address, data = packed(compress=compress)
    opened = OpenSegment.whole(data, address)
    for _ in range(2):
        assert [bytes(opened.frame(number)) for number in range(3)] == [b"%d" % number * 9000 for number in range(3)]


def test_a_damaged_frame_is_reported_each_time_and_the_others_are_read() -> None:
    address, data = packed()
    damaged = bytearray(data)
    damaged[-100] ^= 1
    opened = OpenSegment.whole(damaged, address)
    assert bytes(opened.frame(0)) == b"0" * 9000
    for _ in range(2):
        with pytest.raises(DatastoreError, match="frame 2 differs from the written one"):
            opened.frame(2)


def test_an_element_that_the_file_lacks_is_an_error() -> None:
    address, data = packed()
    opened = OpenSegment.whole(data, address)
    assert opened.number_of(Segment(address, 2, len(data), first=1), 1) == 2
    with pytest.raises(DatastoreError, match="holds 3 elements, where a document names element 3"):
        opened.number_of(Segment(address, 2, len(data), first=1), 2)


def test_a_cache_keeps_the_segments_opened_last() -> None:
    cache, (address, data) = SegmentCache(), packed()
    for number in range(KEPT + 3):
        cache.add(str(number), OpenSegment.whole(data, address))
    assert [number for number in range(KEPT + 3) if cache.get(str(number))] == list(range(3, KEPT + 3))
    cache.drop("5")
    cache.drop("none")
    assert cache.get("5") is None


def test_threads_may_add_to_a_cache_at_the_same_time() -> None:
    cache, (address, data) = SegmentCache(), packed()
    errors: list[BaseException] = []

    def add(start: int) -> None:
        try:
            for number in range(300):
                cache.add(str(start * 1000 + number), OpenSegment.whole(data, address))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=add, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
