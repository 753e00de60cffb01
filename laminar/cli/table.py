"""Print tables: drawn on a terminal, tab-separated lines where the output is piped."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import click

__all__ = ["table"]

SHORT = 19
"""Cells up to this width, such as a state or a time, are not folded where the terminal has room for them."""

LONG = 120
"""Characters of a cell that is shortened."""

SEPARATORS = str.maketrans("\t\n\r", "   ")


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    styles: Mapping[str, Mapping[str, str]] | None = None,
    shorten: Sequence[str] = (),
) -> None:
    """Print rows under these columns.

    ``styles`` maps columns to the styles that some of their values have on a terminal. There, the cells of the columns ``shorten``
    are shortened. In a piped table a tab or a newline of a cell is a space.
    """
    listed = [tuple(row) for row in rows]
    if not sys.stdout.isatty():
        for row in (tuple(columns), *listed):
            click.echo("\t".join(cell.translate(SEPARATORS) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    whole = _whole(columns, listed, console.width)
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=column in whole)
    chosen = [(styles or {}).get(column, {}) for column in columns]
    for row in listed:
        cells = (_shortened(cell) if column in shorten else cell for column, cell in zip(columns, row, strict=True))
        drawn.add_row(*(Text(cell, style=style.get(cell, "")) for cell, style in zip(cells, chosen, strict=True)))
    console.print(drawn)


def _shortened(cell: str) -> str:
    return cell if len(cell) <= LONG else cell[: LONG - 4] + "..." + cell[-1] * cell.endswith(")")


def _whole(columns: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> set[str]:
    """Return the columns that are not folded: the narrow ones, as long as each of the others has as much room as a narrow one."""
    from rich.cells import cell_len

    widths = {column: max(map(cell_len, (column, *(row[place] for row in rows)))) for place, column in enumerate(columns)}
    narrow = {column for column, width in widths.items() if width <= SHORT}
    needed = sum(min(width, SHORT) + 1 for width in widths.values())
    return narrow if needed <= room else set()
