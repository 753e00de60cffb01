"""The tree, Mermaid, Graphviz' language and PNG of one diagram."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from laminar.exceptions import FlowError
from laminar.pictures import dot, layered_layout, mermaid, png, svg, text_tree
from laminar.pictures.diagram import Box, Diagram, Frame
from tests.support.diagrams import HOSTILE, graph

SHOP = Frame(
    name="Shop",
    about="Sell things.",
    boxes=(
        Box(name="Parameters", kind="parameters", details=(("parameters", (("rows", "[1, 2]"),)),), lines=("rows = [1, 2]",)),
        Box(name="Read", needs=("Parameters",), lines=("1 CPU, 1 GB",)),
        Box(name="Clean", needs=("Read",), splits=True, lines=("each Read.rows",)),
        Box(name="Count", needs=("Clean",)),
        Box(name="Check", needs=("Read",), may_skip=True),
        Box(name="Join", needs=("Count", "Check")),
    ),
)
NEXT = Frame(name="Ship", boxes=(Box(name="Send"),), link="linker at shop.py:9")
CHAIN = Diagram(title="Shop", frames=(SHOP, NEXT))


def test_the_tree_shows_branches_chains_links_and_what_else_a_layer_reads():
    assert text_tree.draw(CHAIN).splitlines() == [
        "Shop  Sell things.",
        "  parameters: rows=[1, 2]",
        "  o Read     1 CPU, 1 GB",
        "  ├─o Clean  each Read.rows",
        "  │ o Count",
        "  └─o Check",
        "    o Join   after Count too",
        "",
        "then, by the linker at shop.py:9:",
        "Ship",
        "  o Send",
    ]


def test_the_tree_is_cut_to_a_width_and_hides_no_control_character():
    box = Box(name="A\x1b[31m", lines=("x" * 100,))
    made = text_tree.draw(Diagram(title="", frames=(Frame(name="F", boxes=(box,)),)), width=30)
    assert max(map(len, made.splitlines())) == 30
    assert "\x1b" not in made


def test_a_tree_of_a_thousand_layers_has_a_line_for_each():
    assert len(text_tree.draw(graph(1000)).splitlines()) == 1001


def test_mermaid_shows_flows_fan_outs_and_links():
    assert mermaid.draw(CHAIN).splitlines() == [
        "flowchart TB",
        '  subgraph f0["Shop"]',
        '    f0n0(["Parameters<br/>rows #61; #91;1, 2#93;"])',
        '    f0n1["Read<br/>1 CPU, 1 GB"]',
        '    f0n2[["Clean<br/>each Read.rows"]]',
        '    f0n3["Count"]',
        '    f0n4["Check"]',
        '    f0n5["Join"]',
        "    f0n0 --> f0n1",
        "    f0n1 --> f0n2",
        "    f0n2 --> f0n3",
        "    f0n1 --> f0n4",
        "    f0n3 --> f0n5",
        "    f0n4 --> f0n5",
        "  end",
        '  subgraph f1["Ship"]',
        '    f1n0["Send"]',
        "  end",
        '  f0 -->|"linker at shop.py:9"| f1',
    ]


def test_a_label_of_mermaid_holds_nothing_but_plain_characters_and_entity_codes():
    text = mermaid.draw(Diagram(title="", frames=(Frame(name=HOSTILE, boxes=(Box(name=HOSTILE, lines=(HOSTILE,)),)),)))
    for label in re.findall(r'"(.*)"', text):
        assert set(re.sub(r"#\d+;|<br/>", "", label)) <= mermaid.PLAIN


def test_graphviz_reads_what_is_written_for_it():
    program = layered_layout.engine()
    assert program is not None
    hostile = Frame(name=HOSTILE + "\\", boxes=(Box(name=HOSTILE + '\\"\n', lines=("\\",)),), link='"')
    text = dot.draw(Diagram(title=HOSTILE, frames=(SHOP, NEXT, hostile)))
    read = subprocess.run([program, "-Tplain"], input=text, text=True, capture_output=True, check=True)
    nodes = [line for line in read.stdout.splitlines() if line.startswith("node ")]
    assert len(nodes) == len(SHOP.boxes) + 2
    assert "peripheries=2" in text


def test_a_picture_becomes_png_of_twice_the_size():
    picture = svg.draw(graph(3), theme="light")
    width = int(picture.split('width="')[1].split('"')[0])
    made = png.rendered(picture)
    assert made.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(made[16:20], "big") == 2 * width


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(FlowError, match="resvg-py") as caught:
        png.rendered(svg.draw(graph(1), theme="light"))
    assert "pip install 'laminar-argo[pictures]'" in caught.value.fix
