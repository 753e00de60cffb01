"""Draw the lines, points and bars of a plotly figure as SVG; of other traces, their data as a table.

plotly draws by a script of some megabytes. A report contains only its own script, so that a page of data executes nothing.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from laminar.pictures.page import text

__all__ = ["draw"]

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640.0, 380.0, 62.0, 46.0, 36.0, 12.0

COLOURS = ("#636efa", "#ef553b", "#00a67c", "#ab63fa", "#e67e22", "#19a3c4", "#d6336c", "#6c8f2e")

POINTS = 2000
"""Points of a trace that are drawn."""

KINDS = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f", "f8": "d"}
"""Types of plotly's encoded arrays, as the struct module names them."""


def draw(figure: Mapping[str, Any]) -> str:
    """Return a figure, given as plotly's JSON, as HTML."""
    traces = [trace for trace in figure.get("data", ()) if isinstance(trace, Mapping)]
    known = [trace for trace in traces if trace.get("type", "scatter") in ("scatter", "scattergl", "bar")]
    layout = figure.get("layout") or {}
    parts = [_chart(known, layout)] if known else []
    others = [trace for trace in traces if trace not in known]
    if others:
        kinds = ", ".join(sorted({str(trace.get("type")) for trace in others}))
        parts.append(
            f'<div class="quiet">a plotly figure with traces of kind {text(kinds)}, which a page without scripts cannot draw</div>'
        )
    return "".join(parts) or '<div class="quiet">a plotly figure without traces</div>'


def _title(value: Any) -> str:
    found = value.get("text", "") if isinstance(value, Mapping) else value
    return str(found or "")


def values_of(found: Any) -> list[Any]:
    """Return a trace's values: a list, an array, or plotly's encoded array (``{"dtype": "f8", "bdata": "..."}``)."""
    if isinstance(found, Mapping) and "bdata" in found:
        code = KINDS.get(str(found.get("dtype")))
        data = base64.b64decode(str(found["bdata"]))
        return list(struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data)) if code else []
    if found is None:
        return []
    return list(found.tolist() if hasattr(found, "tolist") else found)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _chart(traces: Sequence[Mapping[str, Any]], layout: Mapping[str, Any]) -> str:
    series = []
    for trace in traces:
        x, y = values_of(trace.get("x")), values_of(trace.get("y"))
        if trace.get("orientation") == "h":
            x, y = y, x
        series.append((x or list(range(len(y))), y))
    names = list(dict.fromkeys(str(one) for xs, _ in series for one in xs if _number(one) is None))
    numeric = not names
    place = {name: float(number) for number, name in enumerate(names)}
    points = [
        [
            (_number(one) if numeric else place.get(str(one)), _number(other))
            for one, other in list(zip(xs, ys, strict=False))[:POINTS]
        ]
        for xs, ys in series
    ]
    drawn = [[(a, b) for a, b in one if a is not None and b is not None] for one in points]
    bars = any(trace.get("type") == "bar" for trace in traces)
    xs = [a for one in drawn for a, _ in one] or [0.0, 1.0]
    ys = [b for one in drawn for _, b in one] or [0.0, 1.0]
    spare = 0.6 if bars or not numeric else 0.0
    low_x, high_x = min(xs) - spare, max(xs) + spare
    low_y, high_y = (min(0.0, *ys), max(0.0, *ys)) if bars else (min(ys), max(ys))
    frame = _Frame(low_x, high_x if high_x > low_x else low_x + 1, low_y, high_y if high_y > low_y else low_y + 1)
    marks = list(_axes(frame, names, layout))
    for number, (trace, one) in enumerate(zip(traces, drawn, strict=True)):
        marks += _bars(frame, one, number, traces) if trace.get("type") == "bar" else _line(frame, trace, one, number)
    marks += _legend(traces) if len(traces) > 1 else []
    size = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="{WIDTH:g}" height="{HEIGHT:g}"'
    title = text(_title(layout.get("title")))
    head = f'<text class="label" x="{WIDTH / 2:g}" y="18" text-anchor="middle">{title}</text>' if title else ""
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" {size} role="img"><title>{title or "figure"}</title>'
    return f"{opening}{head}{''.join(marks)}</svg>"


