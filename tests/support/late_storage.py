"""A storage whose writes in background land late, in any order, or fail: an fsspec file system that a test conducts."""

from __future__ import annotations

import threading
from typing import Any, Literal

from fsspec.implementations.memory import MemoryFileSystem

from laminar.configurations.datastores import Remote

__all__ = ["Fate", "Late"]

Fate = Literal["lands", "fails once", "is denied"]
"""Outcome of a write: it lands, after a transient error or without, or the storage rejects it."""

PATIENCE = 0.02
"""Seconds after which a write lands although no test released it: an operation may be waiting for it."""


class Late(Remote):
    """Store in memory. Writes by other threads than the test's own wait until ``release``, or for a moment."""

    def __init__(self) -> None:
        super().__init__("late://store")
        self.files = LateFiles()

    def filesystem(self) -> Any:
        """Return the one file system of this store."""
        return self.files


class LateFiles(MemoryFileSystem):  # type: ignore[misc]
    """Hold back the writes of threads in background; ``fates`` are those of the next writes, in order."""

    protocol = ("late",)
    cachable = False

    def __init__(self) -> None:
        super().__init__()
        self.store: dict[str, Any] = {}
        self.pseudo_dirs = [""]
        self.fates: dict[bytes, list[Fate]] = {}
        self.waiting: list[tuple[str, threading.Event, threading.Thread]] = []
        self.arrived = threading.Event()
        self.lands_while_listing = False

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return super()._strip_protocol(str(path).removeprefix("late://"))

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: Any) -> None:
        """Write a file when its time has come."""
        if threading.current_thread() is not threading.main_thread():
            gate = threading.Event()
            self.waiting.append((self._strip_protocol(path), gate, threading.current_thread()))
            self.arrived.set()
            gate.wait(PATIENCE)
        fates = self.fates.get(bytes(value), [])
        fate = fates[0] if fates else "lands"
        if fate == "is denied":
            raise PermissionError(path)
        if fate == "fails once":
            fates.clear()
            raise ConnectionResetError(path)
        super().pipe_file(path, value, mode=mode, **options)

    def release(self, number: int) -> None:
        """Land one of the waiting writes: the order of the others stays open."""
        gates = [gate for _, gate, _ in self.waiting if not gate.is_set()]
        if gates:
            gates[number % len(gates)].set()

    def ls(self, path: str, detail: bool = True, **options: Any) -> Any:
        """Return the entries of a folder; pending writes to it may end before the response arrives."""
        try:
            return super().ls(path, detail=detail, **options)
        finally:
            if self.lands_while_listing:
                for written, gate, thread in self.waiting:
                    if written.startswith(f"{self._strip_protocol(path)}/"):
                        gate.set()
                        thread.join(10)
