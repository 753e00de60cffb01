"""Retry requests to a storage over a network, for about a minute, where they fail for a transient cause.

This is one loop for all requests. Those of botocore and s3fs are switched off: they give up after three and five attempts within
seconds, and multiply (botocore 1.43, retries/standard.py: DEFAULT_MAX_ATTEMPTS; s3fs 2026.9, core.py: retries). Of many files
only the failed ones are retried, and an outage of a minute does not fail a layer.

Requests that matter less than the run, those of its history, are made within `hurried`: they give up within seconds, and are
not repeated while the storage is known to be away.
"""

from __future__ import annotations

import errno
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from laminar.configurations.datastores.byte_storage import Buffer

__all__ = ["RetryingFilesystem", "hurried", "is_transient", "retry"]

JITTER = random.SystemRandom()
"""Generator of pauses: the program may have seeded the generator of the module random."""

T = TypeVar("T")

SECONDS = 60.0
"""Seconds for which a request is retried; one that is under way then ends by its own timeout."""

HURRIED = 3.0
"""Seconds for which a request within `hurried` is retried."""

LONG, REST = 1.0, 4.0
"""Seconds from which a request that failed has taken long, and the time without hurried requests after it, as a multiple of its
own: those that are refused cost nothing, those without response their timeout, which blocks the scheduler a fifth of the time."""

NOTICE = 10.0
"""Seconds after which a line on stderr reports the waiting."""

PAUSE, LONGEST_PAUSE = 0.1, 8.0
"""Seconds before the second attempt, doubled before each later one, up to the longest."""

FIRST = 64
"""Number of files requested first: where none succeeds, requests for the others would only wait for their timeouts."""

