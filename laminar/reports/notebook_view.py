"""Show flows, executions and layers in notebooks: a picture, the state, values. Small, escaped, and without scripts."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

from laminar.pictures import flow_diagram, svg
from laminar.pictures.diagram import Diagram, shorten
from laminar.pictures.page import text
from laminar.quantities import counted, duration
from laminar.reports.artifact_list import Budget, draw
from laminar.reports.run_diagram import diagram_of, shown_state

if TYPE_CHECKING:
    from laminar.components.execution import Execution
    from laminar.components.flow import Flow
    from laminar.components.layer import Layer
    from laminar.history import Run

__all__ = ["of_execution", "of_flow", "of_layer"]

MOST = 60
"""Layers up to which a picture is drawn: larger pictures are only drawn on pages."""

HEIGHT = 460
"""Pixels of a picture's height in a notebook, at most."""


def of_flow(flow: Flow) -> str:
    """Return a flow as HTML: its name, its docstring and its picture.

    Raises FlowError where it is defined wrongly.
    """
    frame = flow_diagram.frame_of(flow, None)
    layers = sum(box.kind == "layer" for box in frame.boxes)
    head = f"<b>{text(flow.name)}</b>, {counted(layers, 'layer')}"
    about = f"<div>{text(shorten(frame.about, 300))}</div>" if frame.about else ""
    return f"<div>{head}{about}{_picture(Diagram(title=flow.name, frames=(frame,)))}</div>"


def of_execution(execution: Execution) -> str:
    """Return an execution as HTML: its state, the picture of its layers coloured by theirs, and its failures."""
    from laminar.history import Run

    if execution.id is None:
        return f"<div><b>{text(execution.flow.name)}</b>, an execution without an id: none of its data is stored yet.</div>"
    run = Run(execution.flow.name, execution.id, execution.flow.configuration.datastore)
    facts = [f"execution <code>{text(execution.id)}</code>", _state(run)]
    if run.started:
        facts.append(f"took {duration(run.seconds)}" if run.state != "running" else f"for {duration(run.seconds)}")
    failures = "".join(f"<div>{line}</div>" for line in _failures(run))
    return f"<div><b>{text(execution.flow.name)}</b>, {', '.join(facts)}{failures}{_picture(diagram_of([run]))}</div>"


def _state(run: Run) -> str:
    done = sum(layer.state in ("finished", "skipped") for layer in run.layers)
    return f"{text(run.state)}, {done} of {counted(len(run.layers), 'layer')} done"


def _failures(run: Run) -> Iterator[str]:
    for one in run.failures[:3]:
        yield f"<b>{text(one.layer)}</b>[{one.index}]: {text(one.message or one.how)} {text(one.where)}"
    if len(run.failures) > 3:
        yield f"and {counted(len(run.failures) - 3, 'failure')} more"


def of_layer(layer: Layer) -> str:
    """Return a layer as HTML: its state and its artifacts in an execution, else its definition."""
    binding = layer._binding
    if binding.flow is None or binding.execution is None or binding.execution.id is None or binding.own:
        names = ", ".join(name for name in vars(layer) if not name.startswith("_"))
        about = shorten(type(layer).__doc__ or "", 300)
        return f"<div><b>{text(layer.name)}</b>{f', with {text(names)}' if names else ''}<div>{text(about)}</div></div>"
    from laminar.history import Run

    flow = binding.flow
    run = Run(flow.name, binding.execution.id, flow.configuration.datastore)
    records = run.records.get(layer.name, {})
    if binding.index is not None:
        records = {index: record for index, record in records.items() if index == binding.index}
    found = next((one for one in run.layers if one.name == layer.name), None)
    facts = [shown_state(found) if found is not None else "waiting"]
    if found is not None and found.ended:
        facts.append(f"took {duration(found.wall)}")
    if found is not None and found.fan_out:
        facts.append(f"{found.finished:,} of {'?' if found.splits is None else f'{found.splits:,}'} splits")
    shown = draw(flow.configuration.datastore, records, Budget(values=40, bytes=4_000_000, largest=1_000_000))
    return f"<div><b>{text(layer.name)}</b> of {text(flow.name)}, {text(', '.join(facts))}{shown}</div>"


def _picture(diagram: Diagram) -> str:
    """Return a picture as an image: its style does not affect the rest of the notebook."""
    if diagram.size > MOST:
        return f"<div>{counted(diagram.size, 'layer')}: laminar graph draws them on a page.</div>"
    data = base64.b64encode(svg.draw(diagram).encode()).decode()
    style = f"max-width:100%;max-height:{HEIGHT}px;display:block;margin-top:6px"
    return f'<img alt="{text(diagram.title)}" style="{style}" src="data:image/svg+xml;base64,{data}">'
