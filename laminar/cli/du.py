"""``laminar du``: print the space of a datastore by flow and execution."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from laminar.cli.datastore_choice import DatastoreChoice, require_flow
from laminar.cli.options.datastore import datastore_options
from laminar.cli.options.quantity import column
from laminar.cli.table import table

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.garbage_collection import Survey, Usage

__all__ = ["du"]


@click.command(short_help="Print how much space a datastore takes.")
@datastore_options
def du(chosen: DatastoreChoice) -> None:
    """Print how much space the datastore takes, by flow. With a flow, print its executions.

    \b
    laminar du                                             the datastore of this folder
    laminar du train.py                                    the datastore of a program
    laminar du Train --datastore s3://bucket/prefix        the executions of a flow

    An artifact that several flows share counts for each of them, and once in the total. Piped tables are tab-separated, with sizes
    in bytes. No program is executed.
    """
    from laminar.configurations.datastores.documents import garbage_collection

    store, names = chosen.store()
    flow = chosen.flow
    found = garbage_collection.survey(store)
    require_flow(flow, found, names)
    _warn(found)
    if flow is not None:
        shown = sorted((usage for usage in found.executions if usage.flow == flow), key=lambda usage: usage.newest)
        table(("execution", *COLUMNS), [(usage.execution, *_row(found, [usage])) for usage in shown])
        return
    flows = sorted({usage.flow for usage in found.executions})
    rows = [(name, *_row(found, [usage for usage in found.executions if usage.flow == name])) for name in flows]
    idle = found.idle
    if idle:
        rows.append(("(nothing refers to)", "-", str(len(idle)), column(found.size(idle)), "-"))
    total = found.size(found.artifacts) + sum(usage.document_bytes for usage in found.executions)
    documents = sum(usage.documents for usage in found.executions)
    rows.append(("total", str(documents), str(len(found.artifacts)), column(total), "-"))
    table(("flow", *COLUMNS), rows)


def _warn(found: Survey) -> None:
    """Warn about documents that cannot be read: artifacts that only they refer to count as idle."""
    damaged = [usage.damaged for usage in found.executions if usage.damaged is not None]
    for error in (*damaged, *found.broken):
        click.echo(f"warning: {error.what} Artifacts that only it refers to are counted as idle.", err=True)


COLUMNS = ("documents", "artifacts", "size", "last written")


def _row(found: Survey, usages: Sequence[Usage]) -> tuple[str, ...]:
    addresses = frozenset[str]().union(*(usage.addresses for usage in usages))
    total = found.size(addresses) + sum(usage.document_bytes for usage in usages)
    newest = max(usage.newest for usage in usages)
    last = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest)) if newest else "-"
    return str(sum(usage.documents for usage in usages)), str(len(addresses)), column(total), last
