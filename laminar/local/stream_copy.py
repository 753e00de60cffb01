"""Copy what this process writes to its standard streams into the log of the split that it runs.

The streams stay what they are, so `input` and a debugger keep the terminal, and a handler of `logging` that was made earlier is
copied too. What does not pass Python's streams is not copied: the output of child processes and of C code, what a person types,
and the prompts that readline writes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["copied"]

Sink = Callable[[str, bytes], None]


@contextmanager
def copied(sink: Sink | None) -> Iterator[None]:
    """Call ``sink`` with the stream's name and the bytes of each write meanwhile; None copies nothing."""
    if sink is None:
        yield
        return
    undo = [_copy(name, getattr(sys, name), sink) for name in ("stdout", "stderr")]
    try:
        yield
    finally:
        for restore in undo:
            restore()


def _copy(name: str, stream: Any, sink: Sink) -> Callable[[], None]:
    """Replace the method that writes, on the stream's buffer if it has one; return the function that puts it back.

    A text stream hands all that it writes to the ``write`` of its buffer: Python's io, TextIOWrapper, 3.10 to 3.13.
    """
    target = getattr(stream, "buffer", None) or stream
    write = getattr(target, "write", None)
    if write is None:  # standard output is None without a console
        return lambda: None

    def copy(data: Any) -> Any:
        written = write(data)
        sink(name, data.encode(errors="backslashreplace") if isinstance(data, str) else bytes(data))
        return written

    _flush(stream)
    try:
        target.write = copy
    except AttributeError:  # an object with fixed attributes is not changed
        return lambda: None

    def restore() -> None:
        _flush(stream)
        if vars(target).get("write") is copy:
            del target.write

    return restore


def _flush(stream: Any) -> None:
    with suppress(AttributeError, OSError, ValueError):  # a closed stream, or a closed pipe
        stream.flush()
