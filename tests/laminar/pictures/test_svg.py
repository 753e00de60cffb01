"""Pictures are well-formed, complete, the same each time, and hold texts as text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from laminar.pictures import flow_diagram, svg
from laminar.pictures.diagram import Box, Diagram, Frame
from tests.support.diagrams import HOSTILE, graph, hostile_flow

SPACE = "{http://www.w3.org/2000/svg}"


def names(picture: str) -> list[str]:
    return [mark.text or "" for mark in ET.fromstring(picture).iter(f"{SPACE}text") if mark.get("class") == "name"]


@pytest.mark.parametrize("count", [1, 3, 40, 300])
def test_every_layer_is_in_the_picture(count):
    assert sorted(names(svg.draw(graph(count)))) == sorted(f"Layer{place}" for place in range(count))


def test_the_same_diagram_has_the_same_picture():
    assert svg.draw(graph(30)) == svg.draw(graph(30))


def test_texts_stay_text():
    flow, parameters = hostile_flow()
    made = Diagram(title=HOSTILE, frames=(flow_diagram.frame_of(flow, parameters),))
    picture = ET.fromstring(svg.draw(made))
    tags = {mark.tag.removeprefix(SPACE) for mark in picture.iter()}
    assert tags == {"svg", "title", "style", "rect", "defs", "marker", "path", "g", "text"}
    assert picture.find(f"{SPACE}title").text == HOSTILE  # type: ignore[union-attr]


def test_a_theme_has_its_colours_and_auto_has_both():
    light, dark, auto = (svg.draw(graph(2), theme=theme) for theme in ("light", "dark", "auto"))
    assert "#0f1419" not in light
    assert "#ffffff" not in dark
    assert "prefers-color-scheme" in auto


def test_an_embedded_picture_brings_no_colours():
    assert "<style>" not in svg.draw(graph(2), embedded=True)


def test_a_state_and_the_share_of_splits_are_drawn():
    box = Box(name="A", lines=("x",), state="failed", share=0.5, splits=True)
    picture = svg.draw(Diagram(title="", frames=(Frame(name="F", boxes=(box,)),)))
    assert 'class="box layer failed"' in picture
    (share,) = [mark for mark in ET.fromstring(picture).iter(f"{SPACE}rect") if mark.get("class") == "share"]
    (card, *_) = [mark for mark in ET.fromstring(picture).iter(f"{SPACE}rect") if mark.get("class") == "card"]
    assert float(share.get("width", "")) == pytest.approx((float(card.get("width", "")) - 5) / 2, abs=0.1)


def test_a_flow_without_boxes_is_drawn():
    assert ET.fromstring(svg.draw(Diagram(title="", frames=(Frame(name="F", boxes=()),)))) is not None
