"""Compressed artifacts: chosen where it pays, under the same address, and as safe as others."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import fsspec
import numpy as np
import pytest

from laminar.configurations.datastores import DataStore, Local, Memory, Remote
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.values import compression, file_format
from laminar.configurations.datastores.values.file_format import SEGMENT, VALUE, pack, parse, verify
from laminar.exceptions import DatastoreError
from laminar.ksuid import ksuid

TEXT = b"".join(b"line %d of a text\n" % (number * number) for number in range(3000))
FRAMES = [("", TEXT), ("", TEXT[::-1]), ("Text", b"")]


@pytest.fixture
def store() -> Remote:
    return Remote(f"memory://{ksuid()}")


def stored(store: DataStore, address: str | None) -> bytes:
    return bytes(store.get(artifact_key(str(address))))


def test_what_shrinks_is_compressed_and_what_does_not_is_stored_as_it_is(store: Remote) -> None:
    text, noise = store.write(TEXT), store.write(os.urandom(len(TEXT)))
    assert text.stored < len(TEXT) / 2
    assert len(TEXT) < noise.stored < len(TEXT) + 300
    assert (stored(store, text.address)[6], stored(store, noise.address)[6]) == (1, 0)
    assert store.read(text) == TEXT


def test_small_files_and_files_on_a_disk_are_not_compressed(store: Remote, tmp_path) -> None:
    assert stored(store, store.write(b"x" * 9000).address)[6] == 0
    local = Local(str(tmp_path / "store"))
    assert stored(local, local.write(TEXT).address)[6] == 0


def test_the_address_does_not_depend_on_the_codec(store: Remote) -> None:
    assert store.write(TEXT).address == Memory().write(TEXT).address


def test_arrays_of_a_compressed_value_can_be_written_to(store: Remote) -> None:
    array = np.arange(100_000)
    artifact = store.write({"a": array})
    assert artifact.stored < array.nbytes
    found = store.read(artifact)["a"]
    found[0] = 7
    assert np.array_equal(found[1:], array[1:])


def test_elements_of_a_compressed_segment_are_read_one_by_one_and_all(store: Remote) -> None:
    values = [(b"%d" % number) * 2000 for number in range(300)]
    artifact = store.shard(values)
    assert artifact.size < sum(map(len, values)) / 4
    assert [store.element(artifact, position) for position in (0, 150, 299)] == [values[0], values[150], values[299]]
    assert store.read(artifact) == values


@pytest.mark.parametrize("kind", [VALUE, SEGMENT])
def test_a_compressed_file_gives_back_its_frames(kind: int) -> None:
    packed = pack(kind, FRAMES, compress=True)
    data = b"".join(packed.chunks)
    assert packed.size == len(data) < len(TEXT)
    head, frames = verify(data, packed.address)
    assert [bytes(frame) for frame in frames] == [frame for _, frame in FRAMES]
    assert head.protocols == ("", "", "Text")


@pytest.mark.parametrize("kind", [VALUE, SEGMENT])
def test_a_thousand_flipped_bits_of_a_compressed_file_are_detected(kind: int) -> None:
    packed = pack(kind, FRAMES, compress=True)
    data = b"".join(packed.chunks)
    moments = random.Random(3)
    for bit in [*range(300 * 8), *moments.sample(range(len(data) * 8), 1000)]:
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DatastoreError, match=packed.address):
            verify(bytes(damaged), packed.address)


def test_flipped_bits_are_detected_by_whoever_reads_one_element(store: Remote) -> None:
    artifact = store.shard(os.urandom(300) * 300 for _ in range(11))
    (segment,) = artifact.parts or ()
    data = stored(store, segment.address)
    head = parse(data, str(segment.address))
    assert isinstance(head, file_format.Head)
    assert head.stored
    moments = random.Random(4)
    for bit in [*moments.sample(range(head.start * 8), 60), *moments.sample(range(head.offsets[5] * 8, head.offsets[6] * 8), 60)]:
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        store.put(artifact_key(str(segment.address)), [bytes(damaged)])
        with pytest.raises(DatastoreError, match=str(segment.address)):
            store.element(artifact, 5)


def test_a_frame_that_claims_another_length_than_its_table_says_is_no_content() -> None:
    (frame,) = compression.compress([b"x" * 1000])
    assert compression.decompress(frame, 999) is None
    assert compression.decompress(frame, 1001) is None
    assert compression.decompress(b"no frame", 10) is None


def test_zstandard_is_imported_only_where_something_is_compressed(tmp_path) -> None:
    code = (
        "import sys; from laminar.configurations.datastores import Local;"
        "store = Local(sys.argv[1]); store.read(store.write(b'x' * 100_000)); assert 'zstandard' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "store")], check=True)


@pytest.fixture(autouse=True)
def forget():
    yield
    fsspec.filesystem("memory").store.clear()
