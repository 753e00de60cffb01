"""Describe a run as a diagram: the layers of its record, coloured by how they ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from laminar.graph import PARAMETERS
from laminar.pictures.diagram import Box, Diagram, Frame, shorten
from laminar.quantities import counted, duration

if TYPE_CHECKING:
    from laminar.history import LayerRun, Run

__all__ = ["diagram_of", "shown_state"]


def diagram_of(runs: Sequence[Run]) -> Diagram:
    """Return the diagram of the flows of a chain, each from its record."""
    frames = []
    for place, run in enumerate(runs):
        name = run.flow + (f"-{place + 1}" if run.flow in [other.flow for other in runs[:place]] else "")
        link = f"linker, after flow {runs[place - 1].flow}" if place else ""
        frames.append(Frame(name=name, boxes=tuple(_boxes(run)), link=link))
    return Diagram(title=" and ".join(dict.fromkeys(run.flow for run in runs)), frames=tuple(frames))


def _boxes(run: Run) -> Iterator[Box]:
    parameters = tuple((name, shorten(text, 200)) for name, text in run.parameters.items())
    if parameters:
        lines = tuple(f"{name} = {shorten(text, 22)}" for name, text in parameters[:4])
        lines += (f"and {len(parameters) - 4} more",) if len(parameters) > 4 else ()
        yield Box(name=PARAMETERS, kind="parameters", lines=lines, details=(("parameters", parameters),))
    entry = {shape.name for shape in (run.record.layers if run.record is not None else ()) if shape.entry}
    skippable: set[str] = set()
    for layer in run.layers:
        if layer.name in entry or any(need in skippable for need in layer.needs):
            skippable.add(layer.name)
        yield _box(layer, may_skip=layer.name in skippable)


def shown_state(layer: LayerRun) -> str:
    """Return a layer's state, ``reused`` where it has the results of another execution."""
    return "reused" if layer.state == "finished" and layer.finished and layer.reused == layer.finished else layer.state


def _box(layer: LayerRun, *, may_skip: bool) -> Box:
    state = shown_state(layer)
    failed = len(layer.failures)
    lines = [f"{state} in {duration(layer.wall)}" if state == "finished" else state]
    if layer.fan_out:
        total = "?" if layer.splits is None else f"{layer.splits:,}"
        lines.append(f"{layer.finished:,} of {total} splits" + (f", {failed:,} failed" if failed else ""))
    if layer.retried:
        lines.append(counted(layer.retried, "further attempt"))
    rows = [("state", state), ("started", layer.started), ("ended", layer.ended)]
    rows += [("time", duration(layer.wall)), ("work", f"{duration(layer.work)} in {counted(len(layer.attempts), 'attempt')}")]
    if failed:
        rows.append(("failure", layer.failures[0].message))
    share = layer.finished / layer.splits if layer.fan_out and layer.splits else 1.0 if layer.state == "finished" else 0.0
    return Box(
        name=layer.name,
        lines=tuple(lines),
        needs=layer.needs,
        splits=layer.fan_out,
        may_skip=may_skip,
        state=state,
        share=share if layer.fan_out else None,
        details=(("run", tuple((name, shorten(text, 300)) for name, text in rows if text)),),
    )
