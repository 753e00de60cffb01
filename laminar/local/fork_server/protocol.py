"""Carry messages between a run and its fork server: JSON lines over a socket; failures travel with their exceptions."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any

from laminar.worker.split import SplitFailed

__all__ = ["Lines", "decode_failure", "encode", "encode_failure"]


def encode(message: dict[str, Any]) -> bytes:
    """Return a message as one line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


class Lines:
    """Cut a stream of bytes into messages."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Return the messages that are complete with these bytes."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [json.loads(line) for line in lines]


def encode_failure(failed: SplitFailed) -> dict[str, Any]:
    """Return a failure as JSON values; its cause goes along where it can be pickled."""
    try:
        pickled = pickle.dumps(failed.__cause__)
        pickle.loads(pickled)
        cause: bytes | None = pickled
    except Exception:  # any exception class may fail to pickle in any way; the text of the traceback goes anyway
        cause = None
    plain = SplitFailed.__new__(SplitFailed, *failed.args)
    plain.args = failed.args
    plain.__dict__.update(failed.__dict__)
    return {
        "error": base64.b64encode(pickle.dumps(plain)).decode(),
        "cause": base64.b64encode(cause).decode() if cause is not None else None,
    }


def decode_failure(message: dict[str, Any]) -> SplitFailed:
    """Return the failure that was sent by this program's own worker."""
    failed = pickle.loads(base64.b64decode(message["error"]))
    assert isinstance(failed, SplitFailed)
    if message["cause"] is not None:
        try:
            failed.__cause__ = pickle.loads(base64.b64decode(message["cause"]))
        except Exception:  # its class may exist only in the worker; the text of the traceback is there
            failed.__cause__ = None
    return failed
