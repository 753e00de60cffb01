"""Test the layout of artifact files: stored data depends on it."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from laminar.configurations.datastores import Memory
from laminar.configurations.datastores.values import digests
from laminar.configurations.datastores.values.file_format import SEGMENT, VALUE, pack, parse, verify
from laminar.exceptions import DatastoreError

FRAMES = [("", b"stream"), ("", b"\1\2\3"), ("Text", b"")]
LARGE = [("", b"stream"), ("", bytes(range(256)) * 4096)]


def whole(kind: int = VALUE, frames: list[tuple[str, bytes]] = FRAMES) -> tuple[str, bytes]:
    packed = pack(kind, frames)
    data = b"".join(packed.chunks)
    assert len(data) == packed.size
    return packed.address, data


def test_addresses_are_what_they_have_always_been() -> None:
    assert pack(VALUE, [("", b"1")]).address == "d319e6c25179b07a88c7b9eff8205b90a7888c2e314a3f3cbe5c40ef9e11335c"
    assert pack(VALUE, [("Text", b"1")]).address == "f2fd7cb5b02cb5bc6429d8fa422df6a5a011a5a9877f52dee025a59f64691c97"
    assert pack(SEGMENT, [("", b"1"), ("Text", b"")]).address == "e7a22a778f64fd1596fc23a6ea6e588b219698821600623ec654146088e9dcd9"
    assert Memory().write(b"x" * 5000).address == "0b28dd415b1ed9b15f743bf7d8cf56856096d65b353846499280a1cdd79d9c74"


def test_a_file_is_what_it_has_always_been() -> None:
    data = b"".join(pack(VALUE, [("", b"1"), ("T", b"")]).chunks)
    assert data[:16].hex(" ", 4) == "4c4d4e52 01000000 02000000 02000000"
    assert data[16:68].hex() == (1).to_bytes(8, "little").hex() * 2 + "00000000" + sha256(b"1").hexdigest()
    assert data[68:120].hex() == "00" * 16 + "01000000" + sha256(b"").hexdigest()
    assert data[120:122] == b"\nT"
    assert data[122:192] == bytes(6) + b"1" + bytes(63)
    assert data[192:] == sha256(data[:122]).digest()


def test_files_with_a_mib_of_content_and_more_are_of_schema_2_which_digests_by_blake3() -> None:
    address, data = whole(frames=LARGE)
    assert address == "806d475bd52ce881821d951b3e524035a6d7524e114c14dd37c8a66906de21e0"
    assert data[:16].hex(" ", 4) == "4c4d4e52 02000000 02000000 00000000"
    assert data[36:68] == digests.blake3(b"stream") and data[88:120] == digests.blake3(LARGE[1][1])
    assert [pack(VALUE, [("", bytes(size))]).chunks[0][4] for size in ((1 << 20) - 1, 1 << 20)] == [1, 2]
    assert verify(data, address)[1][1] == LARGE[1][1]


def test_digests_are_those_of_the_published_test_vectors() -> None:
    # of the BLAKE3 reference implementation: bytes 0 to 250, repeated
    data = bytes(number % 251 for number in range(102_400))
    assert digests.blake3(data[:1]).hex() == "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"
    assert digests.blake3(data).hex() == "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"
    assert digests.sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_address_tells_how_bytes_are_divided_and_who_wrote_them() -> None:
    frames = [[("", b"12")], [("", b"1"), ("", b"2")], [("", b"12"), ("", b"")], [("T", b"12")]]
    assert len({pack(kind, given).address for given in frames for kind in (VALUE, SEGMENT)}) == 8


def test_a_file_gives_back_its_frames() -> None:
    for kind in (VALUE, SEGMENT):
        address, data = whole(kind)
        head, frames = verify(data, address)
        assert [bytes(frame) for frame in frames] == [frame for _, frame in FRAMES]
        assert head.protocols == ("", "", "Text")
        assert head.kind == kind


def test_frames_of_a_value_are_aligned_for_arrays() -> None:
    address, data = whole()
    assert [offset % 64 for offset in verify(data, address)[0].offsets] == [0, 0, 0]


@pytest.mark.parametrize("kind", [VALUE, SEGMENT])
def test_each_flipped_bit_is_detected(kind: int) -> None:
    address, data = whole(kind)
    for bit in range(len(data) * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DatastoreError, match=address):
            verify(bytes(damaged), address)


def test_flipped_bits_of_a_large_file_are_detected() -> None:
    address, data = whole(frames=LARGE)
    damaged = bytearray(data)
    for bit in [*range(200 * 8), *random.Random(1).sample(range(len(data) * 8), 1000)]:
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DatastoreError, match=address):
            verify(damaged, address)
        damaged[bit // 8] ^= 1 << bit % 8
    assert verify(damaged, address)


def test_one_schema_is_not_taken_for_another() -> None:
    address, data = whole(frames=LARGE)
    with pytest.raises(DatastoreError, match="not the one that was written"):
        verify(data[:4] + b"\1" + data[5:], address)


def test_each_truncation_and_any_more_bytes_are_detected() -> None:
    address, data = whole()
    for length in range(len(data)):
        with pytest.raises(DatastoreError, match="damaged"):
            verify(data[:length], address)
    with pytest.raises(DatastoreError, match=f"it has {len(data) + 1} bytes, where {len(data)} were written"):
        verify(data + b"\0", address)


def test_another_file_is_not_taken_for_it() -> None:
    _, data = whole(VALUE)
    with pytest.raises(DatastoreError, match="not the one that was written"):
        verify(data, whole(SEGMENT)[0])


def test_a_newer_schema_is_told_from_damage() -> None:
    address, data = whole()
    with pytest.raises(DatastoreError, match="schema 3 and codec 0, which this laminar does not know"):
        parse(data[:4] + b"\3" + data[5:], address)


def test_a_head_says_how_many_bytes_it_needs() -> None:
    address, data = whole()
    needed = parse(data[:16], address)
    assert isinstance(needed, int)
    assert not isinstance(parse(data[:needed], address), int)
    assert isinstance(parse(data[: needed - 1], address), int)
