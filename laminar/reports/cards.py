"""Show the cards that layers add to a report: Markdown, tables and images, as plain data. They are made where the layer runs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from laminar.pictures.page import text
from laminar.reports.value_preview import image, table

__all__ = ["drawn"]


def drawn(found: object) -> str:
    """Return cards as HTML. Malformed cards are left out: a datastore may hold any value."""
    return "".join(_safely(card) for card in found if isinstance(card, Mapping)) if isinstance(found, list) else ""


def _safely(card: Mapping[str, Any]) -> str:
    try:
        return _card(card)
    except Exception as error:  # a figure of an unknown form, a number that no chart can show
        return f'<div class="card-body quiet">a card that cannot be shown: {text(type(error).__name__)}</div>'


def _card(card: Mapping[str, Any]) -> str:
    kind, title = card.get("kind"), card.get("title") or ""
    body = ""
    if kind == "markdown":
        from laminar.reports.markdown import rendered

        body = rendered(str(card.get("text", "")))
    elif kind == "table" and isinstance(card.get("rows"), list):
        rows = [row for row in card["rows"] if isinstance(row, list)]
        columns = card.get("columns")
        body = table(columns if isinstance(columns, list) else [], rows, total=int(card.get("total") or len(rows)))
    elif kind == "image":
        body = image(_bytes(card.get("data")), str(title))
    elif kind == "chart" and isinstance(card.get("figure"), Mapping):
        from laminar.reports import plotly_chart

        body = plotly_chart.draw(card["figure"])
    head = f"<h4>{text(title)}</h4>" if title else ""
    return f'<div class="card-body">{head}{body}</div>' if body else ""


def _bytes(found: object) -> bytes:
    try:
        return base64.b64decode(str(found), validate=True)
    except (binascii.Error, ValueError):
        return b""
