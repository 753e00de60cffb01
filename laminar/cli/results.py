"""``laminar results``: read what executions left."""

from __future__ import annotations

import os
import pprint
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from laminar.cli import stored_execution
from laminar.cli.datastore_choice import DatastoreChoice, StoredFlow
from laminar.cli.execution_search import find
from laminar.cli.options import completions
from laminar.cli.options.datastore import datastore_options
from laminar.cli.stored_execution import StoredExecution
from laminar.cli.table import table
from laminar.exceptions import DatastoreError, ExecutionError, FlowError, suggest
from laminar.graph import PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from laminar.configurations.datastores import Artifact

__all__ = ["results"]

PREVIEW = 60


@click.command(short_help="Print executions, layers, artifacts and values.")
@datastore_options
@click.argument("execution", required=False, shell_complete=completions.executions)
@click.argument("layer", required=False, shell_complete=completions.layers)
@click.argument("attribute", metavar="[ARTIFACT]", required=False, shell_complete=completions.artifacts)
@click.option("--index", type=click.IntRange(0), help="Read one split of the layer.")
def results(chosen: DatastoreChoice, execution: str | None, layer: str | None, attribute: str | None, index: int | None) -> None:
    """Print the executions of a program or a flow, the layers of one, a layer's artifacts, or one value.

    \b
    laminar results                                all executions in this folder's datastore
    laminar results train.py                       executions of the program's flows
    laminar results train.py latest                layers of the newest execution
    laminar results train.py latest Fit            artifacts of layer Fit
    laminar results train.py latest Fit score      one value
    laminar results Train latest --datastore s3://bucket/prefix
    laminar results train.py train-x7k2f Fit       of a workflow on a cluster, also when that is long gone

    EXECUTION is an id, a workflow's name, the beginning of either, or latest. No program is executed: the source shows which flows
    and layers it has. The datastore is that of --datastore, else the one in the program's source, else .laminar in this folder.
    Piped tables are tab-separated.
    """
    if index is not None and layer is None:
        raise click.UsageError("--index selects a split of a layer. Pass EXECUTION and LAYER as well.")
    flows = chosen.flows()
    _add_folder(chosen)
    if execution is None:
        _executions(flows)
        return
    found = find(flows, execution)
    if layer is None:
        for one in found:
            _layers(one, titled=len(found) > 1)
        return
    one = _with_layer(found, layer)
    artifacts = one.artifacts(layer, index)
    if attribute is None:
        _artifacts(one, artifacts)
    else:
        _value(one, layer, attribute, artifacts, index)


def _add_folder(chosen: DatastoreChoice) -> None:
    """Add the program's folder to the import path: values may be of classes in modules beside it."""
    if chosen.program is not None:
        sys.path.insert(0, os.path.dirname(os.path.abspath(chosen.program)))


def _executions(flows: list[StoredFlow]) -> None:
    rows = [row for flow in flows for row in _states(flow)]
    if not rows:
        click.echo("There are no executions yet.", err=True)
        return
    table(("flow", "execution", "state", "layers", "started"), rows)


def _states(flow: StoredFlow) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for each execution of a flow, the newest first."""
    for execution in stored_execution.newest_first(flow):
        try:
            yield flow.name, execution.id, *execution.summary()
        except DatastoreError as error:
            click.echo(f"warning: execution {execution.id}: {error.what}", err=True)
            yield flow.name, execution.id, "damaged", "-", "-"


def _layers(execution: StoredExecution, *, titled: bool) -> None:
    if titled:
        click.echo(f"{execution.flow.name} {execution.id}")
    rows = []
    for name, status in execution.statuses().items():
        record = execution.record(name)
        attempt = str(record.attempt) if record is not None else "-"
        took = _took(record.started, record.finished) if record is not None and name != PARAMETERS else "-"
        state = status + (f" (caught {record.caught})" if record is not None and record.caught else "")
        rows.append((name, state, execution.splits(name, status), attempt, took, ", ".join(execution.names(name)) or "-"))
    table(("layer", "state", "splits", "attempt", "took", "artifacts"), rows)


def _took(started: str, finished: str) -> str:
    first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (started, finished))
    return f"{(last - first).total_seconds():.2f} s"


def _with_layer(executions: list[StoredExecution], layer: str) -> StoredExecution:
    """Return the execution that has a layer.

    Raises FlowError where none has.
    """
    known: list[str] = []
    for execution in executions:
        names = execution.layers()
        if layer in names:
            return execution
        known += names
    flows = ", ".join(repr(execution.flow.name) for execution in executions)
    raise FlowError(f"Flow {flows} has no layer {layer!r}." + suggest(layer, known), fix=f"its layers are: {', '.join(known)}.")


def _artifacts(execution: StoredExecution, artifacts: Mapping[str, Artifact]) -> None:
    rows = []
    for name, artifact in artifacts.items():
        try:
            value = execution.read(artifact)
            rows.append((name, type(value).__name__, _preview(value)))
        except DatastoreError as error:
            click.echo(f"warning: artifact {name!r}: {error.what}", err=True)
            rows.append((name, "-", "-"))
    table(("artifact", "type", "value"), rows)


def _preview(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= PREVIEW else text[: PREVIEW - 3] + "..."


def _value(execution: StoredExecution, layer: str, attribute: str, artifacts: Mapping[str, Artifact], index: int | None) -> None:
    """Print a value: text as it is, each element of an Accessor on a line, anything else as Python writes it.

    Raises ExecutionError where the layer left no such artifact.
    """
    from laminar.configurations.datastores import Accessor

    if attribute not in artifacts:
        raise ExecutionError(
            f"Layer {layer!r} left no artifact {attribute!r} in execution {execution.id!r}: it is {execution.statuses()[layer]}."
            + suggest(attribute, list(artifacts)),
            fix=f"its artifacts are: {', '.join(artifacts) or 'none'}.",
        )
    value = execution.read(artifacts[attribute], execution.origin(layer, attribute, index))
    for element in value if isinstance(value, Accessor) else (value,):
        click.echo(element if isinstance(element, str) else pprint.pformat(element))
