"""Draw when the attempts of a run's layers started and ended: a bar each, or, of many, how many ran at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from laminar.pictures.page import text
from laminar.pictures.placement import fitting
from laminar.quantities import counted, duration
from laminar.timestamps import since_epoch

if TYPE_CHECKING:
    from laminar.history import Attempt, LayerRun, Run

__all__ = ["draw"]

WIDTH, LABELS = 1100.0, 190.0
"""Pixels of the drawing, and of the layers' names on its left."""

LANE, GAP, AXIS = 13.0, 9.0, 26.0
"""Pixels of an attempt's bar, between layers, and of the axis above."""

LANES = 12
"""Attempts that ran at once up to which each has a bar; of more, their number is drawn."""

BARS = 300
"""Attempts of a layer up to which each has a bar."""

BINS = 200
"""Columns of a drawing of how many attempts ran at once."""

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
"""Distances between the marks of the axis, in seconds."""


@dataclass(frozen=True)
class Scale:
    """Seconds since 1970 as pixels."""

    start: float
    end: float

    def x(self, moment: float) -> float:
        """Return where a moment is."""
        return LABELS + (WIDTH - LABELS - 10) * (moment - self.start) / max(self.end - self.start, 1e-3)


def draw(run: Run) -> str:
    """Return the timeline of a run as SVG, empty where nothing of it started."""
    layers = sorted((layer for layer in run.layers if layer.started), key=lambda layer: layer.started)
    if not layers:
        return ""
    now = since_epoch(run.now)
    spans = [_span(one, now) for layer in layers for one in layer.attempts if one.started]
    scale = Scale(min(start for start, _ in spans), max(end for _, end in spans))
    marks: list[str] = []
    y = AXIS
    for layer in layers:
        found, height = _row(layer, scale, y, now)
        marks += found
        y += height + GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 {WIDTH:g} {y:.0f}" role="img">'
    return "\n".join([head, f"<title>Timeline of {text(run.flow)}</title>", *_axis(scale, y), *marks, "</svg>"])


def _span(attempt: Attempt, now: float) -> tuple[float, float]:
    """Return when an attempt started and ended; one that has not ended lasts until now."""
    start = since_epoch(attempt.started)
    return start, max(start, since_epoch(attempt.ended) if attempt.ended else now)


def _axis(scale: Scale, height: float) -> Iterator[str]:
    length = scale.end - scale.start
    step = next((step for step in STEPS if length / step <= 9), STEPS[-1] * max(1, round(length / STEPS[-1] / 9)))
    for number in range(int(length / step) + 1):
        x = scale.x(scale.start + number * step)
        yield f'<path class="grid" d="M{x:.1f} {AXIS - 6:g} V{height:.0f}"/>'
        yield f'<text class="fact" x="{x:.1f}" y="14" text-anchor="middle">{_moment(number * step)}</text>'


def _moment(seconds: float) -> str:
    return "0" if not seconds else f"{seconds:g} s" if seconds < 60 else duration(seconds)


def _row(layer: LayerRun, scale: Scale, y: float, now: float) -> tuple[list[str], float]:
    """Return the marks of a layer and their height."""
    attempts = [one for one in layer.attempts if one.started]
    lanes = _lanes(attempts, now) if len(attempts) <= BARS else None
    if lanes is None or len(lanes) > LANES:
        body, height = _profile(attempts, scale, y, now), 3 * LANE
    else:
        body = [_bar(one, scale, y + LANE * number, now, layer) for number, lane in enumerate(lanes) for one in lane]
        height = LANE * len(lanes)
    name = text(fitting(layer.name, 12.5, LABELS - 16))
    label = f'<text class="label" x="{LABELS - 10:g}" y="{y + height / 2 + 4:.1f}" text-anchor="end">{name}</text>'
    return [f'<a href="#layer-{text(layer.name)}">{label}</a>', *body], height


def _lanes(attempts: Sequence[Attempt], now: float) -> list[list[Attempt]]:
    """Return attempts in as few lanes as keep those that ran at once apart."""
    lanes: list[tuple[float, list[Attempt]]] = []
    for one in attempts:
        start, end = _span(one, now)
        free = next((number for number, (until, _) in enumerate(lanes) if until <= start), None)
        if free is None:
            lanes.append((end, [one]))
        else:
            lanes[free] = (end, [*lanes[free][1], one])
    return [lane for _, lane in lanes]


def _bar(attempt: Attempt, scale: Scale, y: float, now: float, layer: LayerRun) -> str:
    start, end = _span(attempt, now)
    x = scale.x(start)
    width = max(scale.x(end) - x, 1.5)
    split = f"[{attempt.index}]" if layer.fan_out else ""
    number = f", attempt {attempt.number}" if attempt.number > 1 else ""
    said = f"{layer.name}{split}{number}: {attempt.how} after {duration(end - start)}"
    said += f"\n{attempt.message}" if attempt.message else ""
    kind = attempt.how if attempt.how in ("finished", "skipped", "running", "interrupted") else "failed"
    return (
        f'<rect class="bar-{kind}" x="{x:.1f}" y="{y + 1:.1f}" width="{width:.1f}" height="{LANE - 2:g}" rx="2">'
        f"<title>{text(said)}</title></rect>"
    )


def _profile(attempts: Sequence[Attempt], scale: Scale, y: float, now: float) -> list[str]:
    """Return how many of many attempts ran at once, as an area, with those that failed below it."""
    width = (scale.end - scale.start) / BINS or 1e-3
    running, failed = [0.0] * BINS, [0] * BINS
    for one in attempts:
        start, end = _span(one, now)
        first = min(BINS - 1, int((start - scale.start) / width))
        last = min(BINS - 1, int((end - scale.start) / width))
        for place in range(first, last + 1):
            low = scale.start + place * width
            running[place] += max(0.0, min(end, low + width) - max(start, low)) / width
        failed[last] += one.is_bad
    most = max(max(running), 1.0)
    height = 3 * LANE - 4
    points = [
        (scale.x(scale.start + (place + 0.5) * width), y + height * (1 - count / most)) for place, count in enumerate(running)
    ]
    area = " ".join(f"L{px:.1f} {py:.1f}" for px, py in points)
    shape = f"M{points[0][0]:.1f} {y + height:.1f} {area} L{points[-1][0]:.1f} {y + height:.1f} Z"
    said = f"{counted(len(attempts), 'attempt')}, at most {most:.0f} at once, {counted(sum(failed), 'failure')}"
    marks = [f'<path class="bar-finished" d="{shape}"><title>{text(said)}</title></path>']
    for place, count in enumerate(failed):
        if count:
            x = scale.x(scale.start + (place + 0.5) * width)
            said = f"{counted(count, 'failure')}"
            marks.append(
                f'<rect class="bar-failed" x="{x - 1:.1f}" y="{y + height:.1f}" width="2.5" height="4"><title>{said}</title></rect>'
            )
    return marks
