"""Keep everything at a URL that fsspec knows: an object store, as a rule."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from laminar.configurations.datastores.base import DataStore, Entry
from laminar.configurations.datastores.key_layout import artifact_key, document_key
from laminar.configurations.datastores.storage.retrying_filesystem import RetryingFilesystem, is_transient
from laminar.configurations.datastores.values import reader
from laminar.configurations.datastores.values.prefetch import Fetch
from laminar.exceptions import DatastoreError

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.record import Record
    from laminar.configurations.datastores.values.artifact import Artifact
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["Remote"]

CHEAP = 1 << 20
"""Bytes up to which content is written again rather than asked for first: one request, not two."""

SMALL = 1 << 18
"""Bytes up to which a file is fetched along with another that is read."""

ALONG = 64
"""Files that are fetched along, and kept until they are read, at most."""

FRESH = 300
"""Seconds for which content that is there keeps its time: housekeeping has to spare what a layer wrote for that much longer."""

TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
"""What storages call the time at which a file was written."""


class Remote(DataStore):
    """Store at a URL such as ``gs://bucket/prefix``, through fsspec and its package for that kind of URL.

    ``options`` go to fsspec as they are. Nothing of them is shown or stored; leave credentials to the environment.
    """

    compresses = True
    batch = 8 << 20
    whole: ClassVar[int | None] = None
    """Where the range begins that asks for a whole file."""

    def __init__(self, root: str, **options: Any) -> None:
        kind, found, path = root.partition("://")
        if not found or not kind or (kind != "memory" and not path.strip("/")):
            raise DatastoreError(f"{root!r} is not the URL of a datastore.", fix="name one such as s3://bucket/prefix.")
        if kind == "file":
            raise DatastoreError(f"{root!r} is a folder of this machine.", fix=f"use Local({path!r}).")
        super().__init__(root.rstrip("/") if path.strip("/") else root)
        self.shared = kind != "memory"  # fsspec's own, of one process
        self.options = options
        self._opened: tuple[int, Any] | None = None
        self._along: dict[str, Buffer | None] = {}
        self._expected: dict[str, Buffer | None] = {}

    def __repr__(self) -> str:
        options = "".join(f", {name}=..." for name in sorted(self.options))
        return f"{type(self).__qualname__}({self.root!r}{options})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None, "_along": {}, "_expected": {}}

    def at(self, url: str) -> Remote:
        """Return a store of this kind and with these options at another URL; a connection that is open serves both."""
        store = type(self)(url, **self.options)
        store._opened = self._opened
        return store

    def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
        """Return the bytes of a file, or a range of them."""
        if self._expected and stop is None and not start and key in self._expected:
            if (expected := self._expected.pop(key)) is None:
                raise FileNotFoundError(key)
            return expected
        files, path = self._files(key)
        with self._asking(f"read {self.root}/{key}"):
            data: bytes = files.cat_file(path, start=start if start or stop is not None else self.whole, end=stop)
        return data

    def get_many(self, keys: Sequence[str]) -> list[Buffer | None]:
        """Return the bytes of files, all asked for at once, None where there is no such file."""
        if not keys:
            return []
        files, _ = self._files("")
        paths = [self._files(key)[1] for key in keys]
        with self._asking(f"read {self.root}"):
            found = files.cat_ranges(paths, self.whole, None)
            for data in found:
                if isinstance(data, FileNotFoundError):
                    self._require_root(data)
                elif isinstance(data, BaseException) and not is_empty(data):
                    raise data
        return [None if isinstance(data, FileNotFoundError) else b"" if is_empty(data) else data for data in found]

    def prefetch(self, keys: Sequence[str]) -> None:
        """Fetch files at once and keep them, and which are absent, for the one time that each is read."""
        self._expected = dict(zip(keys, self.get_many(keys), strict=True))

    def remember(self, record: Record, /) -> None:
        """Keep a document for the next time that it is read."""
        self._expected[document_key(record.flow, record.execution, record.layer, record.index)] = record.to_json().encode()

    def save_in_background(self, record: Record, /) -> Callable[[], None]:
        """Write a split's document by a thread, keep it for the next time that it is read, and return what waits for the thread."""
        self._files("")  # opened by one thread
        writing = Fetch(partial(self.save, record))
        self.remember(record)
        return writing.result

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Write a file by one request that is seen when it is complete."""
        files, path = self._files(key)
        with self._writing(f"{self.root}/{key}"):
            files.pipe_file(path, b"".join(chunks))

    def put_many(self, files: Sequence[tuple[str, Sequence[Buffer]]]) -> None:
        """Write files, all at the same time."""
        if len(files) == 1:
            self.put(*files[0])
            return
        opened, _ = self._files("")
        with self._writing(self.root):
            opened.pipe({self._files(key)[1]: b"".join(chunks) for key, chunks in files})

    @contextmanager
    def write_batch(self) -> Iterator[DataStore]:
        """Give a store whose files are written together, at the end of the block at the latest."""
        from laminar.configurations.datastores.storage.write_batch import WriteBatch

        gathered = WriteBatch(self)
        yield gathered
        gathered.flush()

    def read(self, artifact: Artifact, /, *, siblings: Iterable[Artifact] = ()) -> Any:
        """Return the value of an artifact; the files of small ones beside it are fetched in the same round, and kept until read."""
        if artifact.address is None or artifact.stored > SMALL:
            return super().read(artifact)
        key = artifact_key(artifact.address)
        data = self._along.pop(key, None)
        if data is None:
            others = (artifact_key(other.address) for other in siblings if other.address is not None and other.stored <= SMALL)
            keys = list(dict.fromkeys((key, *(other for other in others if other not in self._along))))[:ALONG]
            found = dict(zip(keys, self.get_many(keys), strict=True)) if len(keys) > 1 else {}
            data = found.pop(key, None)
            self._along = {**dict(list(self._along.items())[len(found) - ALONG :]), **found}
        return reader.read_value(self, artifact, data)

    def shard(self, values: Iterable[Any], /) -> Artifact:
        """Store each element of an iterable by itself; segments are written some at a time."""
        with self.write_batch() as gathered:
            return gathered.shard(values)

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files and folders in a folder."""
        found = ((entry["name"].rstrip("/").rpartition("/")[2], entry["type"]) for entry in self._listed(folder))
        return [f"{name}/" if kind == "directory" else name for name, kind in found]

    def exists(self, key: str) -> bool:
        """Say whether there is such a file."""
        return self._info(key) is not None

    def delete(self, key: str) -> None:
        """Remove a file, or all files in a folder."""
        files, path = self._files(key)
        with self._asking(f"delete {self.root}/{key}"):
            found = files.find(path)
            if not found:
                return
            if any(letter in path for letter in "*?["):  # rm would take them for patterns
                for name in found:
                    files.rm_file(name)
            else:
                files.rm(found)

    def renew(self, key: str, size: int) -> bool:
        """Say whether a large file of this size is there and has a time of now; anything else is written again."""
        if size <= CHEAP:
            return False
        found = self._info(key)
        if found is None or found.get("size") != size:
            return False
        return (has_time(found) and 0 <= time.time() - modified(found) < FRESH) or self._touch(key, size)

    def _touch(self, key: str, size: int) -> bool:
        """Give a file that is there the time of now; False where the storage has no way to but to write it again."""
        return False

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return the files in a folder with their sizes and times; one whose time is not told is new."""
        listed = (entry for entry in self._listed(folder) if entry["type"] == "file")
        return [entry_of(entry, entry["name"].rpartition("/")[2]) for entry in listed]

    def walk(self, folder: str) -> Iterator[Entry]:
        """Give the files in a folder and in those below it."""
        start = self._files(folder)[1].strip("/") + "/"
        for entry in self._listed(folder, deep=True):
            name = entry["name"].strip("/")
            if entry["type"] == "file" and name.startswith(start):
                yield entry_of(entry, name[len(start) :])

    def expire(self, key: str, before: float) -> bool:
        """Remove a file unless it was written since a time; one that is written between question and removal is lost."""
        found = self._info(key)
        if found is None or modified(found) >= before:
            return False
        files, path = self._files(key)
        with self._asking(f"delete {self.root}/{key}"):
            try:
                files.rm_file(path)
            except FileNotFoundError:
                return False
        return True

    # how it is done

    def filesystem(self) -> Any:
        """Return the fsspec file system that the URL is of."""
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
        # What is listed changes under our hands, and instances are not to be shared across a fork.
        options = {**self.options, **more, "use_listings_cache": False, "skip_instance_cache": True}
        return cls(**options)

    def _files(self, key: str) -> tuple[Any, str]:
        """Return the file system, opened anew in a forked process, and the path of a key."""
        process = os.getpid()
        if self._opened is None or self._opened[0] != process:
            with self._asking(f"open {self.root}"):
                self._opened = (process, RetryingFilesystem(self.filesystem(), self.root))
        files = self._opened[1]
        root = files._strip_protocol(self.root).rstrip("/")
        return files, f"{root}/{key}" if key else root

    def _listed(self, folder: str, *, deep: bool = False) -> list[dict[str, Any]]:
        """Return what is in a folder, or all files below it, less the folder itself; nothing where it is absent."""
        files, path = self._files(folder)
        with self._asking(f"list {self.root}/{folder}"):
            try:
                found = files.find(path, detail=True).values() if deep else files.ls(path, detail=True)
            except (FileNotFoundError, NotADirectoryError) as error:
                self._require_root(error)
                return []
        return [entry for entry in found if entry["name"].strip("/") != path.strip("/")]

    def _info(self, key: str) -> dict[str, Any] | None:
        files, path = self._files(key)
        try:
            with self._asking(f"look up {self.root}/{key}"):
                found: dict[str, Any] = files.info(path)
        except FileNotFoundError:
            return None
        return found if found.get("type") == "file" else None

    def _require_root(self, error: OSError) -> None:
        """Raise DatastoreError where not only a file is absent, but the bucket: a misspelt name is not an empty store."""
        if is_missing_bucket(error):
            raise DatastoreError(
                f"Datastore {self.root} does not exist: {error}.", fix="check that the bucket exists and is spelt so."
            ) from error

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        """Name what is written in errors; what is not found then is where it should go."""
        try:
            with self._asking(f"write {what}"):
                yield
        except FileNotFoundError as error:
            raise DatastoreError(
                f"Datastore {self.root} cannot be written to: {error}.", fix="check that the bucket exists and is spelt so."
            ) from error

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """Name what was asked for in errors, of which every storage has its own; asking again is `RetryingFilesystem`'s."""
        try:
            yield
        except (DatastoreError, MemoryError):
            raise
        except FileNotFoundError as error:
            self._require_root(error)
            raise
        except Exception as error:
            raise cannot(what, error) from error


