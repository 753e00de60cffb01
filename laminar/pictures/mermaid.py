"""Write a diagram as a Mermaid flowchart, which GitHub, GitLab and many Markdown tools draw."""

from __future__ import annotations

from collections.abc import Iterator

from laminar.pictures.diagram import Box, Diagram, clean, shorten

__all__ = ["draw"]

PLAIN = frozenset(" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:+-/")
"""Characters that a label may hold as they are; any other is written as an entity code."""


def draw(diagram: Diagram) -> str:
    """Return a diagram as Mermaid text.

    Names are labels, never identifiers, and each unusual character of a label is an entity code such as ``#34;``
    (https://mermaid.js.org/syntax/flowchart.html, Special characters that break syntax).
    """
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart TB"
    for number, frame in enumerate(diagram.frames):
        yield f'  subgraph f{number}["{_text(frame.name)}"]'
        key = {box.name: f"f{number}n{place}" for place, box in enumerate(frame.boxes)}
        for box in frame.boxes:
            yield f"    {key[box.name]}{_shape(box)}"
        for need, name in frame.edges:
            yield f"    {key[need]} --> {key[name]}"
        yield "  end"
        if frame.link:
            yield f'  f{number - 1} -->|"{_text(frame.link)}"| f{number}'


def _shape(box: Box) -> str:
    """Return a box's shape: stacked for a fan-out, rounded for parameters, a rhomboid for a layer with an entry hook."""
    label = "<br/>".join([_text(box.name), *(_text(shorten(line, 60)) for line in box.lines)])
    if box.kind == "parameters":
        return f'(["{label}"])'
    return f'[["{label}"]]' if box.splits else f'["{label}"]'


def _text(text: str) -> str:
    return "".join(char if char in PLAIN else f"#{ord(char)};" for char in clean(text).replace("\n", " "))
