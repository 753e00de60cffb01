"""Figures of matplotlib and plotly are drawn without scripts."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import plotly.graph_objects as plotly
import pytest
from matplotlib.figure import Figure

from laminar.components.report_cards import Report
from laminar.reports import cards, plotly_chart
from laminar.reports.value_preview import preview
from tests.support.diagrams import HOSTILE


@pytest.fixture
def figure():
    made = Figure(figsize=(2, 1))
    made.subplots().plot([1, 2])
    return made


def test_a_figure_of_matplotlib_is_an_image_whether_kept_or_added(figure):
    assert preview(figure).startswith('<img class="value" alt="figure" src="data:image/png;base64,')
    report = Report("Fit")
    report.add(figure, title=HOSTILE)
    shown = cards.drawn(report.cards)
    assert 'src="data:image/png;base64,' in shown
    assert "<script" not in shown


def test_axes_show_their_figure(figure):
    assert "data:image/png" in preview(figure.axes[0])


def test_lines_and_bars_of_plotly_are_drawn_with_their_names_as_text():
    made = plotly.Figure(layout={"title": HOSTILE, "xaxis": {"title": HOSTILE}})
    made.add_scatter(x=[1, 2, 3], y=[3, 1, 2], name=HOSTILE)
    made.add_bar(x=[1, 2, 3], y=[1, -1, 2])
    drawn = ET.fromstring(preview(made))
    tags = [mark.tag.partition("}")[2] for mark in drawn.iter()]
    assert tags.count("circle") == 3
    assert set(tags) == {"svg", "title", "text", "path", "circle", "rect"}


def test_names_on_an_axis_keep_their_order():
    text = plotly_chart.draw({"data": [{"type": "bar", "x": ["b", "a"], "y": [1, 2]}]})
    assert re.findall(r">([ab])</text>", text) == ["b", "a"]


def test_encoded_arrays_are_read():
    assert plotly_chart.values_of({"dtype": "f8", "bdata": "AAAAAAAA8D8AAAAAAAAAQA=="}) == [1.0, 2.0]
    assert plotly_chart.values_of({"dtype": "??", "bdata": ""}) == []


def test_other_traces_are_named():
    assert "kind pie" in preview(plotly.Figure(plotly.Pie(values=[1])))


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"data": [{}]},
        {"data": [{"y": []}]},
        {"data": [{"y": [None, float("nan")]}]},
        {"data": [{"y": [1]}]},
        {"data": [{"type": "bar", "x": ["a"], "y": [0]}]},
        {"data": "x"},
    ],
)
def test_a_figure_without_much_in_it_is_drawn(found):
    assert plotly_chart.draw(found)
