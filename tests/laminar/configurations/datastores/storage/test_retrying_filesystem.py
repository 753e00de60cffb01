"""Test which requests are retried, and for how long."""

from __future__ import annotations

import contextlib
import errno
from typing import Any

import aiohttp
import pytest
from botocore import exceptions as boto
from fsspec.exceptions import FSTimeoutError
from s3fs.errors import translate_boto_error

from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.datastores.storage.retrying_filesystem import RetryingFilesystem, hurried, is_transient, retry


def answered(code: str, status: int) -> BaseException:
    """Return the exception of s3fs for a response."""
    response = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error: BaseException = translate_boto_error(boto.ClientError(response, "GetObject"))
    return error


class Refused(Exception):
    """Stand for an error of another client."""

    def __init__(self, status: int) -> None:
        self.status = status


PASSING = [
    answered("InternalError", 500),
    answered("SlowDown", 503),
    answered("503", 503),
    answered("502", 502),
    answered("NeverHeardOf", 500),
    answered("RequestTimeout", 400),
    answered("TooManyRequests", 429),
    answered("OperationAborted", 409),
    boto.EndpointConnectionError(endpoint_url="http://x"),
    boto.ConnectionClosedError(endpoint_url="http://x"),
    boto.ReadTimeoutError(endpoint_url="http://x"),
    boto.ConnectTimeoutError(endpoint_url="http://x"),
    boto.ResponseStreamingError(error="ended"),
    boto.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    aiohttp.ClientPayloadError("ended"),
    aiohttp.ServerDisconnectedError(),
    FSTimeoutError(),
    TimeoutError(),
    ConnectionResetError(),
    OSError(errno.EIO, "broken"),
    Refused(500),
    Refused(429),
]

