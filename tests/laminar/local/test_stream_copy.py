"""What a process writes to its standard streams is copied, and the streams are as before afterwards."""

from __future__ import annotations

import io
import logging
import sys

from laminar.local.stream_copy import copied


def streams(monkeypatch) -> tuple[io.BytesIO, io.BytesIO]:
    """Replace the standard streams by those of a process without a terminal, and return where they write."""
    below = (io.BytesIO(), io.BytesIO())
    for name, buffer in zip(("stdout", "stderr"), below, strict=True):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(buffer, encoding="utf-8"))
    return below


def test_text_bytes_and_an_earlier_handler_are_copied_and_shown(monkeypatch):
    out, err = streams(monkeypatch)
    handler = logging.StreamHandler(sys.stderr)
    kept: list[tuple[str, bytes]] = []
    print("before")
    with copied(lambda name, data: kept.append((name, data))):
        print("né")
        sys.stdout.flush()
        sys.stdout.buffer.write(b"\xff\n")
        handler.emit(logging.LogRecord("x", logging.INFO, "f", 1, "logged", None, None))
        print("no end", end="", file=sys.stderr)
    print("after")
    sys.stdout.flush()
    assert b"".join(data for name, data in kept if name == "stdout") == b"n\xc3\xa9\n\xff\n"
    assert b"".join(data for name, data in kept if name == "stderr") == b"logged\nno end"
    assert out.getvalue() == b"before\nn\xc3\xa9\n\xff\nafter\n"
    assert err.getvalue() == b"logged\nno end"


def test_a_stream_of_text_alone_is_copied(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    kept: list[bytes] = []
    with copied(lambda name, data: kept.append(data)):
        print("x")
    print("y")
    assert b"".join(kept) == b"x\n"
    assert sys.stdout.getvalue() == "x\ny\n"


def test_an_absent_stream_and_no_log_are_no_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with copied(lambda name, data: None), copied(None):
        print("x")
