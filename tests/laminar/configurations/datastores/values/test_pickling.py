"""Test how values become bytes where no protocol says so."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path
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


VIEWS = {
    "of bytes": memoryview(b"abc"),
    "empty": memoryview(b""),
    "of a bytearray": memoryview(bytearray(b"abc")),
    "of numbers": memoryview(np.arange(5)),
    "of rows": memoryview(np.arange(6.0).reshape(2, 3)),
    "every second": memoryview(b"abcdef")[::2],
    "of one number": memoryview(np.array(3.0)),
}


@pytest.mark.parametrize("kind", VIEWS)
def test_a_memoryview_comes_back_as_one(kind: str) -> None:
    view = VIEWS[kind]
    found = pickling.load(pickling.dump({"view": view}))["view"]
    assert type(found) is memoryview
    assert (found.tobytes(), found.format, found.shape, found.readonly) == (view.tobytes(), view.format, view.shape, view.readonly)


def test_a_memoryview_that_cannot_be_made_again_is_rejected() -> None:
    records = memoryview(np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]))
    with pytest.raises(DatastoreError, match="'memoryview' cannot be pickled"):
        pickling.dump(records)


@pytest.mark.parametrize("mode", ["r", "w", "r+", "rb", "wb"])
@pytest.mark.parametrize("wrap", [lambda file: file, lambda file: {"log": file}, lambda file: lambda: file])
def test_an_open_file_is_rejected_in_each_mode(mode: str, wrap: Any, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("text")
    with open(tmp_path / "data", mode) as file, pytest.raises(DatastoreError, match="cannot be pickled"):
        pickling.dump(wrap(file))


def test_what_refers_to_a_standard_stream_finds_that_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    assert pickling.load(pickling.dump((sys.stdout, lambda: None)))[0] is sys.stdout
