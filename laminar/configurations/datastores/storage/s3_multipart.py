"""Send a large file to S3 in parts and fetch one in ranges: several at a time, each retried by itself, none twice in memory.

s3fs' own transfers are not used: they join a file in memory before they send it, and as a part fails they abort the upload and
start again (s3fs 2026.9, core.py: _pipe_file).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from laminar.configurations.datastores.byte_storage import Buffer
from laminar.configurations.datastores.storage.retrying_filesystem import RetryingFilesystem, retry

__all__ = ["LARGE", "PART", "allocate", "download", "upload"]

T = TypeVar("T")

LARGE = 1 << 26
"""Bytes from which on a file is sent in parts."""

PART = 8 << 20
"""Bytes of a part, unless that makes more parts than S3 allows."""

MAX_PARTS = 10_000
"""Parts that a file may have (Amazon S3 User Guide, "Amazon S3 multipart upload limits")."""

WORKERS = 8
"""Parts that are under way at the same time."""

ABORT_SECONDS = 5.0
"""Seconds for which the abort of a failed upload is retried."""

MEMORY_FRACTION = 4
"""A file larger than memory divided by this is kept in a temporary file."""

LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Files in which Linux states how much memory a container may use (cgroup v2, v1)."""


def upload(files: RetryingFilesystem, path: str, chunks: Sequence[Buffer]) -> None:
    """Write a file of several parts, which others see when all of them are there.

    An upload that fails or is interrupted leaves no parts there, unless the storage is out of reach.
    """
    bucket, key, _ = files.split_path(path)
    place = {"Bucket": bucket, "Key": key}
    size = sum(map(len, chunks))
    part = max(PART, -(-size // MAX_PARTS))
    place["UploadId"] = files.call_s3("create_multipart_upload", **place)["UploadId"]

    def send(number: int) -> dict[str, Any]:
        data = byte_range(chunks, number * part, (number + 1) * part)
        answer = files.call_s3("upload_part", **place, PartNumber=number + 1, Body=data)
        return {"PartNumber": number + 1, "ETag": answer["ETag"]}

    with abort_on_error(files, place):
        parts = map_in_threads(send, -(-size // part))
        try:
            files.call_s3("complete_multipart_upload", **place, MultipartUpload={"Parts": parts})
        except FileNotFoundError:
            # The response to an earlier attempt was lost: the upload is complete, and S3 reports NoSuchUpload for it.
            if files.info(path).get("size") != size:
                raise


@contextmanager
def abort_on_error(files: RetryingFilesystem, place: dict[str, str]) -> Iterator[None]:
    """Abort an upload that fails: S3 keeps its parts, and charges for them, until then (API reference, CreateMultipartUpload)."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            retry(lambda: files.files.call_s3("abort_multipart_upload", **place), files.url, ABORT_SECONDS)
        raise


def byte_range(chunks: Sequence[Buffer], start: int, stop: int) -> bytes:
    """Return the bytes of a range of the concatenated chunks.

    >>> byte_range([b"abc", b"", b"defg"], 2, 5), byte_range([b"abc"], 2, 9)
    (b'cde', b'c')
    """
    found: list[Buffer] = []
    for chunk in chunks:
        if stop > 0 and start < len(chunk):
            found.append(memoryview(chunk)[max(0, start) : stop])
        start, stop = start - len(chunk), stop - len(chunk)
    return b"".join(found)


def download(files: RetryingFilesystem, path: str, first: Buffer, size: int) -> memoryview:
    """Return a file of this size, of which the first bytes are known, as writable memory."""
    whole, known = allocate(size), len(first)
    whole[:known] = first

    def fetch(number: int) -> None:
        start = known + number * PART
        stop = min(start + PART, size)
        whole[start:stop] = retry(lambda: read_range(files.files, path, start, stop), files.url)

    map_in_threads(fetch, -(-(size - known) // PART))
    return whole


def read_range(files: Any, path: str, start: int, stop: int) -> bytes:
    """Return the bytes of a range of a file.

    Raises ConnectionError where there are fewer.
    """
    data: bytes = files.cat_file(path, start=start, end=stop)
    if len(data) != stop - start:
        raise ConnectionError(f"{path} ended after {len(data)} of {stop - start} bytes")
    return data


def map_in_threads(function: Callable[[int], T], count: int) -> list[T]:
    """Return the results of a function for each number below ``count``, called by several threads; an error starts no more."""
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
        except BaseException as error:  # an interrupt reaches this thread only
            failed.append(error)
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def allocate(size: int) -> memoryview:
    """Return memory for a number of bytes: anonymous, or mapped from an unnamed temporary file where they need much of it."""
    import mmap
    import tempfile

    if size > memory() // MEMORY_FRACTION:
        with suppress(OSError), tempfile.TemporaryFile() as file:  # where the disk has no room, memory may have some
            os.truncate(file.fileno(), size)
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk raises here
            return memoryview(mmap.mmap(file.fileno(), size))
    return memoryview(mmap.mmap(-1, size))


def memory() -> int:
    """Return how many bytes of memory this machine or container has."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for path in LIMITS:
        with suppress(OSError), open(path, encoding="ascii") as file:
            text = file.read().strip()
            found += [int(text)] if text.isdecimal() else []
    return min(found)