LASTING = [
    answered("AccessDenied", 403),
    answered("403", 403),
    answered("SignatureDoesNotMatch", 403),
    answered("InvalidAccessKeyId", 403),
    answered("NoSuchKey", 404),
    answered("NoSuchBucket", 404),
    answered("NotImplemented", 501),
    answered("InvalidRange", 416),
    answered("NeverHeardOf", 400),
    boto.NoCredentialsError(),
    boto.SSLError(endpoint_url="http://x", error="a certificate"),
    FileNotFoundError("x"),
    PermissionError("x"),
    OSError(errno.ENOSPC, "full"),
    ValueError("x"),
    Refused(403),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_passes_is_asked_for_again(error: BaseException) -> None:
    assert is_transient(error)


@pytest.mark.parametrize("error", LASTING, ids=repr)
def test_what_no_waiting_mends_is_not_asked_for_again(error: BaseException) -> None:
    assert not is_transient(error)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Advance the clock by pauses only, and return them."""
    taken: list[float] = []
    monkeypatch.setattr(retrying_filesystem.time, "monotonic", lambda: sum(taken))
    monkeypatch.setattr(retrying_filesystem.time, "sleep", taken.append)
    monkeypatch.setattr(retrying_filesystem, "_reported", set())
    monkeypatch.setattr(retrying_filesystem, "_away", {})
    return taken


def test_it_is_asked_for_a_minute_with_pauses_that_grow(pauses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    def ask() -> None:
        raise ConnectionResetError("broken")

    for _ in range(2):
        before = sum(pauses)
        with pytest.raises(ConnectionResetError):
            retry(ask, "s3://bucket/some/prefix")
        assert 50 < sum(pauses) - before <= 60
    assert pauses[0] <= 0.1
    assert 4 <= max(pauses) <= 8
    said = "laminar: s3://bucket does not answer (ConnectionResetError); trying again\n"
    assert capsys.readouterr().err == said, "once in a process"


class Storage:
    """Answer or fail, and count the requests; each takes ``seconds``."""

    def __init__(self, pauses: list[float]) -> None:
        self.pauses, self.up, self.seconds, self.requests = pauses, False, 0.0, 0

    def ask(self) -> str:
        self.requests += 1
        self.pauses.append(self.seconds)
        if not self.up:
            raise ConnectionRefusedError("down")
        return "done"

    def requested(self, url: str = "s3://bucket/a", **options: Any) -> tuple[int, float]:
        """Return how many hurried requests were made for one, and how long they took."""
        requests, before = self.requests, sum(self.pauses)
        with contextlib.suppress(ConnectionError), hurried(**options):
            retry(self.ask, url)
        return self.requests - requests, sum(self.pauses) - before


def test_a_hurried_request_gives_up_within_seconds_and_is_made_once_until_one_succeeds(pauses: list[float]) -> None:
    storage = Storage(pauses)
    requests, seconds = storage.requested()
    assert requests > 2
    assert 1 < seconds <= retrying_filesystem.HURRIED
    assert [storage.requested(url) for url in ("s3://bucket/a", "s3://bucket/b")] == [(1, 0.0), (1, 0.0)]
    assert storage.requested("s3://other")[0] > 2
    storage.up = True
    assert storage.requested() == (1, 0.0)
    storage.up = False
    assert storage.requested()[0] > 2


def test_a_request_in_no_hurry_is_retried_for_a_minute_during_an_outage_and_its_failure_hurries_others(pauses: list[float]) -> None:
    storage = Storage(pauses)
    for _ in range(2):
        before = sum(pauses)
        with pytest.raises(ConnectionRefusedError):
            retry(storage.ask, "s3://bucket")
        assert sum(pauses) - before > 50
        assert storage.requested() == (1, 0.0)


def test_after_a_hurried_request_without_response_the_next_ones_are_not_made_for_some_time(pauses: list[float]) -> None:
    storage = Storage(pauses)
    storage.seconds = 15.0
    assert storage.requested() == (1, 15.0)
    assert storage.requested() == (0, 0.0)
    with pytest.raises(ConnectionError, match="s3://bucket did not answer: ConnectionRefusedError: down"), hurried():
        retry(storage.ask, "s3://bucket")
    assert storage.requested(rested=True) == (1, 15.0)
    pauses.append(15.0 * retrying_filesystem.REST + 1)
    assert storage.requested() == (1, 15.0)
    pauses.append(15.0 * retrying_filesystem.REST + 1)
    storage.up = True
    assert [storage.requested(), storage.requested()] == [(1, 15.0), (1, 15.0)]


def test_a_rejected_request_shows_that_the_storage_is_back(pauses: list[float]) -> None:
    storage = Storage(pauses)
    storage.requested()
    with pytest.raises(PermissionError):
        retry(lambda: exec("raise PermissionError"), "s3://bucket")
    assert storage.requested()[0] > 2


def test_a_hiccup_is_not_worth_a_word(pauses: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter([*"xxxxx", ""])

    def ask() -> str:
        if next(answers):
            raise TimeoutError
        return "done"

    assert retry(ask, "s3://bucket") == "done"
    assert (len(pauses), capsys.readouterr().err) == (5, "")


def test_what_took_long_before_it_failed_is_asked_for_once_more(pauses: list[float]) -> None:
    answers = iter(["fail", "done"])

    def ask() -> str:
        pauses.append(100.0)
        if next(answers) == "fail":
            raise TimeoutError
        return "done"

    assert retry(ask, "s3://bucket") == "done"


class Half:
    """Fail to read and to write every second file that is asked for, and all of them while ``down`` lasts."""

    async_impl = False

    def __init__(self, down: int = 0) -> None:
        self.asked: list[int] = []
        self.written: dict[str, bytes] = {}
        self.down = down

    def cat_ranges(self, paths: list[str], starts: list[int], ends: list[int], on_error: str) -> list[object]:
        self.asked.append(len(paths))
        self.down -= 1
        return [TimeoutError() if self.down >= 0 or number % 2 else path for number, path in enumerate(paths)]

    def pipe_file(self, path: str, data: bytes) -> None:
        self.asked.append(len(self.written))
        if len(self.asked) % 2:
            raise TimeoutError
        self.written[path] = data


def test_of_many_files_only_those_that_failed_are_asked_for_again(pauses: list[float]) -> None:
    half = Half()
    paths = [str(number) for number in range(100)]
    assert RetryingFilesystem(half, "s3://x").cat_ranges(paths, 0, None) == paths
    assert half.asked == [64, 36, 50, 25, 12, 6, 3, 1]


def test_of_many_files_few_are_asked_for_while_nothing_answers(pauses: list[float]) -> None:
    half = Half(down=3)
    paths = [str(number) for number in range(1000)]
    assert RetryingFilesystem(half, "s3://x").cat_ranges(paths, 0, None) == paths
    assert half.asked[:5] == [64, 64, 64, 64, 936]


def test_of_many_files_only_those_that_failed_are_written_again(pauses: list[float]) -> None:
    half = Half()
    contents = {str(number): b"x" for number in range(10)}
    RetryingFilesystem(half, "s3://x").pipe(dict(contents))
    assert half.written == contents
    assert len(half.asked) == 20
