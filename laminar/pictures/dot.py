"""Write a diagram in Graphviz' language, for those who lay it out themselves."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.pictures.diagram import Box, Diagram, clean

__all__ = ["draw"]


def draw(diagram: Diagram) -> str:
    """Return a diagram as a graph in Graphviz' language: a cluster for each flow."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield f"digraph {_quoted(diagram.title)} {{"
    yield '  compound=true; node [shape=box, style="rounded", fontname="sans-serif"]; edge [arrowsize=0.7];'
    ends: list[tuple[str, str]] = []
    for number, frame in enumerate(diagram.frames):
        key = {box.name: f"f{number}n{place}" for place, box in enumerate(frame.boxes)}
        yield f"  subgraph cluster_{number} {{ label={_quoted(frame.name)};"
        for box in frame.boxes:
            yield f"    {key[box.name]} [{_attributes(box)}];"
        for need, name in frame.edges:
            yield f"    {key[need]} -> {key[name]};"
        yield "  }"
        ends.append((next(iter(key.values()), ""), next(reversed(list(key.values())), "")))
        if frame.link and ends[-1][0] and ends[-2][1]:
            clusters = f"ltail=cluster_{number - 1}, lhead=cluster_{number}"
            yield f"  {ends[-2][1]} -> {ends[-1][0]} [{clusters}, label={_quoted(frame.link)}];"
    yield "}"


def _attributes(box: Box) -> str:
    label = "\\n".join(_escaped(text) for text in (box.name, *box.lines))
    found = [f'label="{label}"']
    if box.splits:
        found.append("peripheries=2")
    if box.may_skip:
        found.append('style="rounded,dashed"')
    return ", ".join(found)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Return a text for a quoted string, in which a backslash begins an escape: https://graphviz.org/docs/attr-types/escString/."""
    return clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
