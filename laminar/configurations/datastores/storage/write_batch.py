"""Write the files of several values at once: over a network a request takes far longer than its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from laminar.configurations.datastores.base import DataStore

if TYPE_CHECKING:
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["WriteBatch"]


class WriteBatch(DataStore):
    """Stand before a store and hold back what is written until ``flush``, or until ``store.batch`` bytes are waiting."""

    def __init__(self, store: DataStore) -> None:
        super().__init__(store.root)
        self.store = store
        self.compresses = store.compresses
        self._protocols = store._protocols
        self._waiting: dict[str, Sequence[Buffer]] = {}
        self._size = 0

    @property
    def url(self) -> str:
        """URL of the store behind."""
        return self.store.url

    def is_same(self, other: DataStore) -> bool:
        """Say whether what is in another store is in the one behind."""
        return self.store.is_same(other)

    def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
        """Return the bytes of a file of the store behind."""
        return self.store.get(key, start, stop)

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Keep a file until there are enough."""
        self._waiting[key] = chunks
        self._size += sum(map(len, chunks))
        if self._size >= self.store.batch:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        files, self._waiting, self._size = list(self._waiting.items()), {}, 0
        if files:
            self.store.put_many(files)

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files and folders in a folder of the store behind."""
        return self.store.names(folder)

    def exists(self, key: str) -> bool:
        """Say whether the file is there, or about to be."""
        return key in self._waiting or self.store.exists(key)

    def delete(self, key: str) -> None:
        """Remove a file of the store behind."""
        self.store.delete(key)

    def renew(self, key: str, size: int) -> bool:
        """Say whether the file need not be written again."""
        return key in self._waiting or self.store.renew(key, size)
