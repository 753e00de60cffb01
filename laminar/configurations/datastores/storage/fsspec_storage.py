"""Keep bytes at a URL that fsspec knows: usually an object store."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage, Entry
from laminar.configurations.datastores.storage.fsspec_answers import (
    entry_of,
    failed_request,
    has_time,
    is_empty_file,
    is_missing_bucket,
    modified,
)
from laminar.configurations.datastores.storage.pending_writes import PendingWrites
from laminar.configurations.datastores.storage.retrying_filesystem import RetryingFilesystem
from laminar.exceptions import DatastoreError

__all__ = ["FsspecStorage"]

REWRITTEN = 1 << 20
"""Bytes up to which content is written again instead of looked up first: one request, not two."""

MAX_SIBLINGS = 64
"""Files that are fetched along with another one, and kept until they are read, at most."""

FRESH = 300
"""Seconds for which content that is there keeps its time.

docs/operations/housekeeping.md states that ``--grace`` has to be longer by it.
"""

UNKNOWN: Any = object()
"""Stands for a file whose content only the storage has."""


class FsspecStorage(ByteStorage):
    """Keep bytes through fsspec and its package for a kind of URL. ``options`` are passed to fsspec unchanged."""

    over_network = True
    compresses = True
    batch_bytes = 8 << 20
    whole_from: ClassVar[int | None] = None
    """Start of the range that requests a whole file."""

    def __init__(self, root: str, **options: Any) -> None:
        if not isinstance(root, str):
            raise DatastoreError(
                f"The URL of a datastore is a text, not a {type(root).__name__}.", fix="name one such as s3://bucket/prefix."
            )
        kind, found, path = root.partition("://")
        if not found or not kind or (kind != "memory" and not path.strip("/")):
            raise DatastoreError(f"{root!r} is not the URL of a datastore.", fix="name one such as s3://bucket/prefix.")
        if kind == "file":
            raise DatastoreError(f"{root!r} is a folder of this machine.", fix=f"use Local({path!r}).")
        super().__init__(root.rstrip("/") if path.strip("/") else root)
        self.shared = kind != "memory"  # fsspec's own "memory://" is one of a process
        self.options = options
        self._opened: tuple[int, Any] | None = None
        self._siblings: dict[str, Buffer | None] = {}
        self._prefetched: dict[str, Buffer | None] = {}
        self._pending = PendingWrites()

    def __repr__(self) -> str:
        options = "".join(f", {name}=..." for name in sorted(self.options))
        return f"{type(self).__qualname__}({self.root!r}{options})"

    def __getstate__(self) -> dict[str, Any]:
        own: dict[str, Any] = {"_opened": None, "_siblings": {}, "_prefetched": {}, "_pending": PendingWrites()}
        return {**super().__getstate__(), **own}

    def at(self, url: str) -> FsspecStorage:
        """Return a storage of this kind and with these options at another URL; an open connection serves both."""
        storage = type(self)(url, **self.options)
        storage._opened = self._opened
        return storage

    # reading

    def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
        """Return the bytes of a file, or a range of them."""
        held = self._held(key)
        if held is None:
            raise FileNotFoundError(key)
        if held is not UNKNOWN:
            found: Buffer = held if not start and stop is None else memoryview(held)[start:stop]
            return found
        if not start and stop is None:
            return self._get_whole(key)
        files, path = self._files(key)
        with self._explaining(f"read {self.root}/{key}"):
            data: bytes = files.cat_file(path, start=start, end=stop)
        return data

    def _get_whole(self, key: str) -> Buffer:
        files, path = self._files(key)
        with self._explaining(f"read {self.root}/{key}"):
            data: bytes = files.cat_file(path, start=self.whole_from, end=None)
        return data

    def _held(self, key: str) -> Any:
        """Return the bytes of a file that this process is writing or has prefetched, None where it is known to be absent."""
        pending = self._pending.get(key)
        if pending is not None:
            return pending
        found = self._prefetched.get(key, UNKNOWN)
        if found is None:
            del self._prefetched[key]  # another process may write it: absence is reported once
        return found

    def get_many(self, keys: Sequence[str]) -> list[Buffer | None]:
        """Return the bytes of files, all requested at once, None where there is no such file."""
        held = {key: self._held(key) for key in keys}
        missing = [key for key in held if held[key] is UNKNOWN]
        held.update(zip(missing, self._request_many(missing), strict=True))
        return [held[key] for key in keys]

    def _request_many(self, keys: Sequence[str]) -> list[Buffer | None]:
        if not keys:
            return []
        files, _ = self._files("")
        paths = [self._files(key)[1] for key in keys]
        with self._explaining(f"read {self.root}"):
            found = files.cat_ranges(paths, self.whole_from, None)
            for data in found:
                if isinstance(data, FileNotFoundError):
                    self._require_root(data)
                elif isinstance(data, BaseException) and not is_empty_file(data):
                    raise data
        return [None if isinstance(data, FileNotFoundError) else b"" if is_empty_file(data) else data for data in found]

    def prefetch(self, keys: Sequence[str]) -> None:
        """Fetch files at once and keep them until others are prefetched, or this process writes or removes them."""
        wanted = [key for key in dict.fromkeys(keys) if self._pending.get(key) is None]
        self._prefetched = dict(zip(wanted, self._request_many(wanted), strict=True))

    def get_with_siblings(self, key: str, siblings: Callable[[], Iterable[str]]) -> Buffer | None:
        """Return the bytes of a file, None where there is none; its siblings are fetched in the same round and kept until read."""
        data = self._siblings.pop(key, None)
        if data is not None:
            return data
        keys = list(dict.fromkeys((key, *(other for other in siblings() if other not in self._siblings))))[:MAX_SIBLINGS]
        if len(keys) == 1:
            return self.get_if_present(key)
        found = dict(zip(keys, self.get_many(keys), strict=True))
        data = found.pop(key)
        self._siblings = {**dict(list(self._siblings.items())[len(found) - MAX_SIBLINGS :]), **found}
        return data

    # writing

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Write a file by one request; others see it when it is complete."""
        self._forget(key)
        self._write(key, chunks)

    def _write(self, key: str, chunks: Sequence[Buffer]) -> None:
        files, path = self._files(key)
        with self._writing(f"{self.root}/{key}"):
            files.pipe_file(path, b"".join(chunks))

    def put_in_background(self, key: str, chunks: Sequence[Buffer]) -> Callable[[], None]:
        """Write a file by a thread; this process reads it from memory until then, and afterwards as if it was prefetched."""
        self._forget(key)
        self._files("")  # opened by this thread: two would open it twice
        data = b"".join(chunks)
        landed = self._pending.start(key, data, partial(self._write, key, (data,)))
        self._prefetched[key] = data

        def wait() -> None:
            try:
                landed()
            except BaseException:
                if self._prefetched.get(key) is data:
                    del self._prefetched[key]
                raise

        return wait

    def put_many(self, files: Sequence[tuple[str, Sequence[Buffer]]]) -> None:
        """Write files, all at the same time."""
        if len(files) == 1:
            self.put(*files[0])
            return
        for key, _ in files:
            self._forget(key)
        opened, _ = self._files("")
        with self._writing(self.root):
            opened.pipe({self._files(key)[1]: b"".join(chunks) for key, chunks in files})

    def delete(self, key: str) -> None:
        """Remove a file, or all files in a folder."""
        self._forget(key)
        files, path = self._files(key)
        with self._explaining(f"delete {self.root}/{key}"):
            found = files.find(path)
            if not found:
                return
            if any(letter in path for letter in "*?["):  # rm would expand them as patterns
                for name in found:
                    files.rm_file(name)
            else:
                files.rm(found)

    def _forget(self, key: str) -> None:
        """Drop the cached bytes of a file or folder that is about to change, after earlier writes to it have ended."""
        self._pending.settle(key)
        for held in (self._prefetched, self._siblings):
            for found in [found for found in held if found == key or found.startswith(f"{key}/")]:
                held.pop(found, None)

    def renew(self, key: str, size: int) -> bool:
        """Return whether a large file of this size is there and has a time of now; a small one is written again."""
        if size <= REWRITTEN:
            return False
        found = self._info(key)
        if found is None or found.get("size") != size:
            return False
        return (has_time(found) and 0 <= time.time() - modified(found) < FRESH) or self._touch(key, size)

    def _touch(self, key: str, size: int) -> bool:
        """Set the time of a file that is there to now; False where the storage can only write it again."""
        return False

    # listing

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files and folders in a folder."""
        pending = list(self._pending.names(folder))  # first: a write may end while the storage responds
        found = ((entry["name"].rstrip("/").rpartition("/")[2], entry["type"]) for entry in self._listed(folder))
        listed = [f"{name}/" if kind == "directory" else name for name, kind in found]
        return list(dict.fromkeys((*listed, *pending)))

    def exists(self, key: str) -> bool:
        """Return whether there is such a file."""
        return self._pending.get(key) is not None or self._info(key) is not None

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return the files in a folder with their sizes and times; one without a time counts as new."""
        self._pending.settle(folder)
        listed = (entry for entry in self._listed(folder) if entry["type"] == "file")
        return [entry_of(entry, entry["name"].rpartition("/")[2]) for entry in listed]

    def walk(self, folder: str) -> Iterator[Entry]:
        """Return the files in a folder and in those below it, by one listing."""
        self._pending.settle(folder)
        start = self._files(folder)[1].strip("/") + "/"
        for entry in self._listed(folder, deep=True):
            name = entry["name"].strip("/")
            if entry["type"] == "file" and name.startswith(start):
                yield entry_of(entry, name[len(start) :])

    def expire(self, key: str, before: float) -> bool:
        """Remove a file unless it was written since a time; one that is written between lookup and removal is lost."""
        self._forget(key)
        found = self._info(key)
        if found is None or modified(found) >= before:
            return False
        files, path = self._files(key)
        with self._explaining(f"delete {self.root}/{key}"):
            try:
                files.rm_file(path)
            except FileNotFoundError:
                return False
        return True

    # the file system

    def filesystem(self) -> Any:
        """Return the fsspec file system for the URL."""
        return self._open({})

    def _open(self, more: dict[str, Any]) -> Any:
        import fsspec

        kind = self.root.partition("://")[0]
        try:
            cls = fsspec.get_filesystem_class(kind)
        except (ImportError, ValueError) as error:
            raise DatastoreError(
                f"Datastore {self.root} cannot be opened: {error}", fix=f"install fsspec's package for {kind}:// URLs."
            ) from error
        # No cache: other processes change listings, and an instance is not fork-safe (fsspec 2026.9, asyn.py).
        options = {**self.options, **more, "use_listings_cache": False, "skip_instance_cache": True}
        return cls(**options)

    def _files(self, key: str) -> tuple[Any, str]:
        """Return the file system, opened again in a forked process, and the path of a key."""
        process = os.getpid()
        if self._opened is None or self._opened[0] != process:
            with self._explaining(f"open {self.root}"):
                self._opened = (process, RetryingFilesystem(self.filesystem(), self.root))
        files = self._opened[1]
        root = files._strip_protocol(self.root).rstrip("/")
        return files, f"{root}/{key}" if key else root

    def _listed(self, folder: str, *, deep: bool = False) -> list[dict[str, Any]]:
        """Return the entries of a folder, or all files below it, without the folder itself; nothing where it is absent."""
        files, path = self._files(folder)
        with self._explaining(f"list {self.root}/{folder}"):
            try:
                found = files.find(path, detail=True).values() if deep else files.ls(path, detail=True)
            except (FileNotFoundError, NotADirectoryError) as error:
                self._require_root(error)
                return []
        return [entry for entry in found if entry["name"].strip("/") != path.strip("/")]

    def _info(self, key: str) -> dict[str, Any] | None:
        files, path = self._files(key)
        try:
            with self._explaining(f"look up {self.root}/{key}"):
                found: dict[str, Any] = files.info(path)
        except FileNotFoundError:
            return None
        return found if found.get("type") == "file" else None

    def _require_root(self, error: OSError) -> None:
        """Raise DatastoreError where the bucket is absent, not only a file: a misspelt name is not an empty store."""
        if is_missing_bucket(error):
            raise DatastoreError(
                f"Datastore {self.root} does not exist: {error}.", fix="check that the bucket exists, and its spelling."
            ) from error

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        """Name the written file in errors; FileNotFoundError then means that the destination is absent."""
        try:
            with self._explaining(f"write {what}"):
                yield
        except FileNotFoundError as error:
            raise DatastoreError(
                f"Datastore {self.root} cannot be written to: {error}.", fix="check that the bucket exists, and its spelling."
            ) from error

    @contextmanager
    def _explaining(self, what: str) -> Iterator[None]:
        """Name the request in errors; retries are made by RetryingFilesystem."""
        try:
            yield
        except (DatastoreError, MemoryError):
            raise
        except FileNotFoundError as error:
            self._require_root(error)
            raise
        except Exception as error:
            raise failed_request(what, error) from error
