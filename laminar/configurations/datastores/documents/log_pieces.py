r"""Write and read the output of splits: JSON lines, each a piece of the output of one attempt.

A file holds pieces of several attempts of one layer, or all pieces of one attempt::

    {"index":3,"attempt":1,"run":"3Mo7...","offset":120,"stream":"stdout","time":"2026-01-01T00:00:00.000Z","text":"epoch 3\\n"}

``offset`` counts the bytes of the attempt's output before the piece. Where the middle of a long output is left out a piece has
``dropped``, the number of bytes. A piece that has ``more`` ends within a line: the next piece of its stream continues
it. A line that cannot be read is left out: the others are still printed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from laminar.configurations.datastores import key_layout
from laminar.configurations.datastores.byte_storage import ByteStorage
from laminar.configurations.datastores.values.artifact import encode

__all__ = ["Piece", "load_pieces", "log_file", "save_pieces"]

AT_ONCE = 64
"""Files that are fetched together."""


@dataclass(frozen=True)
class Piece:
    """Part of the output of one attempt; ``run`` is the id of its session or the name of its pod."""

    index: int
    attempt: int
    run: str
    offset: int
    stream: str
    time: str
    text: str
    dropped: int = 0
    more: bool = False


def save_pieces(storage: ByteStorage, flow: str, execution: str, layer: str, name: str, pieces: Iterable[Piece]) -> None:
    """Write pieces of a layer's output as one file, in place of the one of this name."""
    key, data = log_file(flow, execution, layer, name, pieces)
    storage.put(key, (data,))


def log_file(flow: str, execution: str, layer: str, name: str, pieces: Iterable[Piece]) -> tuple[str, bytes]:
    """Return the key and the bytes of a file with pieces of a layer's output."""
    key = f"{key_layout.logs_folder(flow, execution, layer)}/{name}.jsonl"
    return key, "".join(_line(piece) for piece in pieces).encode(errors="replace")


def _line(piece: Piece) -> str:
    values = {name: value for name, value in vars(piece).items() if value or name not in ("dropped", "more")}
    return encode(values) + "\n"


def load_pieces(
    storage: ByteStorage, flow: str, execution: str, layer: str, *, known: dict[str, int] | None = None
) -> Iterator[Piece]:
    """Yield the pieces of a layer's output in the order of their files' names.

    ``known`` maps the names of files to their sizes when they were read, and is updated: a file that has not changed
    is not read again.
    """
    folder = key_layout.logs_folder(flow, execution, layer)
    listed = sorted((entry.name, entry.size) for entry in storage.entries(folder) if entry.name.endswith(".jsonl"))
    if known is not None:
        listed = [(name, size) for name, size in listed if known.get(name) != size]
        known.update(listed)
    for start in range(0, len(listed), AT_ONCE):
        for data in storage.get_many([f"{folder}/{name}" for name, _ in listed[start : start + AT_ONCE]]):
            if data is not None:
                yield from _pieces(bytes(data))


def _pieces(data: bytes) -> Iterator[Piece]:
    for line in data.decode(errors="replace").split("\n"):
        try:
            yield Piece(**json.loads(line))
        except (ValueError, TypeError):
            continue
