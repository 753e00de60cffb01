"""Redirect the output of a program that is recorded away from standard output."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["aside"]


@contextmanager
def aside(*, keep: bool) -> Iterator[None]:
    """Redirect output inside to standard error.

    ``keep`` means that this process runs layers of the program afterwards: then descriptor 1 leads to standard error meanwhile,
    and the program's own streams, which its logging and default arguments hold, print the layers' output later. Else the program
    gets another stream, which stays open, and the streams of this process are restored in any case.
    """
    if keep and _is_connected(sys.stdout):
        with _redirected():
            yield
        return
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdout = _own_stream(sys.stderr)
    try:
        yield
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def _is_connected(stream: Any) -> bool:
    try:
        return bool(stream.fileno() == 1)
    except (OSError, ValueError, AttributeError):
        return False


@contextmanager
def _redirected() -> Iterator[None]:
    """Point descriptor 1 at standard error; buffered output of before and of inside is flushed to its own target."""
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # the program may have replaced it by any object
            sys.stdout.flush()
        with contextlib.suppress(Exception):
            sys.__stdout__.flush()  # type: ignore[union-attr]
        os.dup2(saved, 1)
        os.close(saved)


_streams: list[Any] = []
"""Streams that recorded programs were given: a logging handler may hold one until this process ends."""


def _own_stream(errors: Any) -> Any:
    """Return a new stream to the target of standard error; standard error itself where that has no descriptor."""
    try:
        descriptor = os.dup(errors.fileno())
    except (OSError, ValueError, AttributeError):
        return errors
    file = io.FileIO(descriptor, "w")
    stream = io.TextIOWrapper(file, errors.encoding or "utf-8", "backslashreplace", line_buffering=True, write_through=True)
    _streams.append(stream)
    return stream
