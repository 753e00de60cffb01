"""Attempts are bars in lanes; of many, their number is drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from laminar.configurations.datastores import Memory
from laminar.history import Run
from laminar.reports import timeline
from tests.support.stored_runs import moment, save_run

SPACE = "{http://www.w3.org/2000/svg}"


def marks(**options: object) -> list[ET.Element]:
    store = Memory()
    save_run(store, **options)  # type: ignore[arg-type]
    return list(ET.fromstring(timeline.draw(Run("Train", "nightly", store, now=moment(60)))).iter())


def bars(found: list[ET.Element], kind: str) -> list[ET.Element]:
    return [mark for mark in found if mark.tag == f"{SPACE}rect" and mark.get("class") == f"bar-{kind}"]


def test_each_attempt_has_a_bar_and_those_that_ran_at_once_are_not_over_each_other():
    found = marks(splits=9, failing=(2,))
    assert len(bars(found, "finished")) == 9  # Read, and 8 splits
    assert len(bars(found, "failed")) == 2
    spans = [
        (float(bar.get("y", "")), float(bar.get("x", "")), float(bar.get("x", "")) + float(bar.get("width", "")))
        for bar in [*bars(found, "finished"), *bars(found, "failed")]
    ]
    for place, (y, left, right) in enumerate(spans):
        assert all(y != other or right <= start + 0.2 or end <= left + 0.2 for other, start, end in spans[:place])


def test_a_bar_says_what_it_is():
    said = sorted(str(mark[0].text) for mark in bars(marks(splits=4, failing=(2,)), "failed"))
    assert said == ["Fit[2], attempt 2: failed after 100 ms\nValueError: no", "Fit[2]: failed after 100 ms\nValueError: no"]


def test_many_splits_are_an_area_that_says_how_many_ran_at_once():
    found = marks(splits=2000)
    assert len(bars(found, "finished")) == 2  # of Read and Best
    (area,) = [mark for mark in found if mark.tag == f"{SPACE}path" and mark.get("class") == "bar-finished"]
    assert area[0].text == "2,000 attempts, at most 5 at once, 0 failures"


def test_a_run_of_which_nothing_started_has_no_timeline():
    assert timeline.draw(Run("Train", "none", Memory())) == ""
