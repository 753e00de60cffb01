"""The page of a diagram, in a real browser: it renders, search and clicks work, and nothing leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from laminar.pictures import flow_diagram, graph_page
from laminar.pictures.diagram import Box, Diagram, Frame
from tests.support.browser import CHROMIUM, Page, browser
from tests.support.diagrams import HOSTILE, graph, hostile_flow

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")

SHOP = Frame(
    name="Shop",
    boxes=(
        Box(name="Read", about="Read the orders.", source="class Read(Layer): ...", first_line=7, yaml="name: Read\n",
            where="shop.py:7", details=(("container", (("image", "shop:1"),)),)),
        Box(name="Clean", needs=("Read",), splits=True, lines=("each Read.rows",)),
        Box(name="Join", needs=("Clean",)),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Page]:
    with browser() as page:
        yield page


def opened(chromium: Page, made: Diagram, folder: Path, **options: object) -> Page:
    path = folder / "page.html"
    path.write_text(graph_page.draw(made), encoding="utf-8")
    chromium.open(path, **options)  # type: ignore[arg-type]
    return chromium


def test_a_click_shows_a_layers_details_and_marks_its_arrows(chromium, tmp_path):
    page = opened(chromium, Diagram(title="Shop", frames=(SHOP,)), tmp_path)
    assert page.run("document.querySelector('.panel').hidden")
    page.click("#box-0-0")
    shown = page.run("document.querySelector('.panel').innerText")
    for text in ("Read", "shop.py:7", "Read the orders.", "shop:1", "7  class Read(Layer): ...", "name: Read"):
        assert text in shown
    assert page.run("document.querySelectorAll('.edge.chosen').length") == 1
    page.click(".panel .names button")  # read by Clean
    assert page.run("document.querySelector('.panel h2').textContent") == "Clean"
    page.press("Escape")
    assert page.run("document.querySelector('.panel').hidden")
    assert page.errors == []
    assert page.foreign == []


def test_search_finds_layers_and_enter_goes_from_one_to_the_next(chromium, tmp_path):
    page = opened(chromium, graph(300), tmp_path)
    page.click(".search")
    page.type("layer29")
    assert page.run("document.querySelector('.count').textContent") == "11 found"
    assert page.run("document.querySelectorAll('.box.found').length") == 11
    page.press("Enter")
    page.press("Enter")
    assert page.run("document.querySelector('.count').textContent") == "2 of 11"
    inside = page.run(
        "(()=>{const b=document.querySelector('.current').getBoundingClientRect(),v=document.querySelector('.view')"
        ".getBoundingClientRect();return b.left>=v.left&&b.right<=v.right&&b.top>=v.top&&b.bottom<=v.bottom})()"
    )
    assert inside, "the layer that was found is in view"
    page.press("Escape")
    assert page.run("document.querySelectorAll('.found, .current').length") == 0
    assert page.errors == []


def test_the_wheel_and_the_buttons_zoom(chromium, tmp_path):
    page = opened(chromium, graph(40), tmp_path)
    width = "document.querySelector('svg.diagram').getBoundingClientRect().width"
    before = page.run(width)
    page.click(".in")
    assert page.run(width) == pytest.approx(1.3 * before)
    page.wheel(600, 400, 300)
    assert page.run(width) < 1.3 * before
    page.click(".fit")
    fitted = page.run("document.querySelector('svg.diagram').getBoundingClientRect().height")
    assert fitted <= page.run("document.querySelector('.view').clientHeight") + 1


def test_a_page_is_light_or_dark_as_the_reader_wants_and_a_button_changes_it(chromium, tmp_path):
    background = "getComputedStyle(document.body).backgroundColor"
    made = Diagram(title="Shop", frames=(SHOP,))
    assert opened(chromium, made, tmp_path).run(background) == "rgb(255, 255, 255)"
    page = opened(chromium, made, tmp_path, dark=True)
    assert page.run(background) == "rgb(15, 20, 25)"
    page.click(".theme")
    assert page.run(background) == "rgb(255, 255, 255)"


def test_hostile_texts_stay_text_and_no_script_of_theirs_runs(chromium, tmp_path):
    flow, parameters = hostile_flow()
    frame = flow_diagram.frame_of(flow, parameters)
    boxes = tuple(box.but(yaml=HOSTILE, source=HOSTILE, where=HOSTILE) for box in frame.boxes)
    made = Diagram(title=HOSTILE, frames=(Frame(name=HOSTILE, boxes=boxes, about=HOSTILE),), notes=(HOSTILE,))
    page = opened(chromium, made, tmp_path)
    for box in ("#box-0-0", "#box-0-1"):
        page.click(box)
        assert HOSTILE[:20] in page.run("document.querySelector('.panel').textContent")
    assert page.run("document.title") == HOSTILE
    assert page.run("document.querySelectorAll('img, iframe').length") == 0
    assert page.errors == []
    assert page.foreign == []


def test_a_link_to_a_box_opens_it_and_keys_reach_it(chromium, tmp_path):
    page = opened(chromium, Diagram(title="Shop", frames=(SHOP,)), tmp_path, hash="#box-0-2")
    assert page.run("document.querySelector('.panel h2').textContent") == "Join"
    page.run("document.getElementById('box-0-1').focus()")
    page.press("Enter")
    assert page.run("document.querySelector('.panel h2').textContent") == "Clean"


def test_a_thousand_layers_are_shown(chromium, tmp_path):
    page = opened(chromium, graph(1000), tmp_path)
    assert page.run("document.querySelectorAll('.box').length") == 1000
    assert page.errors == []
