"""``laminar gc``: remove executions that are old, and artifacts that nothing refers to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from laminar.cli.stores import Duration, chosen, column, datastore_option, duration, program_argument, require_flow, size
from laminar.cli.tables import table

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.garbage_collection import Plan, Survey

__all__ = ["gc"]

SHORT = 6 * 3600
"""Seconds of grace that many a layer takes longer than, from its first write to its end."""

YOUNG = 86_400
"""Seconds of being idle below which an execution may well be running: a layer writes nothing but at its end."""


@click.command()
@program_argument
@datastore_option
@click.option("--delete", is_flag=True, help="Remove; without it nothing is removed, only shown.")
@click.option("--older-than", type=Duration(), default="30d", show_default=True, help="Remove executions idle for so long.")
@click.option("--grace", type=Duration(), default="1d", show_default=True, help="Spare artifacts younger than this.")
@click.option("--flow", metavar="NAME", help="Remove executions of this flow only.")
def gc(program: str | None, datastore: str | None, delete: bool, older_than: float, grace: float, flow: str | None) -> None:
    """Remove old executions, and artifacts that nothing refers to, from PROGRAM's datastore; without --delete only show them.

    \b
    laminar gc train.py                              what would be removed?
    laminar gc train.py --older-than 90d --delete
    laminar gc --datastore s3://bucket/prefix --delete

    All flows of the datastore are looked at. It is safe while flows run, as long as no layer runs for longer than --grace; the
    artifacts of a removed execution go when --grace has passed again.
    """
    from laminar.configurations.datastores.documents import garbage_collection

    store, names = chosen(program, datastore)
    found = garbage_collection.survey(store)
    require_flow(flow, found, names)
    made = garbage_collection.plan(found, older=older_than, grace=grace, flow=flow)
    _show(found, made)
    if older_than < YOUNG:
        idle = duration(older_than)
        click.echo(f"note: with --older-than {idle}, an execution is removed whose layers have run for {idle} now.", err=True)
    if grace < SHORT:
        click.echo(f"note: with --grace {duration(grace)}, nothing may be running that writes to {store.url}.", err=True)
    if delete:
        done = garbage_collection.clear(store, made)
        text = f"removed {_count(done.executions, 'execution')} and {_count(done.artifacts, 'artifact')} ({size(done.bytes)})"
    else:
        text = (
            f"would remove {_count(len(made.executions), 'execution')} and {_count(len(made.artifacts), 'artifact')} "
            f"({size(found.size(made.artifacts))}); say --delete to do it"
        )
    click.echo(f"{text}.", err=True)
    if made.later:
        later = f"{_count(len(made.later), 'artifact')} ({size(found.size(made.later))})"
        click.echo(f"{later} of removed executions can be removed in {duration(grace)}: run it again then.", err=True)


def _show(found: Survey, made: Plan) -> None:
    """Print the executions that leave, oldest first."""
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
