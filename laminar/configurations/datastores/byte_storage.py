"""Define ByteStorage: the operations of a storage, which keeps bytes under ``/``-separated keys."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import time
from typing import Any, ClassVar, NamedTuple, TypeVar

__all__ = ["Buffer", "ByteStorage", "Entry"]

Buffer = bytes | bytearray | memoryview

StorageT = TypeVar("StorageT", bound="ByteStorage")


class Entry(NamedTuple):
    """A file as a listing shows it; ``modified`` is in seconds since 1970."""

    name: str
    size: int
    modified: float


class ByteStorage(ABC):
    """Keep bytes under keys; a storage defines five operations and overrides others where it can do better.

    ``url`` is a value for ``LAMINAR_DATASTORE``; ``shared`` is True if other processes can read the stored data.
    """

    shared: bool = True
    relative: bool = False
    """Whether the root was given relative to a folder, so that other machines cannot find it."""
    overlaps_reads: ClassVar[bool] = True
    """Whether it saves time to fetch the next files while the last ones are in use."""
    over_network: ClassVar[bool] = False
    """Whether a request takes far longer than its bytes, so that several files are written, and small ones kept, at once."""
    reads_without_copy: ClassVar[bool] = False
    """Whether reading a whole file returns the very object that is kept, at no cost."""
    compresses: bool = False
    """Whether fewer bytes are worth the time that compressing takes: over a network, not on a disk."""
    overlap_bytes: ClassVar[int | None] = None
    """Size from which on a file is written by ``put_overlapped``; None where that gains nothing."""
    batch_bytes: ClassVar[int] = 1 << 20
    """Bytes of files that are fetched, or written, at once."""

    def __init__(self, root: str) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({self.root!r})"

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)

    @property
    def url(self) -> str:
        """URL that opens the storage in another process."""
        return self.root

    def at(self: StorageT, url: str) -> StorageT:
        """Return a storage of this kind and with these options at another URL; override it where there are options."""
        return type(self)(url)

    def is_same(self, other: ByteStorage) -> bool:
        """Return whether the content of another storage is in this one."""
        return other is self or (self.shared and other.shared and other.url == self.url)

    # operations that a storage has to define

    @abstractmethod
    def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
        """Return the bytes of a file, or those from start to stop, fewer where it ends before.

        Raises FileNotFoundError where there is none.
        """

    @abstractmethod
    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Write a file, replacing an older one. Other processes read all of it or nothing, also if this process is killed."""

    @abstractmethod
    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files in a folder, and of the folders in it with a ``/`` at the end; none where it is absent."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Return whether there is such a file."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove a file, or a folder with all in it, if it is there."""

    # reading

    def get_many(self, keys: Sequence[str]) -> list[Buffer | None]:
        """Return the bytes of files, None where there is no such file."""
        return [self.get_if_present(key) for key in keys]

    def get_if_present(self, key: str) -> Buffer | None:
        """Return the bytes of a file, None where there is none."""
        try:
            return self.get(key)
        except FileNotFoundError:
            return None

    def prefetch(self, keys: Sequence[str]) -> None:
        """Announce files that are about to be read: a storage over a network fetches them in one round.

        They are kept until other files are announced, or this process writes or removes them.
        """

    def get_with_siblings(self, key: str, siblings: Callable[[], Iterable[str]]) -> Buffer | None:
        """Return the bytes of a file, None where there is none; ``siblings`` are keys that are likely to be read next.

        A storage over a network fetches small ones in the same round.
        """
        return self.get_if_present(key)

    # writing

    def put_many(self, files: Sequence[tuple[str, Sequence[Buffer]]]) -> None:
        """Write files, each whole or not at all; a storage over a network writes them at the same time."""
        for key, chunks in files:
            self.put(key, chunks)

    def put_in_background(self, key: str, chunks: Sequence[Buffer]) -> Callable[[], None]:
        """Write a file that this process can read from now on, and return a function that waits until others can.

        A storage over a network writes it meanwhile. The function raises the exception of the write.
        """
        self.put(key, chunks)
        return lambda: None

    def put_overlapped(self, layout: Callable[[], tuple[str, Sequence[Buffer]]], known: Sequence[tuple[int, Buffer]]) -> None:
        """Write a large file whose key is not known yet: its known parts, at their offsets, while ``layout`` makes the rest.

        ``layout`` returns the key and the chunks of the whole file; an empty key means that it need not be written.
        """
        key, chunks = layout()
        if key:
            self.put(key, chunks)

    def renew(self, key: str, size: int) -> bool:
        """Set the time of a file of this size to now, so that garbage collection keeps it; False where it has to be written."""
        return False

    # garbage collection

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return the files in a folder with their sizes and times, which garbage collection relies on; define it with ``names``.

        Where a storage has no times all files count as new, so that garbage collection removes none.
        """
        now = time()
        files = [name for name in self.names(folder) if not name.endswith("/")]
        found = zip(files, self.get_many([f"{folder}/{name}" for name in files]), strict=True)
        return [Entry(name, len(data), now) for name, data in found if data is not None]

    def walk(self, folder: str) -> Iterator[Entry]:
        """Return the files in a folder and in those below it; their names are paths below the folder."""
        yield from self.entries(folder)
        for name in self.names(folder):
            if name.endswith("/"):
                yield from (entry._replace(name=name + entry.name) for entry in self.walk(f"{folder}/{name[:-1]}"))

    def expire(self, key: str, before: float) -> bool:
        """Remove a file unless it was written or renewed since a time; return whether it was removed."""
        folder, _, name = key.rpartition("/")
        for entry in self.entries(folder):
            if entry.name == name and entry.modified < before:
                self.delete(key)
                return True
        return False
