"""Define ValueStore: a storage that writes and reads values, one by one or several at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage
from laminar.configurations.datastores.values import reader, writer
from laminar.configurations.datastores.values.accessor import Accessor
from laminar.configurations.datastores.values.artifact import Artifact, Part, Segment, count_of
from laminar.configurations.datastores.values.protocol_registry import TypedStorage
from laminar.exceptions import DatastoreError

__all__ = ["ValueStore", "WriteBatch"]


class ValueStore(TypedStorage):
    """Write and read values under the address of their content."""

    def write(self, value: Any, /) -> Artifact:
        """Store a value: inline in the returned artifact where it is small, else under the address of its content.

        An Accessor is stored by reference. Raises DatastoreError where a value cannot be pickled or written.
        """
        return writer.write(self, value)

    def inline(self, value: Any, /) -> Artifact:
        """Return a value inside its reference, of any size, without writing anything."""
        return writer.inline(self, value)

    def shard(self, values: Iterable[Any], /) -> Artifact:
        """Store each element of an iterable by itself, as it comes, in flat memory."""
        with self.write_batch() as batch:
            return writer.shard(batch, values)

    def write_batch(self) -> AbstractContextManager[ValueStore]:
        """Return a store to write several values to; their files are in this store at the end of the block.

        A storage over a network writes them at the same time.
        """
        return batched(self) if self.over_network else nullcontext(self)

    def read(self, artifact: Artifact, /, *, siblings: Iterable[Artifact] = ()) -> Any:
        """Return the value of an artifact; an Accessor where it is sharded.

        ``siblings`` are others that are likely to be read as well: a storage over a network may fetch them in the same round.
        Raises DatastoreError where it is missing or a single bit differs from the written file.
        """
        if artifact.parts is not None:
            return Accessor(self, artifact.parts)
        return reader.read_value(self, artifact, siblings=siblings)

    def accessor(self, artifacts: Iterable[Artifact], /) -> Accessor[Any]:
        """Return one sequence of the elements of sharded artifacts and the values of others, in order."""
        parts: list[Part] = []
        for artifact in artifacts:
            parts.extend((artifact,) if artifact.parts is None else artifact.parts)
        return Accessor(self, parts)

    def element(self, artifact: Artifact, position: int, /) -> Any:
        """Return one element of a sharded artifact, reading little else; position 0 of any other is its value.

        Raises DatastoreError where there is no such element.
        """
        part, offset = part_at(artifact, position)
        if isinstance(part, Segment):
            return reader.read_element(self, part, offset)
        if part is not None:
            return reader.read_value(self, part)
        raise no_element(artifact, position)

    def element_digest(self, artifact: Artifact, position: int, /) -> str:
        """Return text that is equal for equal stored elements, independent of the artifact's others; it reads only a table.

        Raises DatastoreError where there is no such element.
        """
        part, offset = part_at(artifact, position)
        if part is None:
            raise no_element(artifact, position)
        return reader.frame_digest(self, part, offset) if isinstance(part, Segment) else part.to_json()

    def open_segment(self, artifact: Artifact, position: int, /) -> None:
        """Verify the table of the segment that an element is in, so that this process and its forks read the element alone."""
        part, _ = part_at(artifact, position)
        if isinstance(part, Segment):
            reader.opened(self, part)


def part_at(artifact: Artifact, position: int) -> tuple[Part | None, int]:
    """Return the part that an element is in, and its place there; None where there is no such element."""
    offset = position
    for part in (artifact,) if artifact.parts is None else artifact.parts:
        if 0 <= offset < count_of(part):
            return part, offset
        offset -= count_of(part)
    return None, 0


def no_element(artifact: Artifact, position: int) -> DatastoreError:
    """Return the error for an element that an artifact does not have."""
    return DatastoreError(
        f"Artifact {artifact.name!r} has no element {position}: it has {artifact.length}.",
        fix="run the layer again: it was split over other elements.",
    )


@contextmanager
def batched(store: ValueStore) -> Iterator[WriteBatch]:
    """Yield a batch of a store, and write its files at the end of the block."""
    batch = WriteBatch(store)
    yield batch
    batch.flush()


class WriteBatch(ValueStore):
    """Collect the files that are written to a store until ``flush``, or until they reach ``store.batch_bytes``."""

    def __init__(self, store: TypedStorage) -> None:
        super().__init__(store.root)
        self.store = store
        self.compresses = store.compresses
        self._protocols = store._protocols
        self._waiting: dict[str, Sequence[Buffer]] = {}
        self._size = 0

    @property
    def url(self) -> str:
        """URL of the store."""
        return self.store.url

    def is_same(self, other: ByteStorage) -> bool:
        """Return whether the content of another storage is in the store."""
        return other is self or self.store.is_same(other)

    def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
        """Return the bytes of a file that is waiting, else of one of the store."""
        if key in self._waiting:
            return b"".join(self._waiting[key])[start:stop]
        return self.store.get(key, start, stop)

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Collect a file, and write all files where there are enough; a large file is written at once.

        The caller may change its buffers afterwards, so a copy is collected.
        """
        size = sum(map(len, chunks))
        if size >= self.store.batch_bytes:
            self._waiting.pop(key, None)
            self.store.put(key, chunks)
            return
        self._waiting[key] = [bytes(chunk) for chunk in chunks]
        self._size += size
        if self._size >= self.store.batch_bytes:
            self.flush()

    def flush(self) -> None:
        """Write the files that are waiting."""
        files = list(self._waiting.items())
        if files:
            self.store.put_many(files)
        self._waiting, self._size = {}, 0

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files and folders in a folder of the store."""
        return self.store.names(folder)

    def exists(self, key: str) -> bool:
        """Return whether the file is there, or waiting."""
        return key in self._waiting or self.store.exists(key)

    def delete(self, key: str) -> None:
        """Remove a file of the store."""
        self._waiting.pop(key, None)
        self.store.delete(key)

    def renew(self, key: str, size: int) -> bool:
        """Return whether the file need not be written again."""
        return key in self._waiting or self.store.renew(key, size)
