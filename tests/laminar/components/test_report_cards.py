"""``self.report.add``: the contents of a report, its artifact, and programs that have an attribute of that name themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from laminar import Flow, Layer
from laminar.components.report_cards import ARTIFACT, CARDS, Report
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.exceptions import LayerError


class Cards(Flow): ...


@Cards.register
class Fit(Layer):
    def __call__(self) -> None:
        self.report.add("**good**", title="Result")
        self.report.add([{"a": 1}, {"a": 2}])
        self.score = 1


@Cards.register
class Own(Layer):
    report: str

    def __call__(self) -> None:
        self.report = "mine"


@Cards.register
class Late(Layer):
    def __call__(self, own: Own) -> None:
        self.report.add("first")
        self.report = f"{own.report} too"


def test_cards_are_kept_with_the_layers_document_and_are_no_artifact_of_users():
    store = Memory()
    execution = Cards(datastore=store, executor=Thread())()
    record = store.load("Cards", execution.id or "", "Fit", 0)
    assert record is not None
    kept = store.read(record.artifacts[ARTIFACT])
    assert [(card["kind"], card.get("title")) for card in kept] == [("markdown", "Result"), ("table", None)]
    assert kept[1]["rows"] == [[1], [2]]
    fit = execution.layer(Fit)
    assert fit.artifacts == ("score",)
    assert [found.name for found in store.list_artifacts(layer=fit)] == ["score"]
    assert execution.layer(Own).report == "mine"
    assert execution.layer(Late).report == "mine too"


def test_a_layer_without_a_flow_has_a_report_as_tests_call_it():
    layer = Fit()
    layer()
    assert [card["kind"] for card in layer.report.cards] == ["markdown", "table"]


def test_a_finished_layer_has_no_report_to_add_to():
    execution = Cards(datastore=Memory(), executor=Thread())()
    with pytest.raises(AttributeError, match="report"):
        _ = execution.layer(Fit).report


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        (pd.DataFrame({"a": [1], "b": ["x"]}), ["a", "b"], [[1, "x"]]),
        ([[1, None], [2.5, "x"]], [], [[1, None], [2.5, "x"]]),
        ([{"a": 1}, {"b": np.int64(2)}], ["a", "b"], [[1, ""], ["", "2"]]),
        ([[float("nan")]], [], [["nan"]]),
    ],
    ids=["pandas", "rows", "mappings", "nan"],
)
def test_a_table_is_kept_as_plain_values(content, columns, rows):
    report = Report("Fit")
    report.add(content)
    assert report.cards == [{"kind": "table", "columns": columns, "rows": rows, "total": len(rows)}]


@pytest.mark.parametrize("content", [3, object(), b"no image", [], [1, 2], {"a": 1}])
def test_what_a_report_cannot_show_is_an_error_that_lists_what_it_can(content):
    with pytest.raises(LayerError, match="cannot show an object of type") as caught:
        Report("Fit").add(content)
    assert "Markdown text, a table, an image or a figure" in caught.value.fix


def test_a_report_has_a_limit():
    report = Report("Fit")
    for number in range(CARDS):
        report.add(str(number))
    with pytest.raises(LayerError, match="has 100 cards already"):
        report.add("one more")


def test_a_large_image_is_an_error():
    with pytest.raises(LayerError, match="5 MB at most"):
        Report("Fit").add(b"\x89PNG\r\n\x1a\n" + bytes(5_000_000))


def test_a_long_table_keeps_its_first_rows():
    report = Report("Fit")
    report.add([[number] for number in range(1000)])
    assert (len(report.cards[0]["rows"]), report.cards[0]["total"]) == (200, 1000)
