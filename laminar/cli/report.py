"""``laminar report``: write a page about an execution."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from laminar.cli import document_file
from laminar.cli.datastore_choice import DatastoreChoice
from laminar.cli.options import completions
from laminar.cli.options.datastore import datastore_options
from laminar.cli.workflow_name import executions_of
from laminar.exceptions import FlowError
from laminar.history import address

if TYPE_CHECKING:
    from laminar.cli.datastore_choice import StoredFlow
    from laminar.history import Run

__all__ = ["report"]


@click.command(short_help="Write a page about an execution: times, failures, results.")
@datastore_options
@click.argument("execution", required=False, shell_complete=completions.executions)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="The page's file, instead of FLOW-EXECUTION.html.")
@click.option("--values/--no-values", default=True, help="Show artifacts' values, or only their sizes.  [default: values]")
@click.option(
    "--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True, help="Colours of the page."
)
def report(chosen: DatastoreChoice, execution: str | None, output: str | None, values: bool, theme: str) -> None:
    """Write a page about an execution, from its datastore alone: of a run on this machine or on a cluster.

    \b
    laminar report                                  the newest execution in this folder's datastore
    laminar report train.py                         the newest of the program's flows
    laminar report YSMnLOv -o run.html              an execution by its id, or by the beginning of it
    laminar report Train latest --datastore s3://bucket/prefix
    laminar report train.py train-x7k2f             of a workflow on a cluster, also after its deletion

    The page shows the flow's picture, coloured by how each layer ended, a timeline, failures with tracebacks, parameters, and
    the artifacts of each layer. It is one file, and loads nothing. Reading values unpickles them, as laminar results does: pass
    --no-values for a datastore whose writers you do not trust.
    """
    from laminar.reports import report_page, run_logs

    runs = _runs(chosen, execution)
    if chosen.program is not None:
        sys.path.insert(0, os.path.dirname(os.path.abspath(chosen.program)))  # values may be of classes in modules beside it
    path = output or f"{runs[0].flow}-{runs[0].short}.html"
    words = [word for word in (chosen.program or chosen.flow, execution) if word]
    logs = {run.flow: run_logs.last_lines(run) for run in runs}
    command = " ".join(["laminar report", *words])
    document_file.write(report_page.draw(runs, logs=logs, values=values, theme=theme, command=command), path)
    if output is None:
        click.echo(f"wrote {path}", err=True)


def _runs(chosen: DatastoreChoice, execution: str | None) -> list[Run]:
    """Return the runs that the command line names, in the order of their chain. A word alone may be a program, a flow or a run."""
    alone = chosen.flow if chosen.program is None else chosen.program if not os.path.exists(chosen.program) else None
    if execution is None and alone is not None and not alone.endswith(".py"):
        everything = DatastoreChoice(None, None, chosen.datastore)
        known = everything.flows()
        if alone not in [flow.name for flow in known]:
            return _found(known, alone)
    flows = chosen.flows()
    if not flows:
        raise FlowError("There are no executions yet.", fix="run a flow first, or pass --datastore URL.")
    return _found(flows, execution or address.LATEST, program=chosen.program)


def _found(flows: list[StoredFlow], words: str, *, program: str | None = None) -> list[Run]:
    runs = address.search(flows, words, program=program, elsewhere=lambda: executions_of(flows, words))
    return sorted(runs, key=lambda run: run.started or run.id)
