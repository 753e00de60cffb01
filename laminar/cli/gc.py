"""``laminar gc``: remove executions that are old, and artifacts that nothing refers to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from laminar.cli.datastore_choice import DatastoreChoice, require_flow
from laminar.cli.options.datastore import datastore_options
from laminar.cli.options.quantity import Duration, column
from laminar.cli.table import table
from laminar.quantities import duration, size

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.garbage_collection import Plan, Survey

__all__ = ["gc"]

SHORT = 6 * 3600
"""Seconds of grace that many layers exceed, from their first write to their end."""

YOUNG = 86_400
"""Seconds without a write after which an execution may still be running: a layer writes at its end only."""


@click.command(short_help="Remove old executions and unused artifacts.")
@datastore_options
@click.option("--delete", is_flag=True, help="Remove. Without it, gc only prints the list.")
@click.option(
    "--older-than",
    type=Duration(),
    default="30d",
    show_default=True,
    help="Remove executions that nothing was written to for this long.",
)
@click.option("--grace", type=Duration(), default="1d", show_default=True, help="Keep artifacts younger than this.")
def gc(chosen: DatastoreChoice, delete: bool, older_than: float, grace: float) -> None:
    """Remove old executions, and artifacts that nothing refers to, from a datastore. Without --delete, only print them.

    \b
    laminar gc                                       list the data of this folder's datastore to remove
    laminar gc train.py                              the datastore of a program
    laminar gc train.py --older-than 90d --delete
    laminar gc --datastore s3://bucket/prefix --delete

    With a flow, only its executions are removed. gc is safe while flows run, if no layer runs for longer than --grace. The
    artifacts of a removed execution can be removed after another --grace. No program is executed.
    """
    from laminar.configurations.datastores.documents import garbage_collection

    store, names = chosen.store()
    flow = chosen.flow
    found = garbage_collection.survey(store)
    require_flow(flow, found, names)
    made = garbage_collection.plan(found, older=older_than, grace=grace, flow=flow)
    _show(found, made)
    if older_than < YOUNG:
        idle = duration(older_than)
        click.echo(f"note: --older-than {idle} also removes an execution whose layers have been running for {idle}.", err=True)
    if grace < SHORT:
        click.echo(f"note: with --grace {duration(grace)}, no flow may be running that writes to {store.url}.", err=True)
    if delete:
        done = garbage_collection.clear(store, made)
        text = f"removed {_count(done.executions, 'execution')} and {_count(done.artifacts, 'artifact')} ({size(done.bytes)})"
    else:
        text = (
            f"would remove {_count(len(made.executions), 'execution')} and {_count(len(made.artifacts), 'artifact')} "
            f"({size(found.size(made.artifacts))}); pass --delete to remove them"
        )
    click.echo(f"{text}.", err=True)
    if made.later:
        later = f"{_count(len(made.later), 'artifact')} ({size(found.size(made.later))})"
        click.echo(f"{later} of removed executions can be removed in {duration(grace)}: run gc again then.", err=True)


def _show(found: Survey, made: Plan) -> None:
    """Print the executions to remove, oldest first."""
    if made.executions:
        leaving = sorted(made.executions, key=lambda usage: usage.newest)
        rows = [
            (
                usage.flow,
                usage.execution,
                time.strftime("%Y-%m-%d %H:%M", time.localtime(usage.newest)),
                str(usage.documents),
                column(found.size(usage.addresses)),
            )
            for usage in leaving
        ]
        table(("flow", "execution", "last written", "documents", "artifacts"), rows)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
