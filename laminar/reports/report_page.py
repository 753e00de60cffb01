"""Write the page of an execution: its picture, timeline, failures, layers with their artifacts, parameters, sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from laminar.pictures import graph_page
from laminar.pictures.page import asset, page, text
from laminar.quantities import counted, duration
from laminar.reports import artifact_list, failure_list, timeline
from laminar.reports.artifact_list import Budget
from laminar.reports.run_diagram import diagram_of, shown_state

if TYPE_CHECKING:
    from laminar.history import LayerRun, Run

__all__ = ["draw"]

Logs = Mapping[tuple[str, int, int], str]


def draw(
    runs: Sequence[Run], *, logs: Mapping[str, Logs] | None = None, values: bool = True, theme: str = "auto", command: str = ""
) -> str:
    """Return the page of an execution: the runs of the flows of one chain.

    ``logs`` are the last lines of attempts by flow. Without ``values`` no value is read from the datastore: a report of a store
    whose writers are not trusted. ``command`` writes the page again.
    """
    budget = Budget() if values else Budget(values=0)
    diagram = diagram_of(runs)
    height = "tall" if diagram.size > 12 else "short"
    parts = [_head(runs), f'<div class="picture {height}">{graph_page.section(diagram, heading="Layers")}</div>']
    for run in runs:
        parts.append(_flow(run, (logs or {}).get(run.flow, {}), budget, titled=len(runs) > 1))
    made = f"made at {text(runs[0].now.partition('.')[0].replace('T', ' '))} UTC" + (f" by {text(command)}" if command else "")
    parts.append(f'<footer class="quiet">{made}</footer>')
    title = f"{runs[0].flow} {runs[0].short}: {_state(runs)}"
    styles = [asset("report.css", "laminar.reports")]
    return page(title, f'<main class="report">{"".join(parts)}</main>', scripts=[asset("graph.js")], styles=styles, theme=theme)


def _state(runs: Sequence[Run]) -> str:
    """Return the state of a chain: that of the first flow that has not finished."""
    return next((run.state for run in runs if run.state != "finished"), "finished")


# head


def _head(runs: Sequence[Run]) -> str:
    first = runs[0]
    state = _state(runs)
    names = ", ".join(dict.fromkeys(run.flow for run in runs))
    facts = "".join(f"<tr><th>{text(name)}</th><td>{text(value)}</td></tr>" for name, value in _facts(runs) if value)
    return (
        f'<header><h1>{text(names)} <span class="quiet">{text(first.short)}</span> <span class="state {state}">{state}</span></h1>'
        f"<table>{facts}</table></header>"
    )


def _facts(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    first = runs[0]
    record, session = first.record, first.session
    yield "execution", first.id
    yield "started", first.started.partition(".")[0].replace("T", " ") + " UTC" if first.started else ""
    yield "took", duration(sum(run.seconds for run in runs))
    yield "why", next((run.reason for run in runs if run.reason), "")
    if record is not None:
        arguments = " ".join(record.arguments)
        yield "program", " ".join([record.given or record.file, arguments]).strip()
        yield "digest of the program", record.program
        yield "workflow", record.workflow
    if session is not None:
        yield "by", " on ".join(word for word in (session.user, session.host) if word)
        yield (
            "sessions",
            ", ".join(f"{one.action} ({first.state_of(one)})" for one in first.sessions) if len(first.sessions) > 1 else "",
        )
    yield "datastore", first.store.url


# a flow


def _flow(run: Run, logs: Logs, budget: Budget, *, titled: bool) -> str:
    parts = [f"<h2>Flow {text(run.flow)}</h2>"] if titled else []
    if failures := failure_list.draw(run, logs):
        parts.append(f'<section class="failures"><h2>Failures</h2>{failures}</section>')
    if drawn := timeline.draw(run):
        parts.append(f"<section><h2>Timeline</h2>{drawn}{LEGEND}</section>")
    if run.parameters:
        rows = "".join(
            f'<tr><th>{text(name)}</th><td class="code">{text(value[:2000])}</td></tr>' for name, value in run.parameters.items()
        )
        parts.append(f"<section><h2>Parameters</h2><table>{rows}</table></section>")
    parts.append(
        f"<section><h2>Layers</h2>{_summary(run)}{''.join(_layer(run, layer, budget, logs) for layer in run.layers)}</section>"
    )
    if attempts := failure_list.attempts_table(run):
        parts.append(
            f"<section><details><summary>Attempts that failed, and those after them</summary>{attempts}</details></section>"
        )
    return "".join(parts)


LEGEND = (
    '<div class="legend quiet"><span class="key finished"></span>finished <span class="key failed"></span>failed '
    '<span class="key running"></span>running <span class="key interrupted"></span>interrupted '
    "<span>an area shows how many of many splits ran at once</span></div>"
)


def _summary(run: Run) -> str:
    columns = ("layer", "state", "splits", "attempts", "time", "work", "shortest, median, longest")
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in _cells(layer)) + "</tr>" for layer in run.layers)
    head = "".join(f"<th>{name}</th>" for name in columns)
    return f'<table class="data"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _cells(layer: LayerRun) -> Iterator[str]:
    state = shown_state(layer)
    yield f'<a href="#layer-{text(layer.name)}">{text(layer.name)}</a>'
    yield f'<span class="state {state.replace(" ", "-")}">{state}</span>'
    yield "" if not layer.fan_out else f"{layer.finished:,} of {'?' if layer.splits is None else f'{layer.splits:,}'}"
    yield str(len(layer.attempts)) if layer.attempts else ""
    yield duration(layer.wall) if layer.ended else ""
    yield duration(layer.work) if layer.attempts else ""
    yield ", ".join(duration(one) for one in layer.seconds) if layer.seconds and layer.fan_out else ""


def _layer(run: Run, layer: LayerRun, budget: Budget, logs: Logs) -> str:
    """Return a layer's results, unfolded where there are any."""
    records = run.records.get(layer.name, {})
    left = artifact_list.draw(run.store, records, budget)
    caught = [record for record in records.values() if record.caught]
    if caught:
        left += f"<p>caught in {counted(len(caught), 'split')}: {text(caught[0].caught)}</p>"
        left += f"<details><summary>Traceback</summary><pre>{text(caught[0].caught_traceback or '')}</pre></details>"
    skipped = next((record.reason for record in records.values() if record.status == "skipped"), "")
    left += f"<p>skipped: {text(skipped)}</p>" if skipped else ""
    output = next((found for (name, _, _), found in logs.items() if name == layer.name), "") if not layer.fan_out else ""
    left += f"<details><summary>Output</summary><pre>{text(output)}</pre></details>" if output else ""
    body = left or '<p class="quiet">It has no artifacts.</p>'
    state = shown_state(layer)
    is_open = " open" if left and len(run.layers) <= 20 else ""
    return (
        f'<details class="layer" id="layer-{text(layer.name)}"{is_open}><summary><b>{text(layer.name)}</b> '
        f'<span class="state {state.replace(" ", "-")}">{state}</span></summary>{body}</details>'
    )
