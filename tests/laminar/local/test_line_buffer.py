"""Output is cut into parts that can be shown at once, for any sizes of writes, in linear time and without loss."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from laminar.local.line_buffer import LONGEST, LineBuffer

CHUNKS = st.lists(st.text(alphabet="ab\r\n", max_size=6).map(str.encode), max_size=12)


@given(chunks=CHUNKS)
def test_all_bytes_are_shown_in_order_and_the_last_line_is_ended(chunks):
    buffer = LineBuffer()
    shown = b"".join([*map(buffer.feed, chunks), buffer.close()])
    whole = b"".join(chunks)
    assert shown == whole + (b"\n" if whole and not whole.endswith(b"\n") else b"")


@given(chunks=CHUNKS)
def test_an_unfinished_line_is_held_back_unless_it_follows_a_carriage_return(chunks):
    buffer, fed, shown = LineBuffer(), b"", b""
    for chunk in chunks:
        fed += chunk
        shown += buffer.feed(chunk)
        held = fed[len(shown) :]
        assert re.fullmatch(rb"[^\r\n]*", held)
        assert not held or shown[-1:] in (b"", b"\n")


def test_a_line_that_never_ends_is_passed_on_in_parts():
    buffer, size = LineBuffer(), 0
    for _ in range(100):
        size += len(buffer.feed(b"x" * 65536))
    assert size > 100 * 65536 - LONGEST - 65536 and buffer.size <= LONGEST
