"""Test the inherited operations of a storage that defines only the five required ones. test_base.py runs the contract on one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import pytest

from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage, Entry


class Files(ByteStorage):
    def __init__(self, root: str = "own://x") -> None:
        super().__init__(root)
        self.files: dict[str, bytes] = {}

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        if key not in self.files:
            raise FileNotFoundError(key)
        return self.files[key][start:stop]

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        self.files[key] = b"".join(chunks)

    def names(self, folder: str) -> Iterable[str]:
        start = f"{folder}/"
        rest = [key[len(start) :].partition("/") for key in self.files if key.startswith(start)]
        return sorted({name + slash for name, slash, _ in rest})

    def exists(self, key: str) -> bool:
        return key in self.files

    def delete(self, key: str) -> None:
        self.files.pop(key, None)


@pytest.fixture
def storage() -> Files:
    made = Files()
    made.put_many([("a/1", [b"x"]), ("a/b/2", [b"yz"]), ("a/b/c/3", [b""])])
    return made


def test_files_are_read_one_by_one(storage: Files) -> None:
    assert storage.get_many(["a/1", "none", "a/b/c/3"]) == [b"x", None, b""]
    assert storage.get_with_siblings("a/1", lambda: pytest.fail("there is no network")) == b"x"
    assert storage.get_with_siblings("none", list) is None
    storage.prefetch(["a/1"])
    assert storage.get_if_present("a/1") == b"x"


def test_folders_are_walked(storage: Files) -> None:
    before = time.time()
    walked = list(storage.walk("a"))
    assert [(entry.name, entry.size) for entry in walked] == [("1", 1), ("b/2", 2), ("b/c/3", 0)]
    assert all(before <= entry.modified <= time.time() for entry in walked), "without times all files count as new"
    assert list(storage.walk("none")) == []


def test_files_expire_by_the_times_of_a_listing(storage: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not storage.expire("a/1", time.time() - 60)
    monkeypatch.setattr(storage, "entries", lambda folder: [Entry("1", 1, 1000.0)])
    assert not storage.expire("a/1", 1000.0)
    assert not storage.expire("a/2", 2000.0)
    assert storage.expire("a/1", 1000.1)
    assert not storage.exists("a/1")


def test_a_write_in_background_is_made_at_once(storage: Files) -> None:
    wait = storage.put_in_background("d", [b"1", b"2"])
    assert storage.get("d") == b"12"
    wait()


def test_a_layout_without_a_key_writes_nothing(storage: Files) -> None:
    storage.put_overlapped(lambda: ("", [b"1"]), [])
    storage.put_overlapped(lambda: ("e", [b"1"]), [(0, b"1")])
    assert sorted(storage.files) == ["a/1", "a/b/2", "a/b/c/3", "e"]


def test_storages_are_the_same_at_one_url_that_processes_share(storage: Files) -> None:
    assert storage.is_same(Files("own://x"))
    assert not storage.is_same(Files("own://y"))
    alone = Files("own://x")
    alone.shared = False
    assert not storage.is_same(alone)
    assert alone.is_same(alone)
    assert storage.at("own://y").url == "own://y"
