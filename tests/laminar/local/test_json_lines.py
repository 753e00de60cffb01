"""``--log-format json``: each line is an object, also for the output of layers."""

from __future__ import annotations

import json
from types import SimpleNamespace

from laminar.exceptions import FlowError
from laminar.graph import Node
from laminar.local.json_lines import JsonLines

EXECUTION = SimpleNamespace(flow=SimpleNamespace(name="Train", nodes={"Fit": Node("Fit")}), id="one", retry=False, origin=None)
LAYER = SimpleNamespace(name="Fit", index=2, attempt=1)


def events(text: str) -> list[dict[str, object]]:
    return [
        {name: value for name, value in json.loads(line).items() if name not in ("time", "seconds")} for line in text.splitlines()
    ]


def test_a_run_is_reported_as_events(capsys):
    report = JsonLines()
    report.start(EXECUTION)
    report.begin("Fit", 3, True)
    report.again(LAYER, "ValueError: no", 0.5)
    report.split("Fit", index=2)
    report.split("Fit", "earlier", 1)
    report.end("Fit", "failed")
    report.note("once")
    report.stop(EXECUTION, 1)
    report.error(FlowError("It is wrong.", where="a.py:1", fix="fix it."))
    common = {"flow": "Train", "execution": "one"}
    assert events(capsys.readouterr().err) == [
        {"event": "run started", **common, "layers": 1},
        {"event": "layer started", **common, "layer": "Fit", "splits": 3},
        {
            "event": "attempt failed",
            **common,
            "layer": "Fit",
            "index": 2,
            "attempt": 1,
            "reason": "ValueError: no",
            "again_in": 0.5,
        },
        {"event": "split finished", **common, "layer": "Fit", "index": 2},
        {"event": "split finished", **common, "layer": "Fit", "index": 1, "reused": "earlier"},
        {"event": "layer ended", **common, "layer": "Fit", "how": "failed"},
        {"event": "note", **common, "text": "once"},
        {"event": "run ended", **common, "layers": {"failed": 1}},
        {"event": "error", **common, "kind": "FlowError", "what": "It is wrong.", "where": "a.py:1", "fix": "fix it."},
    ]


def test_output_is_an_event_a_line_on_the_stream_that_it_was_printed_to(capsys):
    report = JsonLines()
    report.start(EXECUTION)
    report.output(LAYER, "stdout", b'say "hi"\nhal')
    report.output(LAYER, "stdout", b"f\n10%\r20%\n\xff\ntail")
    report.output(LAYER, "stderr", b"warned\n")
    report.stop(EXECUTION, 0)
    printed = capsys.readouterr()
    assert [event["text"] for event in events(printed.out)] == ['say "hi"', "half", "20%", "\N{REPLACEMENT CHARACTER}", "tail"]
    assert [event["text"] for event in events(printed.err) if event["event"] == "output"] == ["warned"]
