"""Texts of diagrams are of one line, and hold no character that XML or a terminal would act on."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from laminar.pictures.diagram import Box, Diagram, Frame, clean, shorten


@given(st.text())
def test_any_text_is_readable_xml_after_it_was_cleaned(text):
    made = ET.fromstring(f"<a>{clean(text).replace('&', '&amp;').replace('<', '&lt;')}</a>").text or ""
    assert made.replace("\r", "\n") or not text


@given(st.text(), st.integers(2, 40))
def test_a_shortened_text_has_one_line_of_at_most_that_length(text, length):
    made = shorten(text, length)
    assert len(made) <= length
    assert len(made.splitlines()) <= 1


def test_edges_lead_between_boxes_of_the_frame_only_and_each_once():
    boxes = (Box(name="A"), Box(name="B", needs=("A", "A", "Elsewhere")))
    assert list(Frame(name="F", boxes=boxes).edges) == [("A", "B")]
    assert Diagram(title="", frames=(Frame(name="F", boxes=boxes),)).size == 2
