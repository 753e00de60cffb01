"""Keep bytes in the memory of this process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage
from laminar.exceptions import DatastoreError

__all__ = ["MemoryStorage"]


class MemoryStorage(ByteStorage):
    """Keep bytes in one dictionary per folder; a reader gets the stored bytes object itself, which is immutable."""

    shared = False
    overlaps_reads = False
    reads_without_copy = True

    def __init__(self) -> None:
        import threading

        super().__init__("memory:")
        self._lock = threading.Lock()
        self._folders: dict[str, dict[str, bytes]] = {}

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}()"

    def __reduce__(self) -> NoReturn:
        raise DatastoreError(
            "A Memory datastore cannot leave its process.",
            fix="use Local(...) with the Process executor, or Memory() with the Thread executor.",
        )

    def at(self, url: str) -> MemoryStorage:
        """Return another storage in memory."""
        return type(self)()

    def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes of a file, or a range of them."""
        data = self._find(key)
        if data is None:
            raise FileNotFoundError(key)
        return data if start == 0 and stop is None else data[start:stop]

    def _find(self, key: str) -> bytes | None:
        folder, _, name = key.rpartition("/")
        with self._lock:
            files = self._folders.get(folder)
            return None if files is None else files.get(name)

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
        """Return whether there is such a file."""
        return self._find(key) is not None

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
        """Return whether the file is there."""
        return len(self._find(key) or b"") == size
