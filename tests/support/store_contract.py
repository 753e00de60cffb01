"""State the behaviour of every datastore: cases that the test class of each store inherits."""

from __future__ import annotations

import datetime
import pickle
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations import serde
from laminar.configurations.datastores import Accessor, Artifact, DataStore, Record, open_like, open_store
from laminar.configurations.datastores.key_layout import artifact_key, document_key, offsets_key
from laminar.exceptions import DatastoreError, OptionError
from laminar.ksuid import ksuid

EXACT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=9000),
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner) | st.frozensets(st.integers())
    ),
    max_leaves=10,
)
"""Values that equal themselves when they come back."""


class Path:
    """A type of a user's own."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)


class Folder(Path):
    pass


class PathProtocol(serde.Protocol):
    def dumps(self, value: Path) -> bytes:
        return f"{type(value).__name__}:{value.path}".encode()

    def loads(self, data: bytes) -> Path:
        kind, _, path = data.decode().partition(":")
        return {"Path": Path, "Folder": Folder}[kind](path)


class FolderProtocol(serde.Protocol):
    name = "folders"

    def dump(self, value: Folder, file: Any) -> None:
        file.write(b"d")
        file.write(value.path.encode())

    def load(self, file: Any) -> Folder:
        assert file.read(1) == b"d"
        return Folder(file.read().decode())


def record(index: int = 0, splits: int = 1, **fields: Any) -> Record:
    return Record(**{"flow": "F", "execution": "e", "layer": "L", "index": index, "splits": splits, **fields})


def typed(value: Any) -> Any:
    """Return a value in a form that equals only what has the same types all through, and the same order."""
    if isinstance(value, dict):
        return dict, [(typed(key), typed(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [typed(item) for item in value]
    return type(value), repr(value) if isinstance(value, float) else value


class StoreContract:
    """Inherit this, and define a fixture ``store`` that makes an empty store."""

    # values

    def test_a_value_comes_back_with_its_type(self, store: DataStore) -> None:
        @given(value=EXACT)
        def check(value: Any) -> None:
            assert typed(store.read(store.write(value))) == typed(value)

        check()

    @pytest.mark.parametrize(
        "value",
        [
            float("inf"),
            "\ud83d",
            10**3000,
            {1: 2},
            {"b": 1, "a": 2},
            datetime.date(2026, 1, 2),
            PurePosixPath("/x"),
            b"\0" * 10**6,
            "é" * 3000,
        ],
        ids=lambda value: repr(value)[:20],
    )
    def test_a_value_that_json_would_change_comes_back_exactly(self, store: DataStore, value: Any) -> None:
        assert typed(store.read(store.write(value))) == typed(value)

    def test_two_names_of_one_list_are_still_one_list(self, store: DataStore) -> None:
        inner: list[int] = []
        first, second = store.read(store.write([inner, inner]))
        assert first is second

    def test_a_small_value_travels_in_the_artifact_and_a_large_one_in_a_file(self, store: DataStore) -> None:
        small, large = store.write("x" * 4000), store.write("x" * 5000)
        assert small.address is None
        assert large.address is not None
        assert store.exists(artifact_key(large.address))
        assert large.size == len(bytes(store.get(artifact_key(large.address))))
        assert not large.sharded
        assert large.length == 1

    def test_what_is_read_is_never_what_was_written(self, store: DataStore) -> None:
        for value in ([1, 2], ["x" * 5000]):
            artifact = store.write(value)
            value.append(3)  # type: ignore[arg-type]
            store.read(artifact).append(4)
            assert len(store.read(artifact)) == len(value) - 1

    def test_large_arrays_come_back_equal_and_can_be_written_to(self, store: DataStore) -> None:
        arrays = {"a": np.arange(50_000.0), "b": np.arange(100_000).reshape(1000, 100), "small": np.ones(3)}
        found = store.read(store.write(arrays))
        for name, array in arrays.items():
            assert np.array_equal(found[name], array)
            assert found[name].flags.aligned
            found[name][0] = 7

    def test_the_same_content_has_the_same_address_in_every_store(self, store: DataStore) -> None:
        artifact = store.write(b"x" * 5000)
        assert artifact == store.write(b"x" * 5000)
        assert artifact.address == "0b28dd415b1ed9b15f743bf7d8cf56856096d65b353846499280a1cdd79d9c74"

    def test_a_value_that_cannot_be_pickled_is_an_error_with_its_cause(self, store: DataStore) -> None:
        with pytest.raises(DatastoreError, match="'generator' cannot be pickled") as error:
            store.write(iter_nothing())
        assert isinstance(error.value.__cause__, TypeError)

    def test_a_lambda_comes_back_as_a_function(self, store: DataStore) -> None:
        number = 3
        assert store.read(store.write(lambda: number))() == 3

    def test_an_artifact_survives_json(self, store: DataStore) -> None:
        for artifact in (
            store.write(1),
            store.write((1,)),
            store.write(b"x" * 9000),
            store.shard(["x" * 3000] * 3),
            store.shard([]),
        ):
            assert Artifact.from_json(artifact.to_json()) == artifact

    def test_a_missing_artifact_is_an_error_that_names_its_address(self, store: DataStore) -> None:
        artifact = store.write(b"x" * 5000)
        store.delete(artifact_key(str(artifact.address)))
        with pytest.raises(DatastoreError, match=f"Artifact {artifact.address} is missing"):
            store.read(artifact)
        with pytest.raises(DatastoreError, match="is missing"):
            list(store.accessor([artifact]))

    def test_a_truncated_artifact_is_an_error_that_names_its_address(self, store: DataStore) -> None:
        artifact = store.write(b"x" * 5000)
        key = artifact_key(str(artifact.address))
        store.put(key, [bytes(store.get(key))[:-1]])
        with pytest.raises(DatastoreError, match=f"Artifact {artifact.address} is damaged: it ends after"):
            store.read(artifact)

    def test_writing_content_again_mends_a_truncated_file(self, store: DataStore) -> None:
        artifact = store.write(b"x" * 5000)
        store.put(artifact_key(str(artifact.address)), [b"torn"])
        store.write(b"x" * 5000)
        assert store.read(artifact) == b"x" * 5000

    def test_a_file_under_another_address_is_refused(self, store: DataStore) -> None:
        one, other = store.write(b"1" * 5000), store.write(b"2" * 5000)
        store.put(artifact_key(str(one.address)), [store.get(artifact_key(str(other.address)))])
        with pytest.raises(DatastoreError, match="damaged"):
            store.read(one)

    # shards

    @pytest.mark.parametrize("count", [0, 1, 3, 2500])
    def test_a_shard_reads_as_an_accessor_of_its_elements(self, store: DataStore, count: int) -> None:
        artifact = store.shard(range(count))
        found = store.read(artifact)
        assert isinstance(found, Accessor)
        assert artifact.sharded
        assert (artifact.length, len(found)) == (count, count)
        assert found == list(range(count))

    def test_small_shards_need_no_file_and_larger_ones_few(self, store: DataStore) -> None:
        store.shard(range(100))
        assert not list(store.names("artifacts"))
        assert len(store.shard(range(2500)).parts or ()) == 3
        assert len(list(store.names("artifacts"))) == 3

    def test_elements_of_any_size_come_back_in_order(self, store: DataStore) -> None:
        values = ["a", "b" * 10_000, "c" * 2_000_000, None, np.arange(50_000), (1,), *["d" * 300_000] * 8]
        found = list(store.read(store.shard(values)))
        assert [type(value) for value in found] == [type(value) for value in values]
        assert np.array_equal(found[4], values[4])
        assert found[:4] + found[5:] == values[:4] + values[5:]

    def test_elements_are_stored_as_they_were_when_they_came(self, store: DataStore) -> None:
        def rows() -> Any:
            row: list[int] = []
            for number in range(2000):
                row[:] = [number, number]
                yield row

        assert list(store.read(store.shard(rows())))[1999] == [1999, 1999]

    def test_one_element_is_read_by_itself(self, store: DataStore) -> None:
        values = [bytes([number % 256]) * 1000 for number in range(1500)]
        artifact = store.shard(values)
        assert [store.element(artifact, position) for position in (0, 777, 1030, 1499)] == [values[k] for k in (0, 777, 1030, 1499)]
        assert store.element(store.write("whole"), 0) == "whole"
        for position in (-1, 1500):
            with pytest.raises(DatastoreError, match="has no element"):
                store.element(artifact, position)
        with pytest.raises(DatastoreError, match="it has 1"):
            store.element(store.write("whole"), 1)

    def test_an_accessor_over_several_artifacts_is_flat(self, store: DataStore) -> None:
        flat = store.accessor([store.shard([1, 2]), store.write([3]), store.shard([]), store.shard(range(2000))])
        assert flat == [1, 2, [3], *range(2000)]

    def test_an_accessor_is_stored_by_reference(self, store: DataStore) -> None:
        rows = store.read(store.shard("x" * 2000 for _ in range(1200)))
        files = sorted(store.names("artifacts"))
        artifact = store.write(rows[10:1100])
        assert sorted(store.names("artifacts")) == files
        assert artifact.sharded
        assert store.read(artifact) == list(rows)[10:1100]
        assert isinstance(store.read(artifact), Accessor)

    def test_an_accessor_over_many_small_values_is_packed_when_it_is_stored(self, store: DataStore) -> None:
        flat = store.accessor([store.write((number,)) for number in range(1500)])
        artifact = store.write(flat)
        assert len(artifact.to_json()) < 4096
        assert store.read(artifact) == [(number,) for number in range(1500)]

    def test_an_accessor_of_another_store_is_copied(self, store: DataStore, tmp_path: Any) -> None:
        other = open_store(str(tmp_path / "other"))
        rows = other.read(other.shard("x" * 2000 for _ in range(10)))
        artifact = store.write(rows)
        other.delete("artifacts")
        assert store.read(artifact) == ["x" * 2000] * 10

    def test_an_accessor_within_a_value_becomes_a_list(self, store: DataStore) -> None:
        rows = store.read(store.shard([1, 2]))
        assert typed(store.read(store.write({"rows": rows}))) == typed({"rows": [1, 2]})

    # protocols

    def test_a_protocol_stores_values_of_its_types_and_their_subclasses(self, store: DataStore) -> None:
        assert store.protocol(Path)(PathProtocol) is PathProtocol
        assert store.write(Path("x")).protocol == "PathProtocol"
        assert store.write(Folder("x")).data == b"Folder:x"
        for value in (Path("a"), Folder("b"), Path("c" * 9000)):
            assert store.read(store.write(value)) == value
        values = [Path("a"), 1, Folder("b"), Path("c" * 5000), "x" * 5000]
        assert store.read(store.shard(values)) == values

    def test_the_nearest_protocol_in_the_mro_wins(self, store: DataStore) -> None:
        store.protocol(Path)(PathProtocol())
        store.protocol(Folder)(FolderProtocol())
        assert store.write(Folder("x")).data == b"dx"
        assert store.read(store.write(Folder("y" * 5000))) == Folder("y" * 5000)
        assert store.read(store.write(Path("z"))) == Path("z")

    def test_a_value_with_a_protocol_is_never_json(self, store: DataStore) -> None:
        class Hex(serde.Protocol):
            def dumps(self, value: int) -> bytes:
                return hex(value).encode()

            def loads(self, data: bytes) -> int:
                return int(data, 16)

        store.protocol(int)(Hex)
        assert store.write(255).data == b"0xff"
        assert store.read(store.write(255)) == 255
        assert store.read(store.shard([1, 2])) == [1, 2]

    def test_all_files_below_a_folder_are_walked_with_their_sizes(self, store: DataStore) -> None:
        for key in ("F/executions/e/A/0.json", "F/executions/e/A/failed/0/1.json", "F/executions/f/B/0.json", "F/executions-old/x"):
            store.put(key, [b"x" * len(key)])
        walked = {entry.name: entry.size for entry in store.walk("F/executions")}
        assert walked == {name: len(f"F/executions/{name}") for name in ("e/A/0.json", "e/A/failed/0/1.json", "f/B/0.json")}
        assert list(store.walk("F/nowhere")) == []

    def test_a_document_written_in_background_reads_at_once_and_is_stored_after_the_wait(self, store: DataStore) -> None:
        record = Record(flow="F", execution="e", layer="L", artifacts={"x": store.write(3)})
        wait = store.save_in_background(record)
        for _ in range(2):
            assert store.load("F", "e", "L", 0) == record
            assert store.records("F", "e", "L") == {0: record}
        wait()
        assert store.load("F", "e", "L", 0) == record
        assert bytes(store.get(document_key("F", "e", "L", 0))) == record.to_json().encode()

    def test_a_protocol_that_is_not_registered_is_an_error_that_names_it(self, store: DataStore) -> None:
        store.protocol(Path)(PathProtocol)
        artifact = store.write(Path("x"))
        store._protocols.clear()
        with pytest.raises(DatastoreError, match="protocol 'PathProtocol', which is not registered"):
            store.read(artifact)

    def test_wrong_protocols_are_refused_when_they_are_registered(self, store: DataStore) -> None:
        class Half(serde.Protocol):
            def dumps(self, value: Any) -> bytes:
                return b""

        class Twin(PathProtocol):
            name = "PathProtocol"

        with pytest.raises(OptionError, match="does not define loads or load"):
            store.protocol(int)(Half)
        with pytest.raises(OptionError, match=r"no serde\.Protocol"):
            store.protocol(int)(int)  # type: ignore[type-var]
        with pytest.raises(OptionError, match="expects types"):
            store.protocol("int")  # type: ignore[arg-type]
        with pytest.raises(OptionError, match="at least one"):
            store.protocol()
        store.protocol(Path)(PathProtocol)
        with pytest.raises(OptionError, match="Two protocols"):
            store.protocol(int)(Twin)

    def test_a_protocol_that_fails_is_named(self, store: DataStore) -> None:
        store.protocol(Path)(PathProtocol)
        artifact = Artifact(data=b"Wrong:x", protocol="PathProtocol")
        with pytest.raises(DatastoreError, match="'PathProtocol' cannot read a value that it stored: KeyError"):
            store.read(artifact)
        with pytest.raises(DatastoreError, match="'PathProtocol' cannot write a value of type 'Path'"):
            store.write(Path.__new__(Path))

    def test_protocols_go_with_the_store(self, store: DataStore, tmp_path: Any) -> None:
        store.protocol(Path)(PathProtocol)
        other = open_like(store, str(tmp_path / "other"))
        assert other.url == str(tmp_path / "other")
        assert other.write(Path("x")).protocol == "PathProtocol"
        if store.shared:
            sent = pickle.loads(pickle.dumps(store))
            assert sent.url == store.url
            assert sent.read(store.write(Path("x" * 5000))) == Path("x" * 5000)

    # documents

    def test_a_record_comes_back(self, store: DataStore) -> None:
        made = record(
            3, 5, attempt=2, artifacts={"b": store.write(1), "a": store.write("x" * 5000)}, caught="ValueError: é\ud800"[:-1]
        )
        store.save(made)
        assert store.load("F", "e", "L", 3) == made
        assert store.load("F", "e", "L", 4) is None
        assert store.load("F", "other", "L", 3) is None
        assert [artifact.name for artifact in store.load("F", "e", "L", 3).artifacts.values()] == ["a", "b"]  # type: ignore[union-attr]

    def test_all_records_of_a_layer_come_in_order(self, store: DataStore) -> None:
        for index in (10, 2, 0):
            store.save(record(index, 11))
        store.record_failure("F", "e", "L", 1, 1, "no")
        assert list(store.records("F", "e", "L")) == [0, 2, 10]
        assert store.records("F", "e", "Other") == {}

    def test_removing_a_layer_leaves_its_neighbours(self, store: DataStore) -> None:
        for layer in ("L", "L2"):
            store.save(record(layer=layer, artifacts={"x": Artifact(json="1")}))
            store.record_failure("F", "e", layer, 0, 1, "no")
            store.locate("F", "e", layer, "x", 0, default=False)
        store.remove("F", "e", "L")
        store.remove("F", "e", "L")
        assert store.load("F", "e", "L", 0) is None
        assert store.failures("F", "e", "L", 0) == ()
        assert store.layers("F", "e") == ("L2",)
        assert store.load("F", "e", "L2", 0) is not None

    def test_failures_of_a_split_are_counted_without_listing_those_of_others(self, store: DataStore) -> None:
        for index in range(20):
            store.record_failure("F", "e", "L", index, 1, "no")
        listed: list[int] = []
        names = store.names
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "names", lambda folder: listed.append(len(found := list(names(folder)))) or found)  # type: ignore[func-returns-value]
            assert store.failures("F", "e", "L", 7) == (1,)
        assert listed == [1]

    def test_failures_are_counted_by_split_until_they_are_cleared(self, store: DataStore) -> None:
        for index, attempt in ((1, 1), (1, 3), (11, 2)):
            store.record_failure("F", "e", "L", index, attempt, "ValueError: é")
        assert store.failures("F", "e", "L", 1) == (1, 3)
        assert store.failures("F", "e", "L", 0) == ()
        store.clear_failures("F", "e", "L", 1)
        assert store.failures("F", "e", "L", 1) == ()
        assert store.failures("F", "e", "L", 11) == (2,)

    def test_a_damaged_document_is_an_error_that_names_it(self, store: DataStore) -> None:
        store.save(record(artifacts={"x": Artifact(json="17")}))
        key = document_key("F", "e", "L", 0)
        store.put(key, [bytes(store.get(key)).replace(b"17", b"18")])
        for reading in (lambda: store.load("F", "e", "L", 0), lambda: store.records("F", "e", "L")):
            with pytest.raises(DatastoreError, match=f"Document {key} is damaged"):
                reading()

    @pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "a\0b", "a\nb", "x" * 300, "a..b"])
    def test_a_name_that_leaves_its_folder_is_refused(self, store: DataStore, name: str) -> None:
        for flow, execution, layer in ((name, "e", "L"), ("F", name, "L"), ("F", "e", name)):
            with pytest.raises(DatastoreError, match="cannot be the name of"):
                store.save(record(flow=flow, execution=execution, layer=layer))
            with pytest.raises(DatastoreError, match="cannot be the name of"):
                store.remove(flow, execution, layer)

    @pytest.mark.parametrize("execution", ["2026-11-23T10:00:00+01:00", "a b", "[x]", "nightly*", "q?", "é", "a#b%20"])
    def test_unusual_ids_work_like_others(self, store: DataStore, execution: str) -> None:
        store.save(record(execution=execution))
        store.save(record(execution="x"))
        assert store.load("F", execution, "L", 0) is not None
        assert list(store.records("F", execution, "L")) == [0]
        assert sorted(store.executions("F")) == sorted([execution, "x"])
        store.remove("F", execution, "L")
        assert store.executions("F") == ("x",)

    # locating

    def test_an_element_is_found_in_its_split(self, store: DataStore) -> None:
        values: list[Artifact | None] = [store.shard([0, 1]), None, store.shard([]), store.write(2), store.shard([3, 4, 5])]
        for index, artifact in enumerate(values):
            store.save(record(index, 5, artifacts={} if artifact is None else {"rows": artifact}))
        found = [store.locate("F", "e", "L", "rows", position, default=False) for position in range(6)]
        assert found == [(0, 0), (0, 1), (3, 0), (4, 0), (4, 1), (4, 2)]
        assert store.total("F", "e", "L", "rows", default=False) == 6
        assert store.locate("F", "e", "L", "rows", 2, default=True) == (1, 0)
        assert store.total("F", "e", "L", "rows", default=True) == 7
        for position in (-1, 6):
            with pytest.raises(DatastoreError, match=r"There is no element -?\d of L.rows: it has 6 \(flow 'F', execution 'e'\)"):
                store.locate("F", "e", "L", "rows", position, default=False)

    def test_only_the_first_who_locates_reads_the_documents(self, store: DataStore) -> None:
        for index in range(3):
            store.save(record(index, 3, artifacts={"x": Artifact(json="1")}))
        store.locate("F", "e", "L", "x", 0, default=False)
        for index in range(3):
            store.delete(document_key("F", "e", "L", index))
        assert store.locate("F", "e", "L", "x", 2, default=False) == (2, 0)

    def test_damaged_offsets_are_made_again(self, store: DataStore) -> None:
        for index in range(3):
            store.save(record(index, 3, artifacts={"x": Artifact(json="1")}))
        store.locate("F", "e", "L", "x", 0, default=False)
        key = offsets_key("F", "e", "L", "x")
        whole = bytes(store.get(key))
        for torn in (whole[:-1], whole.replace(b"\2", b"\3"), b""):
            store.put(key, [torn])
            assert store.locate("F", "e", "L", "x", 2, default=False) == (2, 0)

    def test_an_empty_fan_out_has_no_elements(self, store: DataStore) -> None:
        store.save(record(0, 0))
        assert store.total("F", "e", "L", "x", default=True) == 0
        with pytest.raises(DatastoreError, match="it has 0"):
            store.locate("F", "e", "L", "x", 0, default=True)

    def test_locating_in_an_unfinished_fan_out_says_what_is_missing(self, store: DataStore) -> None:
        with pytest.raises(DatastoreError, match="Layer 'L' of flow 'F', execution 'e', has no documents"):
            store.locate("F", "e", "L", "x", 0, default=False)
        store.save(record(1, 4))
        with pytest.raises(DatastoreError, match="of 4 splits these are missing: 0, 2, 3"):
            store.locate("F", "e", "L", "x", 0, default=False)
        store.save(record(0, 3))
        with pytest.raises(DatastoreError, match="disagree on how many splits it has: 3, 4"):
            store.locate("F", "e", "L", "x", 0, default=False)
        store.remove("F", "e", "L")
        store.save(record(status="skipped", reason="entry"))
        with pytest.raises(DatastoreError, match="was skipped"):
            store.locate("F", "e", "L", "x", 0, default=False)

    # what there is

    def test_executions_are_listed_oldest_first(self, store: DataStore) -> None:
        times = {"later": "2026-11-23T10:00:02.000Z", "earlier": "2026-11-23T10:00:01.500Z", "first": "2026-11-23T10:00:01.200Z"}
        for execution, started in times.items():
            store.save(record(execution=execution, layer="Parameters", started=started))
        store.save(record(execution="0ujtsYcgvSTl8PAuAdqWYSMnLOv", layer="Parameters"))  # of 2017
        store.save(record(execution="failed-at-once", layer="Parameters"))
        store.remove("F", "failed-at-once", "Parameters")
        store.record_failure("F", "failed-at-once", "L", 0, 1, "no")
        assert store.executions("F") == ("failed-at-once", "0ujtsYcgvSTl8PAuAdqWYSMnLOv", "first", "earlier", "later")
        assert store.executions("Other") == ()

    def test_a_damaged_document_of_one_execution_stops_nobody_from_listing_the_others(self, store: DataStore) -> None:
        for execution, started in (("nightly", "2026-11-23T10:00:02.000Z"), ("weekly", "2026-11-23T10:00:01.000Z")):
            store.save(record(execution=execution, layer="Parameters", started=started))
            store.save(record(execution=execution, layer="L", started=started))
        for layer in ("Parameters", "L"):
            store.put(document_key("F", "nightly", layer, 0), [b"torn"])
            assert sorted(store.executions("F")) == ["nightly", "weekly"]
        store.save(record(execution="weekly", layer="Parameters", started=""))
        assert sorted(store.executions("F")) == ["nightly", "weekly"]

    def test_a_value_inside_its_reference_reads_like_any_other_and_writes_nothing(self, store: DataStore) -> None:
        store.protocol(Path)(PathProtocol)
        for value in (1, "x" * 9000, [np.arange(100_000)], Path("y" * 9000)):
            artifact = store.inline(value)
            assert repr(store.read(artifact)) == repr(value) or store.read(artifact) == value
            assert Artifact.from_json(artifact.to_json()) == artifact
        assert list(store.names("")) == []
        flat = store.accessor([store.inline("x" * 9000), store.write(1)])
        assert list(flat) == ["x" * 9000, 1]
        assert len(store.write(flat).to_json()) < 4096, "stored, it is no longer inside its reference"

    def test_executions_of_one_second_are_listed_by_their_documents(self, store: DataStore) -> None:
        ids = [ksuid() for _ in range(4)]
        for number, execution in enumerate(ids):
            store.save(record(execution=execution, layer="Parameters", started=f"2026-11-23T10:00:00.{number:03d}Z"))
        same = [execution for execution in ids if execution[:5] == ids[-1][:5]]
        assert [execution for execution in store.executions("F") if execution in same] == same

    def test_layers_are_listed_by_name(self, store: DataStore) -> None:
        for layer in ("Fit", "Clean"):
            store.save(record(layer=layer))
        store.write(b"x" * 5000)
        assert store.layers("F", "e") == ("Clean", "Fit")
        assert store.layers("F", "other") == ()

    def test_the_artifacts_of_a_layer_are_listed_with_their_names(self, store: DataStore) -> None:
        layer: Any = SimpleNamespace(name="L", execution=SimpleNamespace(id="e", flow=SimpleNamespace(name="F")))
        assert store.list_artifacts(layer=layer) == []
        store.save(record(artifacts={"b": store.write(2), "a": store.write(1)}))
        assert [(artifact.name, store.read(artifact)) for artifact in store.list_artifacts(layer=layer)] == [("a", 1), ("b", 2)]
        for index in range(2):
            store.save(record(index, 2, artifacts={"a": store.shard([index, index])}))
        (artifact,) = store.list_artifacts(layer=layer)
        assert store.read(artifact) == [0, 0, 1, 1]

    # bytes

    def test_a_range_ends_where_the_file_ends(self, store: DataStore) -> None:
        store.put("x/y", [b"0123", b"", memoryview(b"456")])
        assert bytes(store.get("x/y")) == b"0123456"
        assert bytes(store.get("x/y", 2, 5)) == b"234"
        assert bytes(store.get("x/y", 2, 500)) == b"23456"
        assert store.exists("x/y")
        assert not store.exists("x")
        assert not store.exists("x/z")

    def test_files_are_listed_apart_from_folders(self, store: DataStore) -> None:
        store.put("a/b/c", [b"1"])
        store.put("a/d", [b"2"])
        store.put("ab/e", [b"3"])
        assert sorted(store.names("a")) == ["b/", "d"]
        assert list(store.names("a/d")) == []
        assert list(store.names("nothing")) == []

    def test_many_files_are_read_together_and_missing_ones_are_none(self, store: DataStore) -> None:
        store.put("a/1", [b"1"])
        store.put("a/2", [b""])
        assert [data if data is None else bytes(data) for data in store.get_many(["a/1", "a/none", "a/2"])] == [b"1", None, b""]
        assert store.get_many([]) == []

    def test_a_missing_file_is_file_not_found(self, store: DataStore) -> None:
        store.put("a/b", [b"1"])
        for key in ("a/none", "none/a", "a"):
            with pytest.raises(FileNotFoundError):
                store.get(key)
        with pytest.raises(FileNotFoundError):
            store.get("a/none", 0, 10)


def iter_nothing() -> Any:
    yield from ()
