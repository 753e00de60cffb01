"""Test how users define the bytes of a type."""

from __future__ import annotations

import io
from typing import IO, Any

from laminar.configurations.serde import Protocol, missing_methods


class Strings(Protocol):
    def dumps(self, value: str) -> bytes:
        return value.encode()

    def loads(self, data: bytes) -> str:
        return data.decode()


class Files(Protocol):
    name = "files"

    def dump(self, value: str, file: IO[bytes]) -> None:
        file.write(value.encode())

    def load(self, file: IO[bytes]) -> str:
        return file.read().decode()


def test_either_pair_of_methods_gives_the_other() -> None:
    for protocol in (Strings(), Files()):
        file = io.BytesIO()
        protocol.dump("é", file)
        assert protocol.dumps("é") == file.getvalue()
        file.seek(0)
        assert protocol.load(file) == protocol.loads(file.getvalue()) == "é"


def test_a_protocol_is_called_as_its_class_unless_it_says_otherwise() -> None:
    assert (Strings.name, Files.name) == ("Strings", "files")


def test_what_a_protocol_lacks_is_told() -> None:
    class Writes(Protocol):
        def dump(self, value: Any, file: IO[bytes]) -> None:
            pass

    assert missing_methods(Writes) == "loads or load"
    assert missing_methods(Protocol) == "dumps or dump and loads or load"
    assert missing_methods(Files) == ""
