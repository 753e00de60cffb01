"""Send a large file to S3 in parts, and fetch one in ranges: some at a time, each tried again by itself, none twice in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from laminar.configurations.datastores.storage.retrying_filesystem import RetryingFilesystem, retry

if TYPE_CHECKING:
    from laminar.configurations.datastores.values.file_format import Buffer

__all__ = ["LARGE", "PART", "download", "room", "upload"]

T = TypeVar("T")

LARGE = 1 << 26
"""Bytes from which on a file is sent in parts."""

PART = 8 << 20
"""Bytes of a part, where that makes no more of them than S3 takes."""

MOST = 10_000
"""Parts that a file may have."""

WORKERS = 8
"""Parts that are under way together."""

ABORTING = 5.0
"""Seconds for which an upload that failed is asked to be forgotten."""

SHARE = 4
"""What is larger than this part of the memory is kept in a temporary file."""

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux tells how much memory a container may take."""


def upload(files: RetryingFilesystem, path: str, chunks: Sequence[Buffer]) -> None:
    """Write a file of several parts, which is seen when all of them are there.

    What fails, or is interrupted, leaves no parts behind, unless the storage can't be told so.
    """
    bucket, key, _ = files.split_path(path)
    place = {"Bucket": bucket, "Key": key}
    size = sum(map(len, chunks))
    part = max(PART, -(-size // MOST))
    place["UploadId"] = files.call_s3("create_multipart_upload", **place)["UploadId"]

    def send(number: int) -> dict[str, Any]:
        data = joined(chunks, number * part, (number + 1) * part)
        answer = files.call_s3("upload_part", **place, PartNumber=number + 1, Body=data)
        return {"PartNumber": number + 1, "ETag": answer["ETag"]}

    with aborted(files, place):
        parts = some_at_a_time(send, -(-size // part))
        try:
            files.call_s3("complete_multipart_upload", **place, MultipartUpload={"Parts": parts})
        except FileNotFoundError:
            # The answer to the question before this one was lost: the upload is done, and so forgotten.
            if files.info(path).get("size") != size:
                raise


@contextmanager
def aborted(files: RetryingFilesystem, place: dict[str, str]) -> Iterator[None]:
    """Let the storage forget an upload where it fails: its parts would be kept, and paid for, for ever."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            retry(lambda: files.files.call_s3("abort_multipart_upload", **place), files.url, ABORTING)
        raise


def joined(chunks: Sequence[Buffer], start: int, stop: int) -> bytes:
    """Return the bytes of a range of what chunks are together.

    >>> joined([b"abc", b"", b"defg"], 2, 5), joined([b"abc"], 2, 9)
    (b'cde', b'c')
    """
    found: list[Buffer] = []
    for chunk in chunks:
        if stop > 0 and start < len(chunk):
            found.append(memoryview(chunk)[max(0, start) : stop])
        start, stop = start - len(chunk), stop - len(chunk)
    return b"".join(found)


def download(files: RetryingFilesystem, path: str, first: Buffer, size: int) -> memoryview:
    """Return a file of this size, of which the first bytes are known, as memory that can be written to."""
    whole, known = room(size), len(first)
    whole[:known] = first

    def fetch(number: int) -> None:
        start = known + number * PART
        stop = min(start + PART, size)
        whole[start:stop] = retry(lambda: exactly(files.files, path, start, stop), files.url)

    some_at_a_time(fetch, -(-(size - known) // PART))
    return whole


def exactly(files: Any, path: str, start: int, stop: int) -> bytes:
    """Return the bytes of a range of a file.

    Raises ConnectionError where there are fewer.
    """
    data: bytes = files.cat_file(path, start=start, end=stop)
    if len(data) != stop - start:
        raise ConnectionError(f"{path} ended after {len(data)} of {stop - start} bytes")
    return data


def some_at_a_time(function: Callable[[int], T], count: int) -> list[T]:
    """Return what a function returns for each number below ``count``, called by some threads; after an error no more begin."""
    from concurrent.futures import ThreadPoolExecutor

    failed: list[BaseException] = []

    def call(number: int) -> T:
        if failed:
            raise failed[0]
        try:
            return function(number)
        except BaseException as error:
            failed.append(error)
            raise

    with ThreadPoolExecutor(max(1, min(WORKERS, count)), thread_name_prefix="laminar-part") as pool:
        try:
            return list(pool.map(call, range(count)))
        except BaseException as error:  # an interrupt comes to this thread alone
            failed.append(error)
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def room(size: int) -> memoryview:
    """Return room for so many bytes: memory, or a temporary file without a name where they are much of it, or more."""
    import mmap
    import tempfile

    if size > memory() // SHARE:
        with suppress(OSError), tempfile.TemporaryFile() as file:  # where it has no room there, memory may have some
            os.truncate(file.fileno(), size)
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a disk that is full says so now
            return memoryview(mmap.mmap(file.fileno(), size))
    return memoryview(mmap.mmap(-1, size))


def memory() -> int:
    """Return how many bytes of memory there are for this machine or container."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in LIMITS:
        with suppress(OSError), open(path, encoding="ascii") as file:
            text = file.read().strip()
            found += [int(text)] if text.isdecimal() else []
    return min(found)
