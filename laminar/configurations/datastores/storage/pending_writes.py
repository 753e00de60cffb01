"""Keep files that are being written in background: the process that writes them reads them from here until the writes end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from laminar.configurations.datastores.background_call import BackgroundCall

__all__ = ["PendingWrites"]

Write = tuple[bytes, BackgroundCall[None]]


class PendingWrites:
    """Hold, by key, the content of each write of this process that has not ended.

    A write that failed is held until its ``wait`` function has reported that. Two writes of one key are made one after the other.
    """

    def __init__(self) -> None:
        self._writes: dict[str, Write] = {}

    def start(self, key: str, data: bytes, write: Callable[[], None]) -> Callable[[], None]:
        """Call ``write`` in background, hold the data meanwhile, and return a function that waits and raises its exception."""
        self.settle(key)
        call = BackgroundCall(write)
        entry = self._writes[key] = (data, call)

        def wait() -> None:
            try:
                call.result()
            finally:
                if self._writes.get(key) is entry:
                    del self._writes[key]

        return wait

    def get(self, key: str) -> bytes | None:
        """Return the content of a write that has not ended, None where there is none."""
        entry = self._writes.get(key)
        if entry is None:
            return None
        data, call = entry
        if call.succeeded:
            self._writes.pop(key, None)
            return None
        return data

    def names(self, folder: str) -> Iterator[str]:
        """Return the names in a folder that exist only here, folders with a ``/`` at the end, as a storage lists them."""
        start = f"{folder}/" if folder else ""
        for key in list(self._writes):
            if key.startswith(start) and self.get(key) is not None:
                name, slash, _ = key[len(start) :].partition("/")
                yield name + slash

    def settle(self, key: str) -> None:
        """Wait for the writes of a key and of all keys below it, then drop them; ``wait`` of each still raises its exception."""
        for found in list(self._writes):
            if found == key or not key or found.startswith(f"{key}/"):
                entry = self._writes[found]
                entry[1].thread.join()
                if self._writes.get(found) is entry:
                    del self._writes[found]
