"""Collect the cards that a layer adds to the report of its run: ``self.report.add(...)``. A card is plain data, made by the layer.

A figure becomes an image at once: a later reader needs no package for it, and unpickles nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from laminar.exceptions import LayerError
from laminar.program import source_location

__all__ = ["ARTIFACT", "Report", "png_of"]

ARTIFACT = "_report"
"""Name of the artifact that holds a split's cards: no attribute of a user's is stored under a name with an underscore."""

ROWS, CARDS, SIZE = 200, 100, 5_000_000
"""Rows of a table that are kept, cards of a split, and bytes of an image or a figure."""

DOTS = 110
"""Dots per inch of a matplotlib figure."""

IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")
"""First bytes of the formats of images that a report shows."""

Card = dict[str, Any]


class Report:
    """Collect the cards of one split: Markdown, tables, images and figures.

    >>> report = Report("Fit")
    >>> report.add("The **best** score is 0.93.")
    >>> report.add([{"depth": 4, "score": 0.93}], title="Scores")
    >>> [card["kind"] for card in report.cards]
    ['markdown', 'table']
    """

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self.cards: list[Card] = []

    def __repr__(self) -> str:
        return f"<report of {self.layer}: {len(self.cards)} cards>"

    def add(self, content: Any, *, title: str = "") -> None:
        """Add Markdown text, a table, an image or a figure.

        A table is a data frame, a list of mappings, or a list of rows. An image is bytes of PNG, JPEG or GIF, or an image of
        Pillow. A figure is one of matplotlib or plotly. Any other object is rejected.

        Raises LayerError for a content that a report cannot show, and for more than 100 cards.
        """
        if len(self.cards) >= CARDS:
            raise self._error(f"has {CARDS} cards already", "add fewer, larger ones.")
        card = next((made for make in MAKERS if (made := make(content)) is not None), None)
        if card is None:
            kind = type(content).__name__
            raise self._error(f"cannot show an object of type {kind}", "add Markdown text, a table, an image or a figure.")
        if len(card.get("data", "")) > SIZE or len(json.dumps(card.get("figure", ""))) > SIZE:
            raise self._error(
                f"accepts images of {SIZE // 1_000_000} MB at most", "add a smaller one, and keep this one as an artifact."
            )
        self.cards.append({**card, "title": str(title)} if title else card)

    def _error(self, what: str, fix: str) -> LayerError:
        return LayerError(f"The report of layer {self.layer!r} {what}.", where=source_location.caller(), fix=fix)


# cards


def _of_text(content: Any) -> Card | None:
    return {"kind": "markdown", "text": content} if isinstance(content, str) else None


def _of_figure(content: Any) -> Card | None:
    """Return a figure of matplotlib as an image, one of plotly as its data."""
    package = type(content).__module__.partition(".")[0]
    if package == "plotly" and hasattr(content, "to_json"):
        figure = json.loads(content.to_json())
        return {"kind": "chart", "figure": {name: figure.get(name) for name in ("data", "layout")}}
    if "matplotlib" not in sys.modules or package not in ("matplotlib", "mpl_toolkits", "seaborn"):
        return None
    figure = content if hasattr(content, "savefig") else getattr(content, "figure", None)
    return None if figure is None else _image(png_of(figure))


def png_of(figure: Any) -> bytes:
    """Return a matplotlib figure as PNG, drawn without a display."""
    import io

    from matplotlib.backends.backend_agg import FigureCanvasAgg

    target, canvas = io.BytesIO(), figure.canvas
    try:
        FigureCanvasAgg(figure)
        figure.savefig(target, format="png", dpi=DOTS, bbox_inches="tight")
    finally:
        figure.set_canvas(canvas)
    return target.getvalue()


def _of_image(content: Any) -> Card | None:
    if isinstance(content, (bytes, bytearray)):
        return _image(bytes(content))
    draw = getattr(content, "_repr_png_", None)
    data = draw() if callable(draw) and not isinstance(content, type) else None
    return _image(data) if isinstance(data, bytes) else None


def _image(data: bytes) -> Card | None:
    import binascii

    return {"kind": "image", "data": binascii.b2a_base64(data, newline=False).decode()} if data.startswith(IMAGES) else None


def _of_table(content: Any) -> Card | None:
    found = _frame(content) or _rows(content)
    if found is None:
        return None
    columns, rows, total = found
    return {
        "kind": "table",
        "columns": [str(one) for one in columns],
        "rows": [[_cell(cell) for cell in row] for row in rows],
        "total": total,
    }


def _frame(content: Any) -> tuple[list[Any], list[Any], int] | None:
    """Return the columns, the first rows and the number of rows of a data frame of pandas or polars."""
    package = type(content).__module__.partition(".")[0]
    if package == "pandas" and hasattr(content, "itertuples"):
        return list(content.columns), list(content.iloc[:ROWS].itertuples(index=False)), len(content)
    if package == "polars" and hasattr(content, "rows"):
        return list(content.columns), content.head(ROWS).rows(), content.height
    return None


def _rows(content: Any) -> tuple[list[Any], list[Any], int] | None:
    """Return the columns and rows of a list of mappings or of sequences."""
    if not isinstance(content, (list, tuple)) or not content:
        return None
    first = list(content[:ROWS])
    if all(isinstance(row, Mapping) for row in first):
        columns = list(dict.fromkeys(key for row in first for key in row))
        return columns, [[row.get(column, "") for column in columns] for row in first], len(content)
    if all(isinstance(row, (list, tuple)) for row in first):
        return [], first, len(content)
    return None


def _cell(value: Any) -> Any:
    """Return a cell as a JSON value: numbers and texts unchanged, anything else as its text."""
    if value is None or isinstance(value, (bool, str)) or type(value) is int:
        return value
    if isinstance(value, float):
        return float(value) if value - value == 0 else str(value)
    return str(value)


MAKERS = (_of_text, _of_figure, _of_image, _of_table)
"""Functions that make a card of a content; the first that does not return None does."""
