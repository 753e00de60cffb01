"""Send how an attempt failed from a container to the process that started it, which keeps the history.

The exit code of a container has neither the message nor the traceback, and a file or a socket would have to be shared with the
container. A report is an element of a JSON text sequence on standard error: RS, JSON, LF (RFC 7464, section 2.2). The reader
takes the reports out of the output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from laminar.configurations.datastores.documents.attempt_record import Attempt, read_attempts, written_attempts

__all__ = ["STDERR", "VARIABLE", "ReportReader", "is_wanted", "send"]

VARIABLE, STDERR = "LAMINAR_REPORT", "stderr"
"""Variable with this value in a container whose attempts are reported."""

START, END = b"\x1e", b"\n"

LONGEST = 1 << 24
"""Bytes of a report that are held back until it ends."""


def is_wanted() -> bool:
    """Return whether the process that started this container reads reports."""
    return os.environ.get(VARIABLE) == STDERR


def send(records: Sequence[Attempt]) -> None:
    """Write a report on standard error."""
    with suppress(OSError, ValueError):  # the reader is gone
        sys.stderr.flush()
        data = START + written_attempts(records) + END
        while data:
            data = data[os.write(2, data) :]


class ReportReader:
    r"""Take the reports out of a stream of output.

    >>> reader = ReportReader()
    >>> reader.feed(b"some" + START + written_attempts([Attempt(layer="Fit", message="no rows")])[:20])
    b'some'
    >>> reader.feed(written_attempts([Attempt(layer="Fit", message="no rows")])[20:] + b"\nmore\n")
    b'more\n'
    >>> reader.records[0].message
    'no rows'
    """

    def __init__(self) -> None:
        self.held = b""
        self.records: list[Attempt] = []

    def feed(self, data: bytes) -> bytes:
        """Return the output in some data; the beginning of a report waits for its end."""
        if not self.held and START not in data:
            return data
        output, *reports = (self.held + data).split(START)
        self.held = b""
        for place, report in enumerate(reports, start=1):
            text, end, rest = report.partition(END)
            if not end and place == len(reports) and len(text) < LONGEST:
                self.held = START + text
                break
            found = list(read_attempts(text, "")) if end else []
            self.records += found
            output += rest if found else START + report  # a layer printed the character itself
        return output

    def close(self) -> bytes:
        """Return the bytes that were held back."""
        held, self.held = self.held, b""
        return held
