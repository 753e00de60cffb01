"""``laminar results``: read the results of executions."""

from __future__ import annotations

import os
import pprint
import sys
from typing import TYPE_CHECKING, Any

import click

from laminar.cli import layer_table, stored_execution
from laminar.cli.datastore_choice import DatastoreChoice, StoredFlow
from laminar.cli.execution_search import find
from laminar.cli.json_value import json_text
from laminar.cli.layer_table import preview
from laminar.cli.options import completions
from laminar.cli.options.datastore import datastore_options
from laminar.cli.stored_execution import StoredExecution
from laminar.cli.table import table
from laminar.exceptions import DatastoreError, ExecutionError, FlowError, suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from laminar.configurations.datastores import Artifact

__all__ = ["results"]


@click.command(short_help="Print executions, layers, artifacts and values.")
@datastore_options
@click.argument("execution", required=False, shell_complete=completions.executions)
@click.argument("layer", required=False, shell_complete=completions.layers)
@click.argument("attribute", metavar="[ARTIFACT]", required=False, shell_complete=completions.artifacts)
@click.option("--index", type=click.IntRange(0), help="Read one split of the layer.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    help="Write a value, or the table of a layer, to FILE, or to standard output by -: text and bytes as they are, else JSON. "
    "The suffix of FILE is the format: csv, tsv, json, jsonl, parquet, png, jpg, svg, npy, pickle, txt.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def results(
    chosen: DatastoreChoice,
    execution: str | None,
    layer: str | None,
    attribute: str | None,
    index: int | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Print the executions of a program or a flow, the layers of one, a layer's artifacts, or one value.

    \b
    laminar results                                all executions in this folder's datastore
    laminar results train.py                       executions of the program's flows
    laminar results train.py latest                layers of the newest execution of the program
    laminar results train.py latest Fit            artifacts of layer Fit; of a fan-out a row for each split
    laminar results train.py latest Fit score      one value
    laminar results train.py latest Fit score -o score.csv
    laminar results train.py latest Fit --json     all values of layer Fit
    laminar results Train latest --datastore s3://bucket/prefix
    laminar results train.py train-x7k2f Fit       of a workflow on a cluster, also after its deletion

    EXECUTION is an id, a workflow's name, the beginning of either, or latest. No program is executed: the source shows which flows
    and layers it has. The datastore is that of --datastore, else the one in the program's source, else .laminar in this folder.
    Piped tables are tab-separated.
    """
    if index is not None and layer is None:
        raise click.UsageError("--index selects a split of a layer. Pass EXECUTION and LAYER as well.")
    if output is not None and layer is None:
        raise click.UsageError("-o writes a value, or the table of a layer. Pass EXECUTION and LAYER as well.")
    if output is not None and as_json:
        raise click.UsageError("--json prints, and -o writes a file. Pass one of them: -o FILE.json writes JSON.")
    flows = chosen.flows()
    _add_folder(chosen)
    if execution is None:
        _show(("flow", "execution", "state", "layers", "started"), _executions(flows), as_json)
        return
    found = find(flows, execution, program=os.path.abspath(chosen.program) if chosen.program is not None else None)
    if layer is None:
        _layers(found, as_json)
        return
    one = _with_layer(found, layer)
    if attribute is not None:
        _give(_value(one, layer, attribute, index), output, as_json)
    elif output is not None or as_json:
        _give(layer_table.values(one, layer, index), output, as_json)
    elif one.is_fan_out(layer) and index is None:
        table(*layer_table.splits(one, layer), shorten=("state",))
    else:
        _artifacts(one, one.artifacts(layer, index))


def _add_folder(chosen: DatastoreChoice) -> None:
    """Add the program's folder to the import path: values may be of classes in modules beside it."""
    if chosen.program is not None:
        sys.path.insert(0, os.path.dirname(os.path.abspath(chosen.program)))


def _show(columns: tuple[str, ...], rows: list[tuple[str, ...]], as_json: bool) -> None:
    """Print rows as a table, or as JSON objects."""
    if as_json:
        click.echo(json_text([dict(zip(columns, row, strict=True)) for row in rows]))
    else:
        table(columns, rows)


def _executions(flows: list[StoredFlow]) -> list[tuple[str, ...]]:
    rows = [row for flow in flows for row in _states(flow)]
    if not rows:
        click.echo("There are no executions yet.", err=True)
        sys.exit(0)
    return rows


def _states(flow: StoredFlow) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for each execution of a flow, the newest first."""
    for execution in stored_execution.newest_first(flow):
        try:
            yield flow.name, execution.id, *execution.summary()
        except DatastoreError as error:
            click.echo(f"warning: execution {execution.id}: {error.what}", err=True)
            yield flow.name, execution.id, "damaged", "-", "-"


def _layers(executions: list[StoredExecution], as_json: bool) -> None:
    """Print the layers of the executions of one id: of each flow of a chain."""
    if as_json:
        found = []
        for one in executions:
            rows = [dict(zip(layer_table.LAYERS, row, strict=True)) for row in layer_table.layers(one)]
            found.append({"flow": one.flow.name, "execution": one.id, "layers": rows})
        click.echo(json_text(found))
        return
    for one in executions:
        if len(executions) > 1:
            click.echo(f"{one.flow.name} {one.id}")
        table(layer_table.LAYERS, layer_table.layers(one), shorten=("state",))


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
            rows.append((name, type(value).__name__, preview(value)))
        except DatastoreError as error:
            click.echo(f"warning: artifact {name!r}: {error.what}", err=True)
            rows.append((name, "-", "-"))
    table(("artifact", "type", "value"), rows)


def _value(execution: StoredExecution, layer: str, attribute: str, index: int | None) -> Any:
    """Return a value.

    Raises ExecutionError where the layer has no such artifact.
    """
    artifacts = execution.artifacts(layer, index)
    if attribute not in artifacts:
        if (failure := layer_table.failure(execution, layer, index)) is not None:
            which = layer if index is None and not execution.is_fan_out(layer) else f"{layer}[{failure.index}]"
            raise ExecutionError(
                f"{which} left no artifact {attribute!r} in execution {execution.id!r}: it {failure.how}: {failure.message}.",
                fix="correct that, and resume the execution; `laminar show` prints the traceback.",
            )
        raise ExecutionError(
            f"Layer {layer!r} has no artifact {attribute!r} in execution {execution.id!r}: it is {execution.statuses()[layer]}."
            + suggest(attribute, list(artifacts)),
            fix=f"its artifacts are: {', '.join(artifacts) or 'none'}.",
        )
    if index is None and execution.is_fan_out(layer):
        for line in layer_table.gaps(execution, layer):
            click.echo(line, err=True)
    return execution.read(artifacts[attribute], execution.origin(layer, attribute, index))


def _give(value: Any, output: str | None, as_json: bool) -> None:
    """Write a value to a file, or print it: as JSON, else each element of an Accessor on a line, and text as it is."""
    from laminar.configurations.datastores import Accessor

    if output == "-":
        click.echo(_standard(value), nl=False)
    elif output is not None:
        from laminar.cli.value_file import write
        from laminar.quantities import size

        click.echo(f"wrote {output} ({size(write(value, output))})", err=True)
    elif as_json:
        from laminar.cli.value_file import content

        click.echo(content(value, ".json"), nl=False)
    else:
        for element in value if isinstance(value, Accessor) else (value,):
            click.echo(element if isinstance(element, str) else pprint.pformat(element))


def _standard(value: Any) -> str | bytes:
    """Return the output of `-o -` for a value: bytes and texts as they are, all else as JSON."""
    from laminar.cli.value_file import content

    return value if isinstance(value, (str, bytes)) else content(value, ".json")
