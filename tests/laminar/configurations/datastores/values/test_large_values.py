"""Large values on a disk: written while they are hashed, read by mapping; nobody can tell but by the time it takes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laminar.configurations.datastores import Local, Memory
from laminar.configurations.datastores.key_layout import artifact_key
from laminar.configurations.datastores.storage import local
from laminar.exceptions import DatastoreError


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Local:
    """Return a store to which half a megabyte is large."""
    monkeypatch.setattr(Local, "overlap_bytes", 500_000)
    monkeypatch.setattr(local, "LARGE", 500_000)
    return Local(str(tmp_path / "store"))


VALUES = [b"x" * 600_000, [np.arange(100_000), "é", np.arange(70_000.0)], np.asfortranarray(np.arange(90_000).reshape(300, 300))]


@pytest.mark.parametrize("value", VALUES, ids=["bytes", "several arrays", "one array"])
def test_the_file_is_the_same_as_any_other_stores(store: Local, value: Any) -> None:
    artifact, other = store.write(value), Memory()
    assert artifact == other.write(value)
    key = artifact_key(str(artifact.address))
    assert bytes(store.get(key)) == bytes(other.get(key))
    assert os.listdir(f"{store.root}/tmp") == []


def test_content_that_is_there_is_not_written_again_but_its_time_is_renewed(store: Local) -> None:
    path = Path(store.root, artifact_key(str(store.write(b"x" * 600_000).address)))
    os.utime(path, (1, 1))
    inode = path.stat().st_ino
    store.write(b"x" * 600_000)
    assert path.stat().st_ino == inode
    assert path.stat().st_mtime > time.time() - 60
    assert os.listdir(f"{store.root}/tmp") == []


def test_what_is_read_can_be_changed_and_the_file_never_is(store: Local) -> None:
    artifact = store.write(np.arange(100_000))
    first, second = store.read(artifact), store.read(artifact)
    first[:] = 0
    assert np.array_equal(second, np.arange(100_000))
    assert np.array_equal(store.read(artifact), np.arange(100_000))


def test_what_was_read_stays_when_its_file_is_removed_or_written_anew(store: Local) -> None:
    artifact = store.write(np.arange(100_000))
    found = store.read(artifact)
    store.delete(artifact_key(str(artifact.address)))
    store.write(np.arange(100_000))
    assert np.array_equal(found, np.arange(100_000))


@pytest.mark.parametrize("place", [10, 200, 300_000, -40, -1])
def test_a_flipped_bit_is_detected(store: Local, place: int) -> None:
    artifact = store.write(np.arange(100_000))
    path = Path(store.root, artifact_key(str(artifact.address)))
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)
    with pytest.raises(DatastoreError, match=str(artifact.address)):
        store.read(artifact)


def test_a_write_that_fails_leaves_nothing(store: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    store.write(b"small" * 2000)
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DatastoreError, match="cannot be written to: No space left on device"):
        store.write(b"x" * 600_000)
    assert os.listdir(f"{store.root}/tmp") == []
    assert len(os.listdir(f"{store.root}/artifacts")) == 1
