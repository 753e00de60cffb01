"""A report that travels in a container's output."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from laminar.configurations.datastores.documents.attempt_record import Attempt, written_attempts
from laminar.worker import attempt_report
from laminar.worker.attempt_report import END, START, ReportReader

RECORD = Attempt(layer="Fit", how="timed out", message="é\n", traceback="a\nb")


@given(st.binary(max_size=20), st.binary(max_size=20), st.lists(st.integers(0, 400), max_size=6))
def test_a_report_is_taken_out_of_any_output_however_it_is_cut(before, after, cuts):
    before = before.replace(START, b"")
    stream = before + START + written_attempts([RECORD]) + END + after
    reader, output, last = ReportReader(), b"", 0
    for cut in [*sorted(cut for cut in cuts if cut < len(stream)), len(stream)]:
        output += reader.feed(stream[last:cut])
        last = cut
    assert output + reader.close() == before + after
    assert reader.records == [RECORD]


def test_what_a_layer_prints_that_only_looks_like_a_report_is_output():
    reader = ReportReader()
    assert reader.feed(b"a\x1e{}\nb\x1enothing") + reader.close() == b"a\x1e{}\nb\x1enothing"
    assert reader.records == []


def test_a_report_is_sent_on_standard_error(capfd, monkeypatch):
    monkeypatch.delenv(attempt_report.VARIABLE, raising=False)
    assert not attempt_report.is_wanted()
    monkeypatch.setenv(attempt_report.VARIABLE, attempt_report.STDERR)
    assert attempt_report.is_wanted()
    os.write(2, b"unfinished")
    attempt_report.send([RECORD])
    reader = ReportReader()
    assert reader.feed(capfd.readouterr().err.encode()) == b"unfinished"
    assert reader.records == [RECORD]
