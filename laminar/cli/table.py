"""Print tables: drawn on a terminal, tab-separated lines where the output is piped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

__all__ = ["table"]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under these columns."""
    listed = [tuple(row) for row in rows]
    if not sys.stdout.isatty():
        for row in (tuple(columns), *listed):
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in listed:
        drawn.add_row(*row)
    Console(highlight=False, markup=False).print(drawn)
