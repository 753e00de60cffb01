"""Test the sequence of stored elements: as a list, but loaded when looked at."""

from __future__ import annotations

import copy
import pickle
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar import Flow, Layer
from laminar.configurations.datastores import Accessor, DataStore, Memory, open_like
from laminar.configurations.datastores.documents.error_context import Origin
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid


class Watched(Memory):
    """Record the reads, and their threads."""

    overlaps_reads = True

    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[str] = Counter()
        self.threads: list[str] = []
        self.most = 0

    def get_many(self, keys: Sequence[str]) -> Any:
        self.threads.append(threading.current_thread().name)
        found = super().get_many(keys)
        self.most = max(self.most, sum(len(data or b"") for data in found))
        return found

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        self.reads[key] += 1
        return super().get(key, start, stop)


@pytest.fixture(scope="module")
def store() -> Watched:
    return Watched()


def mixed(store: Memory) -> tuple[Accessor[Any], list[Any]]:
    """Return elements that are stored in every way there is, and the list of them."""
    parts: list[list[Any]] = [list(range(3)), ["x" * 3000] * 5, list(range(1500)), []]
    artifacts = [store.shard(part) for part in parts]
    whole = [value for part in parts for value in part]
    return store.accessor([*artifacts, store.write([1, 2]), store.write("y" * 9000)]), [*whole, [1, 2], "y" * 9000]


MIXED = mixed(Memory())
SIDE = st.none() | st.integers(-1600, 1600)


@given(start=SIDE, stop=SIDE, step=st.integers(-700, 700).filter(bool) | st.none(), again=SIDE)
def test_slices_are_those_of_a_list(start: int | None, stop: int | None, step: int | None, again: int | None) -> None:
    accessor, values = MIXED
    found, expected = accessor[start:stop:step][again:], values[start:stop:step][again:]
    assert isinstance(found, Accessor)
    assert list(found) == expected
    assert len(found) == len(expected)
    assert list(reversed(found)) == expected[::-1]
    assert list(found.store.read(found.artifact)) == expected


@given(index=st.integers(-1600, 1600))
def test_an_index_is_that_of_a_list(index: int) -> None:
    accessor, values = MIXED
    try:
        expected = values[index]
    except IndexError:
        with pytest.raises(IndexError, match=f"Accessor index {index} out of range: it has 1510 elements"):
            accessor[index]
    else:
        assert accessor[index] == expected


def test_an_index_has_to_be_a_number() -> None:
    with pytest.raises(TypeError):
        MIXED[0]["x"]  # type: ignore[call-overload]


def test_it_equals_sequences_of_equal_elements(store: Watched) -> None:
    found = store.read(store.shard([1, 2]))
    assert found == [1, 2]
    assert found == (1, 2)
    assert [1, 2].__eq__(found) is NotImplemented  # so that Python asks the Accessor
    assert found == store.read(store.shard([1, 2]))
    assert found != [1, 3]
    assert found != [1]
    assert found != "12"
    assert found != {1, 2}
    assert store.read(store.shard([])) == []
    with pytest.raises(TypeError, match="unhashable"):
        hash(found)


def test_it_is_shown_without_loading(store: Watched) -> None:
    found = store.read(store.shard(["x" * 3000] * 3))
    store.reads.clear()
    assert repr(found) == "Accessor(3 elements)"
    assert repr(found[:1]) == "Accessor(1 element)"
    assert found.artifact.length == 3
    assert not store.reads


def test_it_has_what_sequences_have(store: Watched) -> None:
    found = store.read(store.shard(["a", "b", "b"]))
    assert "b" in found
    assert (found.index("b"), found.count("b")) == (1, 2)
    assert isinstance(found, Sequence)
    assert not store.read(store.shard([]))


def test_copies_are_itself_and_other_processes_get_a_list(store: Watched) -> None:
    found = store.read(store.shard([1, 2]))
    assert copy.copy(found) is found
    assert copy.deepcopy({"a": found})["a"] is found
    assert type(pickle.loads(pickle.dumps(found))) is list


def test_iterating_reads_each_file_once_and_the_next_ahead(store: Watched) -> None:
    found = store.read(store.shard(bytes([number % 256]) * 1000 for number in range(5000)))
    store.reads.clear()
    store.threads.clear()
    store.most = 0
    for number, value in enumerate(found):
        assert value == bytes([number % 256]) * 1000
    assert set(store.reads.values()) == {1}
    assert store.threads == ["MainThread", *["laminar-background"] * (len(store.threads) - 1)]
    assert len(store.threads) == len(found.artifact.parts or ()) == 6
    assert store.most <= 1 << 20


def test_small_files_are_read_together(store: Watched) -> None:
    found = store.accessor(store.write(bytes([number]) * 5000) for number in range(200))
    store.threads.clear()
    assert sum(map(len, found)) == 1_000_000
    assert len(store.threads) == 1


def test_going_over_indexes_reads_a_segment_at_most_twice(store: Watched) -> None:
    found = store.read(store.shard(b"x" * 1000 for _ in range(900)))
    store.reads.clear()
    assert sum(len(found[index]) for index in range(900)) == 900_000
    assert sum(store.reads.values()) <= 3


def test_an_element_read_twice_is_two_objects(store: Watched) -> None:
    found = store.read(store.shard([[number] for number in range(2000)]))
    for _ in range(3):
        found[5].append(1)
        assert found[5] == [5]


