"""Read what commands share: ``-p NAME=VALUE``, which chain is meant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from laminar.exceptions import FlowError

if TYPE_CHECKING:
    ParamType = click.ParamType[tuple[str, Any]]
else:
    ParamType = click.ParamType

__all__ = ["Assignment", "choose", "parameters_option", "program_argument"]


class Assignment(ParamType):
    """``NAME=VALUE``: the value is JSON, else text."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Return the name and the value, read as JSON where it is."""
        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        if not equals or not name:
            self.fail(f"{value!r} is not NAME=VALUE.", param, ctx)
        try:
            return name, json.loads(text)
        except ValueError:
            return name, text


parameters_option = click.option(
    "-p",
    "--parameter",
    "parameters",
    type=Assignment(),
    multiple=True,
    help="Replace a parameter of the flow; the value is JSON, else text. Repeatable.",
)
program_argument = click.argument("program", type=click.Path())
arguments_argument = click.argument("args", nargs=-1, type=click.UNPROCESSED)
flow_option = click.option("--flow", metavar="NAME", help="Name the flow that is meant, where the program calls several.")


def choose(chains: Sequence[Sequence[str]], flow: str | None, *, need: bool) -> int | None:
    """Return which chain is meant, by the name of its first flow, or None for all of them.

    Raises FlowError where none or several fit and one is needed.
    """
    firsts = [chain[0] for chain in chains]
    shown = ", ".join(dict.fromkeys(firsts)) or "none"
    if flow is None:
        if need and len(firsts) > 1:
            raise FlowError(f"The program calls several flows: {shown}.", fix=f"say which one is meant: --flow {firsts[0]}")
        return 0 if len(firsts) == 1 else None
    fitting = [place for place, name in enumerate(firsts) if name == flow]
    if not fitting:
        raise FlowError(f"The program calls no flow {flow!r} first in a chain.", fix=f"say one of: {shown}.")
    if len(fitting) > 1:
        raise FlowError(
            f"The program calls flow {flow!r} {len(fitting)} times.",
            fix="call it once, or run the others by a program of their own.",
        )
    return fitting[0]
