"""Test the digests against published values: stored data depends on them."""

from __future__ import annotations

import pytest

from laminar.configurations.datastores.values.digests import SIZE, blake3, sha256


def test_sha256_is_that_of_fips_180_4() -> None:
    assert sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_blake3_is_that_of_its_test_vectors() -> None:
    # github.com/BLAKE3-team/BLAKE3, test_vectors/test_vectors.json: input_len 0
    assert blake3(b"").hex() == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"


@pytest.mark.parametrize("digest", [sha256, blake3])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_digested(digest, kind):
    data = b"x" * 5000
    assert len(digest(data)) == SIZE
    assert digest(kind(data)) == digest(data) != digest(data[:-1])
