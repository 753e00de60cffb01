"""Keep bytes in a folder of this machine, or of a volume that several machines mount."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from laminar.configurations.datastores.background_call import BackgroundCall
from laminar.configurations.datastores.byte_storage import Buffer, ByteStorage, Entry
from laminar.exceptions import DatastoreError

__all__ = ["LocalStorage"]

FIRST_READ = 1 << 16
"""Bytes that the first read requests: most files are smaller."""

SMALL_RANGE = 1 << 12
"""Bytes of a range that one call reads: a regular file returns fewer only at its end (read(2) of POSIX.1-2017)."""

OWN_MEMORY = 1 << 20
"""Bytes from which on a file is read into anonymous memory, which arrays can keep and write to without a copy."""

LARGE = 1 << 26
"""Bytes from which on a file is mapped instead of read, and written while its digest is computed."""

STALE = 86_400
"""Seconds after which a temporary file counts as abandoned: its writer was killed."""

RENAME_ATTEMPTS = 20
"""Attempts at a rename whose folder another process keeps removing as empty."""


class LocalStorage(ByteStorage):
    """Keep bytes in files of a folder; a write goes to a temporary file, which is then renamed.

    rename(2) replaces a file atomically (POSIX.1-2017, rename). Without ``durable`` the kernel decides when a file's bytes reach
    the disk: after a power failure a file may be empty or cut off, which its digest reveals.
    """

    overlap_bytes = LARGE

    def __init__(self, root: str | os.PathLike[str] = ".laminar", *, durable: bool = False) -> None:
        path = os.fspath(root) if isinstance(root, (str, os.PathLike)) else ""
        path = path.removeprefix("file://") if isinstance(path, str) else ""
        if not path or "\0" in path:
            raise DatastoreError("A Local datastore needs a folder.", fix="name one: Local('.laminar').")
        if not isinstance(durable, bool):
            raise DatastoreError(f"Local durable must be True or False, not a {type(durable).__name__}.", fix="write durable=True.")
        path = os.path.expanduser(path)
        super().__init__(os.path.abspath(path))
        self.relative = not os.path.isabs(path)
        self.durable = durable
        self._swept = False
        self._synced: set[str] = set()

    def at(self, url: str) -> LocalStorage:
        """Return a storage in another folder."""
        return type(self)(url, durable=self.durable)

    def get(self, key: str, start: int = 0, stop: int | None = None) -> Buffer:
        """Return the bytes of a file, or a range of them; a large one as memory that can be written to."""
        path = f"{self.root}/{key}"
        try:
            return content(os.open(path, os.O_RDONLY | os.O_CLOEXEC), start, stop)
        except OSError as error:
            raise unreadable(path, error) from error

    def get_if_present(self, key: str) -> Buffer | None:
        """Return the bytes of a file, None where there is none: most documents are looked for before they are written."""
        path = f"{self.root}/{key}"
        try:
            return content(os.open(path, os.O_RDONLY | os.O_CLOEXEC), 0, None)
        except FileNotFoundError:
            return None
        except OSError as error:
            if isinstance(found := unreadable(path, error), FileNotFoundError):
                return None
            raise found from error

    def put(self, key: str, chunks: Sequence[Buffer]) -> None:
        """Write a file: a temporary one first, which is then renamed."""
        with Temporary(self) as temporary:
            write_all(self._create(temporary), chunks, sync=self.durable)
            self._move(temporary, f"{self.root}/{key}")

    def put_overlapped(self, layout: Callable[[], tuple[str, Sequence[Buffer]]], known: Sequence[tuple[int, Buffer]]) -> None:
        """Write a large file whose key is not known yet, by a thread, while ``layout`` makes key and digests."""
        with Temporary(self) as temporary:
            handle = self._create(temporary)
            try:
                writing = BackgroundCall(partial(write_parts, handle, known))
                try:
                    key, chunks = layout()
                finally:
                    writing.result()
                offset, written = 0, {offset for offset, _ in known}
                for chunk in chunks:
                    if offset not in written:
                        write_at(handle, offset, chunk)
                    offset += len(chunk)
                if key and self.durable:
                    os.fsync(handle)
            finally:
                os.close(handle)
            if key:
                self._move(temporary, f"{self.root}/{key}")
            else:
                os.unlink(temporary)

    def names(self, folder: str) -> Iterable[str]:
        """Return the names of the files and folders in a folder."""
        try:
            with reading(f"{self.root}/{folder}"), os.scandir(f"{self.root}/{folder}") as entries:
                return [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]
        except FileNotFoundError:
            return []

    def exists(self, key: str) -> bool:
        """Return whether there is such a file."""
        return os.path.isfile(f"{self.root}/{key}")

    def delete(self, key: str) -> None:
        """Remove a file, or a folder with all in it, and the folders that are empty then."""
        self._synced.clear()  # a folder that is made again is a new entry
        try:
            delete_tree(f"{self.root}/{key}")
            folder = os.path.dirname(key)
            with suppress(OSError):  # not empty, or already gone
                while folder:
                    os.rmdir(f"{self.root}/{folder}")
                    folder = os.path.dirname(folder)
        except OSError as error:
            raise self._unwritable(error) from error

    def renew(self, key: str, size: int) -> bool:
        """Set the time of a file of this size to now; False where there is none, or another user owns it."""
        path = f"{self.root}/{key}"
        try:
            if os.stat(path).st_size != size:
                return False
            os.utime(path)
        except OSError:
            return False
        return True

    def entries(self, folder: str) -> Iterable[Entry]:
        """Return the files in a folder with their sizes and times."""
        found = []
        try:
            with reading(f"{self.root}/{folder}"), os.scandir(f"{self.root}/{folder}") as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        if entry.is_file():
                            stat = entry.stat()
                            found.append(Entry(entry.name, stat.st_size, stat.st_mtime))
        except FileNotFoundError:
            return []
        return found

    def expire(self, key: str, before: float) -> bool:
        """Remove a file unless it was written or renewed since a time, or is at this moment."""
        path, aside = f"{self.root}/{key}", f"{self.root}/tmp/{os.urandom(12).hex()}"
        try:
            if os.stat(path).st_mtime >= before:
                return False
            os.makedirs(os.path.dirname(aside), exist_ok=True)
            os.replace(path, aside)
            # A writer that comes later finds the file missing and writes it again; one that came before has renewed its time.
            if os.stat(aside).st_mtime >= before:
                os.replace(aside, path)
                return False
            os.unlink(aside)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._unwritable(error) from error
        return True

    # implementation

    def _create(self, path: str) -> int:
        """Open a new file, making the folders that are missing."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o666)
        except FileNotFoundError:
            self._make_root()
            os.makedirs(os.path.dirname(path), exist_ok=True)
            return os.open(path, flags, 0o666)

    def _make_root(self) -> None:
        """Make the root and keep it out of git; an existing folder is not changed."""
        os.makedirs(os.path.dirname(self.root), exist_ok=True)
        try:
            os.mkdir(self.root)
        except FileExistsError:
            return
        with open(f"{self.root}/.gitignore", "w", encoding="ascii") as file:
            file.write("*\n")

    def _move(self, temporary: str, path: str) -> None:
        """Rename a file, making missing folders, also where another process removes them as empty meanwhile."""
        for attempt in range(RENAME_ATTEMPTS + 1):
            try:
                os.replace(temporary, path)
                break
            except FileNotFoundError:
                if attempt == RENAME_ATTEMPTS:
                    raise
                with suppress(FileNotFoundError):
                    os.makedirs(os.path.dirname(path), exist_ok=True)
        if self.durable:
            self._sync(os.path.dirname(path))

    def _sync(self, folder: str) -> None:
        """Wait until the disk has a renamed file's entry, and once in a process those of the folders above it (fsync(2), Notes)."""
        sync_folder(folder)
        if folder not in self._synced:
            self._synced.add(folder)
            while len(folder) > len(self.root):
                folder = os.path.dirname(folder)
                sync_folder(folder)
            sync_folder(os.path.dirname(self.root))

    def _sweep(self) -> None:
        """Remove temporary files that were left when their writers were killed."""
        self._swept = True
        with suppress(OSError), os.scandir(f"{self.root}/tmp") as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < time.time() - STALE:
                        os.unlink(entry.path)

    def _unwritable(self, error: OSError) -> DatastoreError:
        if os.path.exists(self.root) and not os.path.isdir(self.root):
            return DatastoreError(f"Datastore {self.root} is a file, not a folder.", fix="name a folder, or remove the file.")
        return DatastoreError(
            f"Datastore {self.root} cannot be written to: {error.strerror or error}.",
            fix="check who may write there and how much room is left, or name another folder: Local('...').",
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_swept": False, "_synced": set()}


class Temporary:
    """A new temporary file of a storage, which is removed where writing it fails; no generator, as each split writes one."""

    __slots__ = ("path", "storage")

    def __init__(self, storage: LocalStorage) -> None:
        self.storage = storage
        self.path = f"{storage.root}/tmp/{os.urandom(12).hex()}"

    def __enter__(self) -> str:
        if not self.storage._swept:
            self.storage._sweep()
        return self.path

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        with suppress(OSError):
            os.unlink(self.path)
        if isinstance(error, OSError):
            raise self.storage._unwritable(error) from error


def unreadable(path: str, error: OSError) -> Exception:
    """Return the error for a file or a folder that cannot be read: FileNotFoundError where it is not there."""
    if isinstance(error, (FileNotFoundError, NotADirectoryError, IsADirectoryError)):
        return FileNotFoundError(path)
    return DatastoreError(
        f"{path} cannot be read: {error.strerror or error}.", fix="check who may read the datastore, and its disk."
    )


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Explain the errors of reading that are raised inside."""
    try:
        yield
    except OSError as error:
        raise unreadable(path, error) from error


def content(handle: int, start: int, stop: int | None) -> Buffer:
    """Return the content of an open file, or a range of it, and close it."""
    try:
        if stop is not None and stop - start < SMALL_RANGE:
            return os.pread(handle, max(0, stop - start), start)
        if start or stop is not None:
            size = os.fstat(handle).st_size
            os.lseek(handle, start, os.SEEK_SET)
            return read_exactly(handle, max(0, min(size, size if stop is None else stop) - start))
        first = os.read(handle, FIRST_READ)
        if len(first) < FIRST_READ:
            return first
        size = os.fstat(handle).st_size
        if size >= LARGE:
            return mapped(handle, size)
        os.lseek(handle, 0, os.SEEK_SET)
        return read_exactly(handle, size)
    finally:
        os.close(handle)


def read_exactly(handle: int, size: int) -> Buffer:
    """Return the next bytes of a file, fewer where it ends before."""
    view: memoryview
    if size < OWN_MEMORY:
        view = memoryview(bytearray(size))
    else:
        import mmap

        view = memoryview(mmap.mmap(-1, size))  # unlike a bytearray it isn't filled with zeros first
    got = 0
    while got < size:
        count = os.readv(handle, [view[got:]])
        if not count:
            break
        got += count
    return view[:got]


def mapped(handle: int, size: int) -> Buffer:
    """Return a file as memory that is loaded when it is accessed and can be changed, without changing the file.

    So a value may be larger than memory. Files of a store are replaced or removed, never changed, so mapped bytes stay.
    """
    import mmap

    return memoryview(mmap.mmap(handle, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE))


def write_all(handle: int, chunks: Sequence[Buffer], *, sync: bool) -> None:
    """Write chunks to a file and close it; small ones are joined. ``sync`` waits until the disk has them."""
    try:
        whole = [b"".join(chunks)] if sum(map(len, chunks)) < OWN_MEMORY else chunks
        for chunk in whole:
            view = memoryview(chunk)
            while len(view):
                view = view[os.write(handle, view) :]
        if sync:
            os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: str) -> None:
    """Wait until the disk has the entries of a folder."""
    with suppress(FileNotFoundError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_parts(handle: int, parts: Sequence[tuple[int, Buffer]]) -> None:
    """Write chunks at their offsets in a file."""
    for offset, part in parts:
        write_at(handle, offset, part)


def write_at(handle: int, offset: int, chunk: Buffer) -> None:
    """Write a chunk at an offset in a file."""
    view = memoryview(chunk)
    while len(view):
        count = os.pwrite(handle, view[: 1 << 30], offset)
        view, offset = view[count:], offset + count


def delete_tree(path: str) -> None:
    """Remove a file, or a folder with all in it; another process may be doing so as well."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except OSError:
        if not os.path.isdir(path) or os.path.islink(path):
            raise
    else:
        return
    with suppress(FileNotFoundError):
        with os.scandir(path) as entries:
            for entry in list(entries):
                delete_tree(entry.path)
        os.rmdir(path)
