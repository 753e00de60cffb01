"""Flows, executions, layers and accessors show themselves in a notebook, escaped, and never raise."""

from __future__ import annotations

import base64
import re

import pytest

from laminar import Flow, Layer
from laminar.configurations.datastores import Memory
from laminar.configurations.executors import Thread
from laminar.configurations.layers import ForEach, Parameter
from laminar.exceptions import ExecutionError
from tests.support.diagrams import HOSTILE, hostile_flow


class Train(Flow):
    """Train a model."""


@Train.register
class Read(Layer):
    """Read rows."""

    def __call__(self) -> None:
        self.shard(rows=range(7))
        self.text = HOSTILE


@Train.register(foreach=ForEach([Parameter(Read, "rows")]))
class Fit(Layer):
    def __call__(self, read: Read) -> None:
        if read.rows == 3:
            raise ValueError(HOSTILE)
        self.score = read.rows / 2


def tags(html: str) -> set[str]:
    return set(re.findall(r"<(\w+)", html))


def picture(html: str) -> str:
    found = re.search(r"data:image/svg\+xml;base64,([^\"]+)", html)
    assert found
    return base64.b64decode(found[1]).decode()


@pytest.fixture(scope="module")
def execution():
    flow = Train(datastore=Memory(), executor=Thread())
    with pytest.raises(ExecutionError):
        flow(execution="nightly")
    return flow.execution("nightly")


def test_a_flow_shows_its_docstring_and_its_picture():
    html = Train(datastore=Memory(), executor=Thread())._repr_html_() or ""
    assert "Train a model." in html
    assert "2 layers" in html
    assert ">Fit</text>" in picture(html)


def test_an_execution_shows_its_state_its_failure_and_its_picture(execution):
    html = execution._repr_html_()
    assert "nightly" in html
    assert "failed, 1 of 2 layers done" in html
    assert "[3]: ValueError: " in html
    assert 'class="box layer failed"' in picture(html)
    assert tags(html) == {"div", "b", "code", "img"}


def test_a_layer_shows_its_artifacts(execution):
    html = execution.layer(Read)._repr_html_()
    assert "finished" in html
    assert "<th>rows</th>" in html
    assert "7 elements" in html
    assert tags(html) <= {"div", "b", "table", "tr", "th", "td", "span", "pre"}


def test_a_split_of_a_layer_shows_its_own(execution):
    assert ">1.0<" in execution.layer(Fit, index=2)._repr_html_()


def test_an_accessor_shows_its_first_elements(execution):
    html = execution.layer(Read).rows._repr_html_()
    assert html.count("<li>") == 5
    assert "7 elements" in html
    assert "and 2 more" in html


def test_what_belongs_to_nothing_shows_what_it_is():
    assert Read(text=HOSTILE)._repr_html_() == "<div><b>Read</b>, with text<div>Read rows.</div></div>"
    assert "without an id" in (Train(datastore=Memory(), executor=Thread()).execution()._repr_html_() or "")


def test_what_cannot_be_shown_has_no_html_and_raises_nothing():
    class Empty(Flow): ...

    assert Empty()._repr_html_() is None


def test_hostile_names_stay_text():
    flow, _ = hostile_flow()
    assert tags(flow._repr_html_() or "") == {"div", "b", "img"}
