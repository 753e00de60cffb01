"""Read and write durations and sizes as people write them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from laminar.quantities import size

if TYPE_CHECKING:
    ParamType = click.ParamType[float]
else:
    ParamType = click.ParamType

__all__ = ["Duration", "column"]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Duration(ParamType):
    """A duration such as ``90s``, ``15m``, ``12h``, ``30d`` or ``2w``, in seconds."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number of seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhdw]?)", str(value))
        if match is None or (not match[2] and float(match[1])):
            self.fail(f"{value!r} is not a duration. Write 15m, 12h, 30d or 2w.", param, ctx)
        return float(match[1]) * UNITS[match[2] or "s"]


def column(count: int) -> str:
    """Return a number of bytes for a table: for people on a terminal, in full where it is piped."""
    return size(count) if sys.stdout.isatty() else str(count)
