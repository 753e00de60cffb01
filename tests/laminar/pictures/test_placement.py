"""A frame holds its boxes; siblings are in blocks; texts fit."""

from __future__ import annotations

import pytest

from laminar.pictures import placement
from laminar.pictures.diagram import Box, Diagram, Frame
from tests.support.diagrams import graph


@pytest.mark.parametrize(("count", "wide"), [(3, 0), (60, 0), (60, 30), (150, 0)])
def test_no_box_is_over_another_or_outside_of_its_frame(count, wide):
    (made,) = placement.placed(graph(count, wide=wide))
    boxes = list(zip(made.corners, made.sizes, strict=True))
    for (x, y), (width, height) in boxes:
        assert -1 <= x <= made.width - 2 * placement.PADDING - width + 1
        assert -1 <= y <= made.height - placement.TITLE - 2 * placement.PADDING - height + 1
    for place, ((x, y), (width, height)) in enumerate(boxes):
        for (left, top), (broad, high) in boxes[:place]:
            assert x >= left + broad or left >= x + width or y >= top + high or top >= y + height


def test_a_wide_fan_is_a_block_with_one_arrow_to_it():
    (made,) = placement.placed(graph(39, wide=38))
    assert len(made.blocks) == 1
    assert [arrow.target for arrow in made.arrows if arrow.source == "0-0"] == [made.blocks[0].key]


def test_arrows_from_parameters_that_nearly_everything_reads_are_left_out():
    boxes = [Box(name="Parameters", kind="parameters")]
    boxes += [Box(name=f"L{place}", needs=("Parameters", *((f"L{place - 1}",) if place else ()))) for place in range(20)]
    (made,) = placement.placed(Diagram(title="", frames=(Frame(name="F", boxes=tuple(boxes)),)))
    assert len(made.arrows) == 19
    assert not any(arrow.of_parameters for arrow in made.arrows)


def test_frames_of_a_chain_are_below_each_other():
    frame = graph(3).frames[0]
    first, second = placement.placed(Diagram(title="", frames=(frame, frame)))
    assert second.y > first.y + first.height


def test_a_picture_of_long_rows_leads_across_and_one_of_a_long_chain_down():
    chain = tuple(Box(name=f"L{place}", needs=(f"L{place - 1}",)) for place in range(30))
    (made,) = placement.placed(Diagram(title="", frames=(Frame(name="F", boxes=chain),)))
    assert made.height > made.width
