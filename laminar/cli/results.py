"""``laminar results``: read what executions left."""

from __future__ import annotations

import os
import pprint
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.tables import table
from laminar.cli.values import program_argument
from laminar.configurations.datastores.key_layout import document_key
from laminar.exceptions import DatastoreError, ExecutionError, FlowError, suggest
from laminar.graph import PARAMETERS

if TYPE_CHECKING:
    from laminar import Execution, Flow, Layer

__all__ = ["results"]

PREVIEW = 60

AT_ONCE = 1000
"""Documents that are fetched together."""


@click.command(short_help="Read a program's results: executions, layers, artifacts, values.")
@program_argument
@click.argument("execution", required=False)
@click.argument("layer", required=False)
@click.argument("attribute", required=False)
@click.option("--flow", metavar="NAME", help="Look at this flow only.")
@click.option("--datastore", metavar="URL", help="Read from this datastore instead of the flow's own.")
@click.option("--index", type=click.IntRange(0), help="Look at one split of the layer.")
def results(
    program: str,
    execution: str | None,
    layer: str | None,
    attribute: str | None,
    flow: str | None,
    datastore: str | None,
    index: int | None,
) -> None:
    """Read PROGRAM's results: its executions, one's layers, a layer's artifacts, an artifact's value.

    \b
    laminar results train.py                       the executions
    laminar results train.py latest                the newest one's layers
    laminar results train.py latest Fit            Fit's artifacts
    laminar results train.py latest Fit score      one value

    EXECUTION is an id, the beginning of one, or `latest`. Piped, tables are tab-separated.
    """
    if index is not None and layer is None:
        raise click.UsageError("--index is a split of a layer: say EXECUTION and LAYER as well.")
    flows = _flows(program, flow, datastore)
    if execution is None:
        _executions(flows)
        return
    found = _find(flows, execution)
    if layer is None:
        for one in found:
            _layers(one, titled=len(found) > 1)
        return
    one, made = _layer(found, layer, index)
    if attribute is None:
        _artifacts(made)
    else:
        _value(made, attribute)


def _flows(program: str, name: str | None, datastore: str | None) -> list[Flow]:
    """Return the program's flows, those called first."""
    from laminar.program import recording
    from laminar.program.main_module import Program
    from laminar.worker import split_job

    recorded = recording.record(Program(os.path.abspath(program)))
    flows: dict[str, Flow] = {}
    for flow in [step.flow for chain in recorded.chains for step in chain.steps] + recorded.flows:
        flows.setdefault(flow.name, flow)
    for cls in recorded.classes:
        if cls.__module__ == "__main__" and cls.__name__ not in flows and cls.has_layers():
            flows[cls.__name__] = cls()
    if datastore is not None:
        for flow in flows.values():
            split_job.reroot(flow, datastore)
    if name is None:
        return list(flows.values())
    if name not in flows:
        raise FlowError(
            f"Program {program!r} has no flow {name!r}." + suggest(name, list(flows)), fix=f"it has: {', '.join(flows)}."
        )
    return [flows[name]]


def _executions(flows: list[Flow]) -> None:
    rows = [row for flow in flows for row in _states(flow)]
    if not rows:
        click.echo("no executions yet", err=True)
        return
    table(("flow", "execution", "state", "layers", "started"), rows)


