"""Test which requests are retried, and for how long."""

from __future__ import annotations

import errno

import aiohttp
import pytest
from botocore import exceptions as boto
from fsspec.exceptions import FSTimeoutError
from s3fs.errors import translate_boto_error

from laminar.configurations.datastores.storage import retrying_filesystem
from laminar.configurations.datastores.storage.retrying_filesystem import RetryingFilesystem, is_transient, retry


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