CODES = frozenset(
    {
        *("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "BandwidthLimitExceeded", "TooManyRequests"),
        *("InternalError", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException", "OperationAborted"),
        *("IncompleteBody", "XAmzContentSHA256Mismatch"),
    }
)
"""S3's error codes of transient causes, for any HTTP status (Amazon S3 API reference, "Error responses"; botocore 1.43,
retries/standard.py)."""

NAMES = frozenset(
    {
        *("ConnectionError", "TimeoutError", "FSTimeoutError", "IncompleteRead", "IncompleteReadError"),  # Python, fsspec, urllib3
        *("HTTPClientError", "ResponseStreamingError", "ResponseParserError", "FlexibleChecksumError"),  # botocore
        *("ClientPayloadError", "ClientConnectionError"),  # aiohttp
        *("ServiceRequestError", "ServiceResponseError", "TransportError"),  # Azure, Google
    }
)
"""Classes, with their subclasses, of connections that broke, timed out, or ended within a response."""

NEVER = frozenset({"SSLError", "ClientSSLError", "InvalidProxiesConfigError"})
"""Subclasses of these whose cause is permanent."""

NUMBERS = frozenset(
    {errno.EIO, errno.EBUSY, errno.EPIPE, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNREFUSED, errno.ECONNABORTED}
    | {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, getattr(errno, "EREMOTEIO", errno.EIO)}
)
"""Numbers of an OSError with a transient cause, where nothing more is known."""

STATUSES = ("status_code", "status", "code")
"""Attributes in which clients other than boto keep the HTTP status."""

_reported: set[int] = set()
"""Processes that have reported that they wait."""

_away: dict[str, tuple[float, str]] = {}
"""Places whose last request failed, with the time from which hurried requests are made again, and the error as text."""

_limit: ContextVar[float | None] = ContextVar("_limit", default=None)
"""Seconds for which hurried requests are retried, None outside of `hurried`. A thread that is started within it has none."""


@contextmanager
def hurried(seconds: float | None = None, *, rested: bool = False) -> Iterator[None]:
    """Within it requests are retried for a few seconds only, and not at all where the last one to the same place failed.

    ``seconds`` replaces the limit. After a failed request that took long the next ones fail without being made, for some
    time; with ``rested`` they are made.
    """
    if rested:
        _away.update({place: (0.0, text) for place, (_, text) in list(_away.items())})
    token = _limit.set(HURRIED if seconds is None else seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def is_transient(error: BaseException) -> bool:
    """Return whether a later attempt may succeed: after an error of the server, throttling, a broken connection.

    >>> [is_transient(error) for error in (TimeoutError(), PermissionError(), OSError(errno.EIO, ""), ValueError())]
    [True, False, True, False]
    """
    errors = [found for found in (error, error.__cause__) if found is not None]
    for found in errors:
        answer = getattr(found, "response", None)
        if isinstance(answer, dict) and "Error" in answer:
            return is_transient_answer(answer)
    for found in errors:  # the class first: aiohttp's connection errors have an errno that no server sent
        names = {base.__name__ for base in type(found).__mro__}
        if names & (NAMES | NEVER):
            return not names & NEVER
        status = next((value for name in STATUSES if isinstance(value := getattr(found, name, None), int) and value >= 400), None)
        if status is not None:
            return is_transient_status(status)
    return isinstance(error, OSError) and error.errno in NUMBERS


def is_transient_answer(answer: dict[str, Any]) -> bool:
    """Return whether an error response of S3, as botocore keeps it in ClientError.response, has a transient cause."""
    code = str(answer["Error"].get("Code", ""))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or (int(code) if code.isdecimal() else 0)
    return code in CODES or is_transient_status(status)


def is_transient_status(status: int) -> bool:
    """Return whether an HTTP status has a transient cause.

    >>> [status for status in (403, 404, 408, 429, 500, 501, 503) if is_transient_status(status)]
    [408, 429, 500, 503]
    """
    return status in (408, 429) or (status >= 500 and status != 501)


def retry(request: Callable[[], T], url: str, seconds: float | None = None) -> T:
    """Return the result of an idempotent function, calling it again for some seconds where it fails for a transient cause.

    It is called at least twice, as the first call may have taken long, except within `hurried`.
    """
    started, tries, place = time.monotonic(), 0, place_of(url)
    longest, least = limits(place, SECONDS if seconds is None else seconds, started)
    while True:
        began = time.monotonic()
        try:
            found = request()
        except Exception as error:
            if not is_transient(error):
                _away.pop(place, None)
                raise
            pause = min(LONGEST_PAUSE, PAUSE * 2 ** min(tries, 10)) * JITTER.uniform(0.5, 1.0)
            tries += 1
            moment = time.monotonic()
            if tries >= least and moment - started + pause > longest:
                took = moment - began
                _away[place] = (moment + (REST * took if took > LONG else 0.0), f"{type(error).__name__}: {error}")
                raise
            if moment - started >= NOTICE:
                report_waiting(place, error)
        else:
            _away.pop(place, None)
            return found
        time.sleep(pause)


def limits(place: str, seconds: float, moment: float) -> tuple[float, int]:
    """Return for how many seconds a request is retried, and how often it is made at least.

    Raises ConnectionError within `hurried`, where the last request to the place failed after a long time.
    """
    limit = _limit.get()
    if limit is None:
        return seconds, 2
    if place not in _away:
        return min(limit, seconds), 1
    until, text = _away[place]
    if moment < until:
        raise ConnectionError(f"{place} did not answer: {text}")
    return 0.0, 1


def place_of(url: str) -> str:
    """Return the bucket, or the server, of a URL.

    >>> place_of("s3://bucket/some/prefix")
    's3://bucket'
    """
    kind, _, rest = url.partition("://")
    return f"{kind}://{rest.partition('/')[0]}"


def report_waiting(place: str, error: Exception) -> None:
    """Print, once in a process, the cause of the delay."""
    if os.getpid() not in _reported:
        _reported.add(os.getpid())
        print(f"laminar: {place} does not answer ({type(error).__name__}); trying again", file=sys.stderr, flush=True)


class RetryingFilesystem:
    """Wrap an fsspec file system and retry its operations; of many files only those that failed.

    ``url`` names the store. The operations that are used are idempotent: they read, write whole files, or remove.
    """

    def __init__(self, files: Any, url: str) -> None:
        self.files = files
        self.url = url

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the file system; a public function is retried where it fails."""
        found = getattr(self.files, name)
        if name.startswith("_") or not callable(found):
            return found
        return lambda *args, **options: retry(lambda: found(*args, **options), self.url)

    def cat_ranges(self, paths: Sequence[str], start: int | None, end: int | None) -> list[Any]:
        """Return the bytes of a range of each file, or the exception in their place."""
        found: list[Any] = [None] * len(paths)
        left = list(range(len(paths)))

        def request() -> None:
            for some in (left[:FIRST], left[FIRST:]):
                wanted = [paths[number] for number in some]
                answers = self.files.cat_ranges(wanted, [start] * len(some), [end] * len(some), on_error="return") if some else []
                for number, answer in zip(some, answers, strict=True):
                    found[number] = answer
                failed = [number for number in some if is_failed(found[number])]
                if failed and len(failed) == len(some):
                    break  # the others are still to be requested
            left[:] = [number for number in left if found[number] is None or is_failed(found[number])]
            if left:
                raise found[left[0]]

        try:
            retry(request, self.url)
        except Exception as error:
            return [error if answer is None else answer for answer in found]
        return found

    def pipe(self, contents: dict[str, Buffer]) -> None:
        """Write files, all at the same time."""
        left = dict(contents)

        def request() -> None:
            failed: list[BaseException] = []
            for some in (list(left)[:FIRST], list(left)[FIRST:]):
                answers = write_each(self.files, {path: left[path] for path in some})
                for path, answer in answers.items():
                    if answer is None:
                        del left[path]
                    else:
                        failed.append(answer)
                if failed and len(failed) == len(some):
                    break
            if failed:
                raise next((error for error in failed if not is_transient(error)), failed[0])

        retry(request, self.url)


def is_failed(answer: Any) -> bool:
    """Return whether an answer is an exception with a transient cause."""
    return isinstance(answer, BaseException) and is_transient(answer)


def write_each(files: Any, contents: dict[str, Buffer]) -> dict[str, BaseException | None]:
    """Write files at the same time where the file system can, and return the exception of each that failed."""
    if not files.async_impl:
        return {path: written(files, path, data) for path, data in contents.items()}
    import asyncio

    from fsspec.asyn import sync

    async def write_all() -> list[Any]:
        each = (files._pipe_file(path, data) for path, data in contents.items())
        return await asyncio.gather(*each, return_exceptions=True)

    answers = sync(files.loop, write_all) if contents else []
    errors = (answer if isinstance(answer, BaseException) else None for answer in answers)
    return dict(zip(contents, errors, strict=True))


def written(files: Any, path: str, data: Buffer) -> BaseException | None:
    """Write a file and return the exception where that fails."""
    try:
        files.pipe_file(path, data)
    except Exception as error:
        return error
    return None