def _states(flow: Flow) -> Iterator[tuple[str, ...]]:
    """Give the table's rows of a flow's executions, the newest first; their documents are fetched many at a time."""
    store = flow.configuration.datastore
    ids = store.executions(flow.name)[::-1]
    some = max(1, AT_ONCE // len(flow.nodes)) if ids else 1
    for start in range(0, len(ids), some):
        store.prefetch([document_key(flow.name, id, name, 0) for id in ids[start : start + some] for name in flow.nodes])
        for id in ids[start : start + some]:
            try:
                yield flow.name, id, *_state(flow.execution(id))
            except DatastoreError as error:
                click.echo(f"warning: execution {id}: {error.what}", err=True)
                yield flow.name, id, "damaged", "-", "-"


def _state(execution: Execution) -> tuple[str, str, str]:
    """Return whether an execution has finished, how many of its layers have, and when it was started."""
    flow = execution.flow
    states = [execution.status(name) for name in flow.nodes if name != PARAMETERS]
    done = sum(state != "unfinished" for state in states)
    record = flow.configuration.datastore.load(flow.name, execution.id or "", PARAMETERS, 0)
    state = "finished" if done == len(states) else "unfinished"
    return state, f"{done}/{len(states)}", record.started if record is not None else "-"


def _find(flows: list[Flow], wanted: str) -> list[Execution]:
    """Return the executions of an id (a chain's flows share it), of the beginning of one, or the newest.

    Raises ExecutionError where there is none, or the beginning fits several.
    """
    known = {(flow.name, id): flow for flow in flows for id in flow.configuration.datastore.executions(flow.name)}
    ids = list(dict.fromkeys(id for _, id in known))
    if wanted == "latest" and "latest" not in ids and ids:
        first = [id for name, id in known if name == flows[0].name] or ids
        wanted = first[-1]
    fitting = [wanted] if wanted in ids else [id for id in ids if id.startswith(wanted)]
    if len(fitting) != 1:
        what = "Several executions begin with" if fitting else "There is no execution"
        shown = ", ".join((fitting or ids)[-5:][::-1]) or "none yet"
        raise ExecutionError(f"{what} {wanted!r}.", fix=f"the newest are: {shown}.")
    return [flow.execution(id) for (_, id), flow in known.items() if id == fitting[0]]


def _layers(execution: Execution, *, titled: bool) -> None:
    if titled:
        click.echo(f"{execution.flow.name} {execution.id}")
    rows = []
    for name in execution.flow.nodes:
        made = execution.layer(name)
        record = execution.flow.configuration.datastore.load(execution.flow.name, execution.id or "", name, 0)
        attempt = str(record.attempt) if record is not None else "-"
        took = _took(record.started, record.finished) if record is not None and name != PARAMETERS else "-"
        splits = _splits(execution, name)
        state = execution.status(name) + (f" (caught {record.caught})" if record is not None and record.caught else "")
        rows.append((name, state, splits, attempt, took, ", ".join(made.artifacts) or "-"))
    table(("layer", "state", "splits", "attempt", "took", "artifacts"), rows)


def _splits(execution: Execution, name: str) -> str:
    """Return how many splits a fan-out has, and of an unfinished one how many of them have finished."""
    if execution.flow.registrations[name].configuration.foreach is None:
        return "-"
    records = execution.flow.configuration.datastore.records(execution.flow.name, execution.id or "", name)
    if not records:
        return "-"
    whole = next(iter(records.values())).splits
    return str(whole) if execution.status(name) != "unfinished" else f"{len(records)}/{whole}"


def _took(started: str, finished: str) -> str:
    first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (started, finished))
    return f"{(last - first).total_seconds():.2f} s"


def _layer(executions: list[Execution], name: str, index: int | None) -> tuple[Execution, Layer]:
    """Return the layer of a name, of the first flow that has it.

    Raises FlowError where none has, ExecutionError where the layer has no such split.
    """
    for execution in executions:
        if name in execution.flow.registrations:
            _check_index(execution, name, index)
            return execution, execution.layer(name, **({} if index is None else {"index": index}))
    executions[0].layer(name)  # raises, saying which layers there are
    raise AssertionError


def _check_index(execution: Execution, name: str, index: int | None) -> None:
    """Raise ExecutionError for a split that a layer is known not to have."""
    if index is None or execution.status(name) == "skipped":
        return
    splits = 1 if (is_one := execution.flow.registrations[name].configuration.foreach is None) else _count(execution, name, index)
    if splits is None or index < splits:
        return
    has = f"it has splits 0 to {splits - 1}" if splits > 1 else "it has split 0 only" if splits else "it has none"
    raise ExecutionError(
        f"Layer {name!r} has no split {index}: {'it is no fan-out, ' if is_one else ''}{has}.",
        fix="say an --index that it has, or leave --index out.",
    )


def _count(execution: Execution, name: str, index: int) -> int | None:
    """Return how many splits a fan-out has, None where that is not known or this one of them has ended."""
    store, key = execution.flow.configuration.datastore, (execution.flow.name, execution.id or "", name)
    if store.load(*key, index) is not None:
        return None
    return next((record.splits for record in store.records(*key).values()), None)


def _artifacts(layer: Layer) -> None:
    rows = ((name, type(value).__name__, _preview(value)) for name, value in _values(layer))
    table(("artifact", "type", "value"), rows)


def _values(layer: Layer) -> Iterator[tuple[str, Any]]:
    for name in layer.artifacts:
        yield name, getattr(layer, name)


def _preview(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= PREVIEW else text[: PREVIEW - 3] + "..."


def _value(layer: Layer, attribute: str) -> None:
    """Print a value: text as it is, the elements of an Accessor a line each, anything else as Python writes it."""
    from laminar.configurations.datastores import Accessor

    value = getattr(layer, attribute)
    if isinstance(value, Accessor):
        for element in value:
            click.echo(element if isinstance(element, str) else pprint.pformat(element))
    else:
        click.echo(value if isinstance(value, str) else pprint.pformat(value))
