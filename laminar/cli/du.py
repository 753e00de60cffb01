"""``laminar du``: say what a datastore's space is used for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from laminar.cli.stores import chosen, column, datastore_option, program_argument, require_flow
from laminar.cli.tables import table

if TYPE_CHECKING:
    from laminar.configurations.datastores.documents.garbage_collection import Survey, Usage

__all__ = ["du"]


@click.command()
@program_argument
@datastore_option
@click.option("--flow", metavar="NAME", help="Show the executions of this flow.")
def du(program: str | None, datastore: str | None, flow: str | None) -> None:
    """Say how much space PROGRAM's datastore takes, by flow, or by execution of one.

    \b
    laminar du train.py
    laminar du --datastore s3://bucket/prefix --flow Train

    An artifact that several share counts for each; the total has it once. Piped, tables are tab-separated and sizes in bytes.
    """
    from laminar.configurations.datastores.documents import garbage_collection

    store, names = chosen(program, datastore)
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
    """Say what cannot be read: artifacts that only it refers to look as if nothing did."""
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
