"""Write a diagram as an HTML page: pan, zoom, search, light and dark, and the details of a layer that is clicked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from laminar.pictures import svg
from laminar.pictures.diagram import Box, Diagram, Frame, clean
from laminar.pictures.page import asset, data, page, text

__all__ = ["draw", "section"]


def draw(diagram: Diagram, *, theme: str = "auto") -> str:
    """Return the page of a diagram."""
    body = f'<div class="full">{section(diagram, heading=diagram.title)}</div>'
    return page(diagram.title, body, scripts=[asset("graph.js")], theme=theme)


def section(diagram: Diagram, *, heading: str) -> str:
    """Return the part of a page that shows a diagram."""
    notes = "".join(f'<div class="bar quiet">{text(note)}</div>' for note in diagram.notes)
    return (
        f'<section class="graph"><div class="bar"><h1>{text(heading)}</h1>'
        '<input class="search" type="search" placeholder="Search layers ( / )" aria-label="Search layers">'
        '<span class="count quiet" role="status"></span>'
        '<button class="out" title="Zoom out (-)">&minus;</button><button class="in" title="Zoom in (+)">+</button>'
        '<button class="fit" title="Show all (0)">Fit</button><button class="theme" title="Light or dark">Theme</button></div>'
        f'{notes}<div class="stage"><div class="view">{svg.draw(diagram, embedded=True)}</div>'
        f'<aside class="panel" hidden></aside></div>{data(dict(_boxes(diagram)), "boxes")}</section>'
    )


def _boxes(diagram: Diagram) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the data of each box for the script, by the id of its shape."""
    for number, frame in enumerate(diagram.frames):
        keys = {box.name: f"box-{number}-{place}" for place, box in enumerate(frame.boxes)}
        readers: dict[str, list[str]] = {}
        for need, name in frame.edges:
            readers.setdefault(need, []).append(keys[name])
        for box in frame.boxes:
            yield keys[box.name], _shown(box, frame, keys, readers.get(box.name, []))


def _shown(box: Box, frame: Frame, keys: dict[str, str], readers: list[str]) -> dict[str, Any]:
    words = " ".join([box.name, frame.name, box.state, box.about, *box.lines]).lower()
    return {
        "name": clean(box.name),
        "flow": clean(frame.name),
        "where": clean(box.where),
        "about": clean(box.about),
        "details": box.details,
        "reads": [keys[need] for need in dict.fromkeys(box.needs) if need in keys],
        "readers": readers,
        "source": _numbered(box.source, box.first_line),
        "yaml": clean(box.yaml),
        "words": clean(words),
    }


def _numbered(source: str, first: int) -> str:
    """Return source text with the numbers of its lines."""
    lines = clean(source).split("\n") if source else []
    broad = len(str(first + len(lines)))
    return "\n".join(f"{number:>{broad}}  {line}" for number, line in enumerate(lines, first))