class _Frame:
    """The numbers of a chart as pixels."""

    def __init__(self, low_x: float, high_x: float, low_y: float, high_y: float) -> None:
        self.low_x, self.high_x, self.low_y, self.high_y = low_x, high_x, low_y, high_y

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.low_x) / (self.high_x - self.low_x)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - self.low_y) / (self.high_y - self.low_y)


def _ticks(low: float, high: float) -> Iterator[float]:
    """Yield round numbers in a range."""
    raw = (high - low) / 6
    size = 10.0 ** math.floor(math.log10(raw))
    step = next((size * factor for factor in (1, 2, 5) if size * factor >= raw), size * 10)
    number = math.ceil(low / step)
    while number * step <= high + step / 1e6:
        yield number * step
        number += 1


def _axes(frame: _Frame, names: Sequence[str], layout: Mapping[str, Any]) -> Iterator[str]:
    for value in _ticks(frame.low_y, frame.high_y):
        y = frame.y(value)
        yield f'<path class="grid" d="M{LEFT:g} {y:.1f} H{WIDTH - RIGHT:g}"/>'
        yield f'<text class="fact" x="{LEFT - 6:g}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    every = max(1, len(names) // 10)
    marks = [(float(at), name) for at, name in enumerate(names) if at % every == 0]
    for at, shown in marks or [(value, f"{value:g}") for value in _ticks(frame.low_x, frame.high_x)]:
        place = f'x="{frame.x(at):.1f}" y="{HEIGHT - BOTTOM + 16:g}"'
        yield f'<text class="fact" {place} text-anchor="middle">{text(shown[:14])}</text>'
    for name, x, y, turn in (
        ("xaxis", WIDTH / 2, HEIGHT - 8, ""),
        ("yaxis", 14.0, HEIGHT / 2, f' transform="rotate(-90 14 {HEIGHT / 2:g})"'),
    ):
        title = text(_title((layout.get(name) or {}).get("title")))
        if title:
            yield f'<text class="fact" x="{x:g}" y="{y:g}" text-anchor="middle"{turn}>{title}</text>'


def _line(frame: _Frame, trace: Mapping[str, Any], points: Sequence[tuple[float, float]], number: int) -> Iterator[str]:
    colour = COLOURS[number % len(COLOURS)]
    mode = str(trace.get("mode") or ("lines+markers" if len(points) < 20 else "lines"))
    if "lines" in mode and points:
        path = " L".join(f"{frame.x(x):.1f} {frame.y(y):.1f}" for x, y in points)
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    if "markers" in mode:
        for x, y in points:
            yield f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="3" fill="{colour}"/>'


def _bars(frame: _Frame, points: Sequence[tuple[float, float]], number: int, traces: Sequence[Any]) -> Iterator[str]:
    groups = [place for place, trace in enumerate(traces) if trace.get("type") == "bar"]
    xs = sorted({x for x, _ in points})
    near = min((b - a for a, b in pairwise(xs)), default=1.0)
    width = 0.8 * near / len(groups)
    shift = (groups.index(number) - (len(groups) - 1) / 2) * width
    for x, y in points:
        left, right = frame.x(x + shift - width / 2), frame.x(x + shift + width / 2)
        top, base = frame.y(max(y, 0.0)), frame.y(min(y, 0.0))
        size = f'width="{max(right - left, 0.5):.1f}" height="{base - top:.1f}"'
        yield f'<rect x="{left:.1f}" y="{top:.1f}" {size} fill="{COLOURS[number % len(COLOURS)]}"/>'


def _legend(traces: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for number, trace in enumerate(traces[:12]):
        y = TOP + 4 + 16 * number
        yield f'<rect x="{WIDTH - 150:g}" y="{y - 9:g}" width="10" height="10" fill="{COLOURS[number % len(COLOURS)]}"/>'
        yield f'<text class="fact" x="{WIDTH - 134:g}" y="{y:g}">{text(str(trace.get("name") or f"trace {number}")[:20])}</text>'
