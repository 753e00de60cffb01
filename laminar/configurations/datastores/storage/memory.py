"""Keep everything in this process: for tests, with threads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

from laminar.configurations.datastores.base import DataStore
from laminar.exceptions import DatastoreError

if TYPE_CHECKING:
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["Memory"]


class Memory(DataStore):
    """Store in memory: as bytes, like any other store, so that what is read is never the object that was written.

    Other processes cannot see it; sending one to another process is a DatastoreError.
    """

    shared = False
    ahead = False

    def __init__(self) -> None:
        import threading

        super().__init__("memory:")
        self._lock = threading.Lock()
        self._folders: dict[str, dict[str, bytes]] = {}

    def __repr__(self) -> str:
        return "Memory()"

    def __reduce__(self) -> NoReturn:
        raise DatastoreError(
            "A Memory datastore cannot leave its process.",
            fix="use Local(...) with the Process executor, or Memory() with the Thread executor.",
        )

    def at(self, url: str) -> Memory:
        """Return another store in memory."""
        return Memory()

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes of a file, or a range of them."""
        folder, _, name = key.rpartition("/")
        with self._lock:
            data = self._folders.get(folder, {}).get(name)
        if data is None:
            raise FileNotFoundError(key)
        return data if start == 0 and stop is None else data[start:stop]

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Write a file."""
        folder, _, name = key.rpartition("/")
        data = b"".join(chunks)
        with self._lock:
            self._folders.setdefault(folder, {})[name] = data

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files and folders in a folder."""
        start = f"{folder}/" if folder else ""
        with self._lock:
            files = list(self._folders.get(folder, ()))
            below = {key[len(start) :].partition("/")[0] for key in self._folders if key.startswith(start) and key != folder}
        return files + [f"{name}/" for name in sorted(below)]

    def exists(self, key: str) -> bool:
        """Say whether there is such a file."""
        folder, _, name = key.rpartition("/")
        with self._lock:
            return name in self._folders.get(folder, ())

    def delete(self, key: str) -> None:
        """Remove a file, or a folder with all in it."""
        folder, _, name = key.rpartition("/")
        with self._lock:
            self._folders.get(folder, {}).pop(name, None)
            for found in [found for found in self._folders if found == key or found.startswith(f"{key}/")]:
                del self._folders[found]
            if folder in self._folders and not self._folders[folder]:
                del self._folders[folder]

    def renew(self, key: str, size: int) -> bool:
        """Say whether the file is there."""
        folder, _, name = key.rpartition("/")
        with self._lock:
            return len(self._folders.get(folder, {}).get(name, b"")) == size
