"""Show values as HTML: numbers, texts, tables, images and figures. Texts are escaped, images are data, nothing is executed."""

from __future__ import annotations

import base64
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from laminar.pictures.page import text
from laminar.quantities import counted

__all__ = ["image", "preview", "table"]

ROWS, COLUMNS, CELL, TEXT = 12, 12, 120, 4000
"""Rows and columns of a table that are shown, and characters of a cell and of a text."""

PICTURE = 2_000_000
"""Bytes of an image up to which it is shown."""

MAGIC = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
"""First bytes of images that are shown: none of these formats can hold a script."""


def preview(value: Any) -> str:
    """Return a value as HTML. A value that cannot be shown is described by its type."""
    try:
        return _shown(value)
    except Exception as error:  # a value's own code: a repr, a column, a figure's writer
        return f'<span class="quiet">{text(type(value).__name__)}, which cannot be shown: {text(_named(error))}</span>'


def _named(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:300]
    except Exception:
        return type(error).__name__


def _shown(value: Any) -> str:
    if isinstance(value, (str, bytes, bytearray)):
        return _of_text(value)
    if value is None or isinstance(value, (bool, int, float, complex)):
        return f'<span class="code">{text(_repr(value))}</span>'
    for show in (_of_figure, _of_frame, _of_array, _of_image):
        if (made := show(value)) is not None:
            return made
    if isinstance(value, Mapping):
        return _of_mapping(value)
    if isinstance(value, (list, tuple)):
        return _of_list(value)
    return f'<pre class="value">{text(_repr(value))}</pre>'


def _repr(value: Any) -> str:
    short = reprlib.Repr()
    short.maxstring = short.maxother = TEXT
    short.maxlong = 60
    short.maxlist = short.maxtuple = short.maxdict = short.maxset = 30
    return short.repr(value)


def _of_text(value: str | bytes | bytearray) -> str:
    if isinstance(value, (bytes, bytearray)):
        return image(bytes(value)) or f'<span class="code">{text(_repr(bytes(value[:200])))}</span> {counted(len(value), "byte")}'
    cut = f'<span class="quiet">... and {counted(len(value) - TEXT, "character")} more</span>' if len(value) > TEXT else ""
    return (
        f'<pre class="value">{text(value[:TEXT])}</pre>{cut}'
        if "\n" in value or len(value) > 80
        else f'<span class="code">{text(repr(value))}</span>'
    )


def image(data: bytes, note: str = "") -> str:
    """Return an image as HTML, empty where the bytes are none of the formats that are shown, or too many."""
    kind = next((kind for magic, kind in MAGIC if data.startswith(magic)), None)
    if kind is None or len(data) > PICTURE:
        return ""
    return f'<img class="value" alt="{text(note or "image")}" src="data:{kind};base64,{base64.b64encode(data).decode()}">'


def _of_image(value: Any) -> str | None:
    """Return an image of a value that draws itself, as those of Pillow do."""
    draw = getattr(value, "_repr_png_", None)
    data = draw() if callable(draw) and not isinstance(value, type) else None
    return image(data) or None if isinstance(data, bytes) else None


def _of_figure(value: Any) -> str | None:
    """Return a figure of matplotlib or plotly, drawn as an image: no script of theirs is in the page."""
    from laminar.reports import figure_image

    return figure_image.drawn(value)


def table(columns: Sequence[object], rows: Iterable[Sequence[object]], *, total: int | None = None) -> str:
    """Return rows as an HTML table; ``total`` is how many there are."""
    head = "".join(f"<th>{text(_cell(column))}</th>" for column in columns[:COLUMNS])
    body = "".join(
        f"<tr>{''.join(f'<td>{text(_cell(cell))}</td>' for cell in row[:COLUMNS])}</tr>"
        for row, _ in zip(rows, range(ROWS), strict=False)
    )
    more = []
    if total is not None and total > ROWS:
        more.append(f"{total:,} rows")
    if len(columns) > COLUMNS:
        more.append(f"{len(columns):,} columns")
    note = f'<div class="quiet">of {" and ".join(more)}</div>' if more else ""
    return f'<table class="data"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}'


def _cell(value: object) -> str:
    found = value if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else _repr(value)
    return found if len(found) <= CELL else found[: CELL - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _of_frame(value: Any) -> str | None:
    """Return a data frame of pandas or polars as a table of its first rows."""
    package = type(value).__module__.partition(".")[0]
    if package == "pandas" and hasattr(value, "iloc"):
        first = value.iloc[:ROWS]
        if not hasattr(value, "columns"):
            return table(["", value.name or "value"], zip(first.index, first.tolist(), strict=False), total=len(value))
        columns = list(value.columns[: COLUMNS + 1])
        rows = ((index, *row) for index, row in zip(first.index, first.iloc[:, :COLUMNS].itertuples(index=False), strict=False))
        return table(["", *columns], rows, total=len(value)) + f'<div class="quiet">{len(value):,} x {len(value.columns):,}</div>'
    if package == "polars" and hasattr(value, "rows"):
        return table(value.columns, value.head(ROWS).rows(), total=value.height)
    return None


def _of_array(value: Any) -> str | None:
    """Return an array's kind, its measures and its first values."""
    if not all(hasattr(value, name) for name in ("dtype", "shape", "ravel")) or isinstance(value, type):
        return None
    shape = " x ".join(str(length) for length in value.shape) or "scalar"
    kind = f"{type(value).__module__.partition('.')[0]} {type(value).__name__}, {value.dtype}, {shape}"
    if not value.shape:
        return f'<span class="code">{text(_repr(value.item()))}</span> <span class="quiet">{text(value.dtype)}</span>'
    if len(value.shape) == 2 and value.shape[1] <= COLUMNS * 4:
        body = table([str(number) for number in range(value.shape[1])], value[:ROWS].tolist(), total=value.shape[0])
    else:
        first = [f"{one:.6g}" if isinstance(one, float) else _repr(one) for one in value.ravel()[:60].tolist()]
        body = f'<pre class="value">{text(", ".join(first))}{", ..." if value.size > 60 else ""}</pre>'
    measures = ""
    if getattr(value.dtype, "kind", "") in "iuf" and value.size:
        measures = f", from {value.min():.6g} to {value.max():.6g}, mean {value.mean():.6g}"
    return f'{body}<div class="quiet">{text(kind + measures)}</div>'


def _of_mapping(value: Mapping[Any, Any]) -> str:
    rows = [
        (key if isinstance(key, str) else _repr(key), _repr(one)) for (key, one), _ in zip(value.items(), range(30), strict=False)
    ]
    body = "".join(f'<tr><th>{text(_cell(key))}</th><td class="code">{text(one[:400])}</td></tr>' for key, one in rows)
    more = f'<div class="quiet">and {len(value) - 30:,} more</div>' if len(value) > 30 else ""
    return f"<table>{body}</table>{more}"


def _of_list(value: Sequence[Any]) -> str:
    """Return a list: a table where its elements are rows of equal length, else its first elements."""
    rows = value[:ROWS]
    if len(value) > 1 and all(isinstance(row, dict) for row in rows):
        columns = list(dict.fromkeys(key for row in rows for key in row))
        return table(columns, ([row.get(column, "") for column in columns] for row in rows), total=len(value))
    if len(value) > 1 and all(isinstance(row, (list, tuple)) for row in rows) and len({len(row) for row in rows}) == 1:
        return table([str(number) for number in range(len(rows[0]))], rows, total=len(value))
    more = f' <span class="quiet">{counted(len(value), "element")}</span>' if len(value) > 6 else ""
    return f'<span class="code">{text(_repr(value))}</span>{more}'
