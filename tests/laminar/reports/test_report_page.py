"""The page of a run: layers, times, failures, artifacts; in a real browser, with hostile texts, of many splits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from laminar.configurations.datastores import Local, Record
from laminar.history import Run
from laminar.reports import report_page
from tests.support.browser import CHROMIUM, Page, browser
from tests.support.diagrams import HOSTILE
from tests.support.stored_runs import moment, save_run


@pytest.fixture
def store(tmp_path) -> Local:
    return Local(tmp_path / "store")


def drawn(store: Local, **options: object) -> str:
    return report_page.draw([Run("Train", "nightly", store, now=moment(60))], **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no chromium")
    with browser() as page:
        yield page


def test_a_page_says_what_ran_when_by_whom_and_with_what(store):
    save_run(store)
    page = drawn(store)
    for text in ("nightly", "finished", "train.py --fast", "ab" * 32, "ann on laptop", "rate", "0.1", str(store.url), "4 of 4"):
        assert text in page, text
    assert "<h2>Failures</h2>" not in page


def test_failures_are_shown_once_with_their_splits_traceback_and_advice(store):
    save_run(store, splits=40, failing=tuple(range(5, 25)))
    page = drawn(store)
    assert page.count('class="failure"') == 1
    for text in ("20 splits: 5, 6, 7", "and 8 more", "Traceback\n  ValueError: no", "fix: pass rows", "train.py:9", "20 of 40"):
        assert text in page, text


def test_the_output_of_a_failed_attempt_is_shown(store):
    save_run(store, failing=(1,))
    page = drawn(store, logs={"Train": {("Fit", 1, 2): "epoch 1\nloss nan"}})
    assert "Output of split 1" in page
    assert "loss nan" in page


def test_values_are_shown_and_left_out_where_the_store_is_not_trusted(store):
    save_run(store, values={"score": 0.9375, "text": "hello"})
    assert "0.9375" in drawn(store)
    assert "0.9375" not in drawn(store, values=False)
    assert "score" in drawn(store, values=False)


def test_a_value_that_cannot_be_read_is_named(store):
    save_run(store, values={"rows": list(range(5000))})
    for path in (Path(store.root) / "artifacts").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"damaged")
    assert "cannot be read here" in drawn(store)


def test_a_chain_has_a_part_for_each_flow(store):
    save_run(store)
    save_run(store, flow="Judge")
    page = report_page.draw([Run("Train", "nightly", store), Run("Judge", "nightly", store)])
    assert "Flow Train" in page
    assert "Flow Judge" in page
    assert "linker" in page


def test_a_run_of_an_older_laminar_that_left_no_record_is_shown(store):
    store.save(Record(flow="Train", execution="nightly", layer="Old", started=moment(0), finished=moment(1)))
    assert "Old" in drawn(store)


@pytest.mark.parametrize(("failing", "state"), [((), "finished"), ((1,), "failed")], ids=["finished", "failed"])
def test_a_run_of_pods_is_known_from_what_they_left(store, failing, state):
    save_run(store, failing=failing, workflow="train-x7k2f")
    page = drawn(store)
    assert f"<title>Train nightly: {state}</title>" in page
    assert "train-x7k2f" in page


def test_ten_thousand_splits_are_summed_up(store):
    save_run(store, splits=10_000, failing=tuple(range(0, 10_000, 7)))
    page = drawn(store)
    assert len(page) < 400_000
    assert "at once" in page
    assert "1,429 failed" in page


def test_a_page_works_in_a_browser_and_hostile_texts_stay_text(chromium, store, tmp_path):
    values = {"text": HOSTILE, "mapping": {HOSTILE: HOSTILE}, "rows": [{HOSTILE: HOSTILE}, {HOSTILE: 1}], "list": [HOSTILE]}
    save_run(store, failing=(1,), values=values, message=HOSTILE)
    path = tmp_path / "report.html"
    path.write_text(drawn(store, logs={"Train": {("Fit", 1, 2): HOSTILE}}, command=HOSTILE))
    chromium.open(path)
    assert chromium.run("document.title") == "Train nightly: failed"
    assert HOSTILE[:30] in chromium.run("document.body.innerText")
    assert chromium.run("document.querySelectorAll('img:not(.value), iframe, object').length") == 0
    assert chromium.run("document.querySelectorAll('script:not([type])').length") == 1
    chromium.click(".box.failed")
    assert "failed" in chromium.run("document.querySelector('.panel').innerText")
    assert chromium.errors == []
    assert chromium.foreign == []
