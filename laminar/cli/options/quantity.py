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

__all__ = ["Duration", "Since", "column"]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Duration(ParamType):
    """A duration such as ``90s``, ``15m``, ``12h``, ``30d`` or ``2w``, in seconds."""

    name = "TIME"
    wanted = "a duration. Write 15m, 12h, 30d or 2w"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number of seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhdw]?)", str(value))
        if match is None or (not match[2] and float(match[1])):
            self.fail(f"{value!r} is not {self.wanted}.", param, ctx)
        return float(match[1]) * UNITS[match[2] or "s"]


class Since(Duration):
    """A time in the past, in seconds before now: a duration, a date, a date with a time of day, ``today`` or ``yesterday``.

    A date without a zone is in this machine's zone, as the times in tables are.
    """

    wanted = "a time. Write 12h, 30d, yesterday, 2026-01-31 or 2026-01-31T09:30"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return how many seconds ago it was, 0 for a time in the future."""
        import datetime

        now = datetime.datetime.now().astimezone()
        days = {"today": 0, "yesterday": 1}
        text = str(value)
        try:
            if text in days:
                then = datetime.datetime.combine(now.date() - datetime.timedelta(days=days[text]), datetime.time())
            elif re.match(r"[0-9]{4}-", text):
                # until Python 3.11 fromisoformat does not accept the Z of UTC (library reference, datetime)
                then = datetime.datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
            else:
                return super().convert(value, param, ctx)
        except ValueError:
            self.fail(f"{value!r} is not {self.wanted}.", param, ctx)
        return max(0.0, (now - then.astimezone()).total_seconds())


def column(count: int) -> str:
    """Return a number of bytes for a table: for people on a terminal, in full where it is piped."""
    return size(count) if sys.stdout.isatty() else str(count)
