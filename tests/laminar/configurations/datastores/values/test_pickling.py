"""Test how values become bytes where no protocol says so."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from laminar.configurations.datastores.values import pickling
from laminar.exceptions import DatastoreError


class Broken:
    def __reduce__(self) -> Any:
        raise ValueError("not today")


class Unreadable:
    def __reduce__(self) -> Any:
        return int, ("x",)


def test_large_buffers_are_frames_of_their_own_and_not_copied() -> None:
    array = np.arange(100_000.0)
    stream, buffer = pickling.dump({"a": array, "small": np.ones(3)})
    assert len(stream) < 1000
    assert np.shares_memory(np.frombuffer(buffer), array)


def test_arrays_that_do_not_lie_in_a_row_come_back() -> None:
    array = np.arange(200_000.0).reshape(400, 500)[::2, ::3]
    assert np.array_equal(pickling.load(pickling.dump(array)), array)
    columns = np.asfortranarray(np.arange(200_000.0).reshape(400, 500))
    assert pickling.load(pickling.dump(columns)).flags.f_contiguous


def test_arrays_can_be_written_to_also_where_what_was_read_cannot() -> None:
    frames = [bytes(frame) for frame in pickling.dump(np.arange(100_000.0))]
    array = pickling.load(frames)
    array[0] = 1


def test_a_class_of_a_function_comes_back() -> None:
    class Inner:
        value = 3

    assert pickling.load(pickling.dump(Inner())).value == 3


@pytest.mark.parametrize("value", [threading.Lock(), Broken(), iter([Broken()])], ids=["lock", "broken", "iterator"])
def test_what_cannot_be_pickled_says_what_it_is_and_how_to_mend_it(value: object) -> None:
    with pytest.raises(DatastoreError, match=f"A value of type '{type(value).__name__}' cannot be pickled: ") as error:
        pickling.dump(value)
    assert f"@datastore.protocol({type(value).__name__})" in error.value.fix
    assert error.value.__cause__ is not None


def test_what_cannot_be_unpickled_keeps_its_cause() -> None:
    with pytest.raises(DatastoreError, match="cannot be unpickled: ValueError") as error:
        pickling.load(pickling.dump(Unreadable()))
    assert isinstance(error.value.__cause__, ValueError)