def test_elements_are_loaded_one_segment_at_a_time() -> None:
    import tracemalloc

    store = Watched()
    found = store.read(store.shard(bytes([number]) * 100_000 for number in range(200)))
    tracemalloc.start()
    for value in found:
        assert len(value) == 100_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6_000_000


def test_a_missing_file_is_an_error_also_when_it_is_fetched_ahead() -> None:
    store = Watched()
    found = store.read(store.shard(bytes([number % 256]) * 1000 for number in range(3000)))
    store.delete(f"artifacts/{found.artifact.parts[-1].address}")
    with pytest.raises(DatastoreError, match="is missing"):
        list(found)


ORIGIN = Origin(flow="F", execution="e", layer="L", attribute="a", splits=9, indexes=(0, 4, 7), ends=(0, 2, 5))
"""Of three splits that contributed: the first nothing, the second two parts, the third three."""


def several(store: Watched) -> Accessor[bytes]:
    """Return an element in a file of its own for each part that ORIGIN knows."""
    return store.accessor(store.write(bytes([number]) * 5000) for number in range(5)).with_origin(ORIGIN)


@pytest.mark.parametrize(("gone", "split"), [(0, 4), (1, 4), (2, 7), (4, 7)])
@pytest.mark.parametrize(
    "read",
    [
        list,
        lambda found: list(reversed(found)),
        lambda found: list(found[::2]) + list(found[1::2]),
        lambda found: found[:][:].index(0),
    ],
    ids=["iterated", "reversed", "sliced", "by index"],
)
def test_an_element_that_cannot_be_read_is_told_with_its_split(gone: int, split: int, read: Any) -> None:
    store = Watched()
    found = several(store)
    address = found[gone : gone + 1].artifact.parts[0].address  # type: ignore[index]
    store.delete(f"artifacts/{address}")
    with pytest.raises(DatastoreError, match=f"{address} is missing") as raised:
        read(found)
    assert raised.value.where == f"L.a of flow 'F', execution 'e', split {split} of 9"
    assert f"F/executions/e/L/{split}.json" in raised.value.fix


def test_what_is_fetched_ahead_is_told_with_its_own_split() -> None:
    store = Watched()
    store.batch_bytes = 6000  # type: ignore[misc]
    found = several(store)
    store.delete(f"artifacts/{found.artifact.parts[2].address}")  # type: ignore[index]
    elements = iter(found)
    assert [next(elements)[0], next(elements)[0]] == [0, 1]
    with pytest.raises(DatastoreError) as raised:
        next(elements)
    assert raised.value.where.endswith("split 7 of 9")


def test_a_protocol_that_fails_is_told_with_its_split() -> None:
    from laminar.configurations.serde import Protocol

    store = Watched()

    @store.protocol(complex)
    class Text(Protocol):
        name = "Text"

        def dumps(self, value: complex) -> bytes:
            return str(value).encode()

        def loads(self, data: bytes) -> complex:
            return complex(data.decode().replace("2", "two"))

    found = store.accessor(store.write(complex(number)) for number in range(5)).with_origin(ORIGIN)
    with pytest.raises(DatastoreError, match="Protocol 'Text' cannot read a value that it stored") as raised:
        list(found)
    assert raised.value.where.endswith("split 7 of 9")
    assert "fix Text.loads" in raised.value.fix


def test_without_an_origin_an_error_names_the_address_alone(store: Watched) -> None:
    found = store.accessor([store.write(b"alone" * 2000)])
    store.delete(f"artifacts/{found.artifact.parts[0].address}")  # type: ignore[index]
    with pytest.raises(DatastoreError) as raised:
        list(found)
    assert (raised.value.where, raised.value.address) == ("", found.artifact.parts[0].address)  # type: ignore[index]


class Wide(Flow): ...


@Wide.register
class Rows(Layer):
    def __call__(self) -> None:
        self.shard(rows=range(3))


@Wide.register(foreach=ForEach([Parameter(Rows, "rows")]))
class Each(Layer):
    out: Any
    plain: Any

    def __call__(self, rows: Rows) -> None:
        self.shard(out=(bytes([self.index]) * 2000 for _ in range(3)))
        self.plain = bytes([self.index]) * 9000


@pytest.mark.parametrize("attribute", ["out", "plain"])
@pytest.mark.parametrize("index", [None, 1])
@pytest.mark.parametrize("damage", ["damaged", "truncated", "missing"])
def test_on_s3_too_an_error_names_flow_layer_split_attribute_and_address(
    bucket_store: DataStore, damage: str, index: int | None, attribute: str
) -> None:
    store = open_like(bucket_store, f"{bucket_store.url}/{ksuid()}")
    execution = Wide(datastore=store, executor=Thread())(execution="e")
    record = store.load("Wide", "e", "Each", 1)
    assert record is not None
    artifact = record.artifacts[attribute]
    address = artifact.address or artifact.parts[0].address  # type: ignore[index]
    key = f"artifacts/{address}"
    data = bytearray(store.get(key))
    data[len(data) // 2] ^= 1
    store.delete(key)
    if damage != "missing":
        store.put(key, [data if damage == "damaged" else data[:-10]])
    layer = execution.flow.execution("e").layer(Each, **({} if index is None else {"index": index}))
    with pytest.raises(DatastoreError, match=f"Artifact {address} is ") as raised:
        list(getattr(layer, attribute))
    assert raised.value.where == f"Each.{attribute} of flow 'Wide', execution 'e', split 1 of 3"
    assert f"Wide/executions/e/Each/1.json below {store.url} and" in raised.value.fix
