"""Protocols that dump to files and load from files: a value larger than memory passes through."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from laminar.configurations import serde
from laminar.configurations.datastores import DataStore, Local, Memory
from laminar.configurations.datastores.values.protocol_files import View
from laminar.ksuid import ksuid


class Lines:
    """Lines of text that are made when they are asked for."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[bytes]:
        return (b"%d\n" % number for number in range(self.count))


class LinesProtocol(serde.Protocol):
    def dump(self, value: Lines, file: IO[bytes]) -> None:
        file.writelines(value)

    def load(self, file: IO[bytes]) -> Lines:
        return Lines(sum(1 for _ in file))


def test_a_value_that_is_dumped_to_a_file_comes_back_from_one(tmp_path: Path) -> None:
    for store in (Memory(), Local(str(tmp_path / "store"))):
        store.protocol(Lines)(LinesProtocol)
        for count in (0, 3, 5000, 500_000):
            artifact = store.write(Lines(count))
            assert store.read(artifact).count == count


def test_the_address_is_the_same_however_the_bytes_were_made() -> None:
    class Whole(LinesProtocol):
        name = "LinesProtocol"

        def dumps(self, value: Lines) -> bytes:
            return b"".join(value)

        def dump(self, value: Lines, file: IO[bytes]) -> None:
            file.write(self.dumps(value))

    streamed, whole = Memory(), Memory()
    streamed.protocol(Lines)(LinesProtocol)
    whole.protocol(Lines)(Whole)
    assert streamed.write(Lines(400_000)).address == whole.write(Lines(400_000)).address


LIMITED = """
import os, resource, sys
from laminar.configurations import serde
from laminar.configurations.datastores import open_store
from laminar.configurations.datastores.storage import s3_multipart

MIB = 1 << 20
COUNT, LIMIT = int(sys.argv[2]), int(sys.argv[3])
class Big:
    pass

class Blocks(serde.Protocol):
    def dump(self, value, file):
        for number in range(COUNT):
            file.write(bytes([number % 256]) * MIB)
    def load(self, file):
        for number in range(COUNT):
            assert file.read(MIB) == bytes([number % 256]) * MIB
        assert file.read() == b""
        return Big()

store = open_store(sys.argv[1])
store.protocol(Big)(Blocks)
store.read(store.write([1] * 9000))
resource.setrlimit(resource.RLIMIT_DATA, (LIMIT * MIB, LIMIT * MIB))
WHAT
"""


def limited(url: str, what: str, *, count: int = 400, limit: int = 150) -> None:
    """Do something to a value of some MiB in a process that may have fewer MiB of memory."""
    code = LIMITED.replace("WHAT", what)
    done = subprocess.run([sys.executable, "-c", code, url, str(count), str(limit)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_value_larger_than_memory_is_written(tmp_path: Path) -> None:
    limited(str(tmp_path / "store"), "assert store.write(Big()).stored > 400 * MIB")


ROUND = """
s3_multipart.memory = lambda: LIMIT * MIB  # of which a value may take a quarter
s3_multipart.WORKERS = 4  # each has a stack of 8 MiB
artifact = store.write(Big())
assert artifact.stored > COUNT * MIB
assert type(store.read(artifact)) is Big
"""


@pytest.mark.slow
def test_a_value_larger_than_memory_is_sent_to_s3_and_comes_back(bucket_store: DataStore) -> None:
    limited(f"{bucket_store.url}/{ksuid()}", ROUND, count=300, limit=200)


@pytest.mark.slow
def test_a_shard_larger_than_memory_is_written_and_read(tmp_path: Path) -> None:
    what = "rows = store.read(store.shard(bytes([n % 256]) * MIB for n in range(300))); assert sum(map(len, rows)) == 300 * MIB"
    limited(str(tmp_path / "store"), what)


def test_a_view_is_read_as_a_file() -> None:
    file: Any = io.BufferedReader(View(b"0123456789"))
    assert file.read(3) == b"012"
    assert file.seek(-2, io.SEEK_END) == 8
    assert file.read() == b"89"
    assert (file.seek(1), file.read(2), file.tell()) == (1, b"12", 3)
