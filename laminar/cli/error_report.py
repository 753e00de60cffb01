"""Print errors for the user of the command line."""

from __future__ import annotations

import os

import click

from laminar.exceptions import LaminarError

__all__ = ["show"]


def show(error: LaminarError) -> None:
    """Print an error: its kind, the problem, its place, and the fix; several problems one after the other."""
    color = False if os.environ.get("NO_COLOR") else None
    for problem in error.problems or (error,):
        first, _, rest = str(problem).partition("\n")
        click.echo(click.style(type(problem).__name__ + ": ", fg="red", bold=True) + first, err=True, color=color)
        if rest:
            click.echo(rest, err=True)
