"""Print tables: drawn on a terminal, tab-separated lines where the output is piped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import click

__all__ = ["table"]


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, styles: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Print rows under these columns; ``styles`` maps columns to the styles that some of their values have on a terminal."""
    listed = [tuple(row) for row in rows]
    if not sys.stdout.isatty():
        for row in (tuple(columns), *listed):
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    chosen = [(styles or {}).get(column, {}) for column in columns]
    for row in listed:
        drawn.add_row(*(Text(cell, style=style.get(cell, "")) for cell, style in zip(row, chosen, strict=True)))
    Console(highlight=False, markup=False).print(drawn)