def cannot(what: str, error: Exception) -> DatastoreError:
    """Return the error for what a storage refused, or could not do for as long as it was asked."""
    fix = "check the datastore's URL, the credentials in the environment and the connection."
    if isinstance(error, PermissionError):
        fix = "let these credentials list, read and write there (docs/datastore.md says what that takes), or use others."
    if passing := is_transient(error):
        fix = "check the connection and whether the storage is up, then resume the execution."
    found = DatastoreError(
        f"Cannot {what}{', however often it was asked' if passing else ''}: {type(error).__name__}: {error}", fix=fix
    )
    found.transient = passing
    return found


def is_empty(found: Any) -> bool:
    """Say whether this is how S3 answers who asks for the bytes of an empty file from the first on."""
    text = str(found).lower() if isinstance(found, OSError) else ""
    return "invalidrange" in text or ("range" in text and "not satisfiable" in text)


def is_missing_bucket(error: OSError) -> bool:
    """Say whether S3 said so; s3fs makes one error of it and of a file that is absent."""
    response = getattr(error.__cause__, "response", None)
    return isinstance(response, dict) and response.get("Error", {}).get("Code") == "NoSuchBucket"


def entry_of(found: dict[str, Any], name: str) -> Entry:
    """Return a file of a listing under a name."""
    return Entry(name, int(found.get("size") or 0), modified(found))


def has_time(found: dict[str, Any]) -> bool:
    """Say whether a storage tells when a file was written; each has a word of its own for it."""
    return any(name in found for name in TIMES)


def modified(found: dict[str, Any]) -> float:
    """Return when a file was written, in seconds since 1970; now where the storage doesn't tell."""
    value = next((found[name] for name in TIMES if found.get(name) is not None), None)
    if isinstance(value, str):
        from datetime import datetime

        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    if isinstance(value, (int, float)):
        return float(value)
    return time.time() if value is None else float(value.timestamp())
