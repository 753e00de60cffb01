"""Read what the commands about whole datastores share: which one is meant, and how long something is."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from laminar.exceptions import DatastoreError, FlowError, suggest

if TYPE_CHECKING:
    from laminar.configurations.datastores import DataStore
    from laminar.configurations.datastores.documents.garbage_collection import Survey

    ParamType = click.ParamType[float]
else:
    ParamType = click.ParamType

__all__ = ["Duration", "chosen", "column", "datastore_option", "duration", "program_argument", "require_flow", "size"]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
PREFIXES = ("B", "kB", "MB", "GB", "TB", "PB")

program_argument = click.argument("program", type=click.Path(), required=False)
datastore_option = click.option("--datastore", metavar="URL", help="The datastore that is meant, where no program names it.")


class Duration(ParamType):
    """A time such as ``90s``, ``15m``, ``12h``, ``30d`` or ``2w``, in seconds."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return how many seconds that is."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhdw]?)", str(value))
        if match is None or (not match[2] and float(match[1])):
            self.fail(f"{value!r} is no time: say 15m, 12h, 30d or 2w.", param, ctx)
        return float(match[1]) * UNITS[match[2] or "s"]


def chosen(program: str | None, datastore: str | None) -> tuple[DataStore, frozenset[str]]:
    """Return the datastore at a URL, else the one of a program's flows; and the names of these flows.

    Raises FlowError where neither is given, or the flows have several.
    """
    from laminar.cli.results import _flows
    from laminar.configurations.datastores import open_store

    if program is None:
        if datastore is None:
            raise click.UsageError("Say whose datastore is meant: PROGRAM, or --datastore URL.")
        return existing(open_store(datastore)), frozenset()
    flows = _flows(program, None, datastore)
    stores = {flow.configuration.datastore.url: flow.configuration.datastore for flow in flows}
    if len(stores) != 1:
        raise FlowError(
            f"The flows of program {program!r} keep their data in {len(stores)} datastores: {', '.join(stores) or 'none'}.",
            fix="say which is meant: --datastore URL.",
        )
    [store] = stores.values()
    return store if datastore is None else existing(store), frozenset(flow.name for flow in flows)


def existing(store: DataStore) -> DataStore:
    """Return a store that was named by its URL.

    Raises DatastoreError for a folder that isn't there: a misspelt name is not an empty store.
    """
    from laminar.configurations.datastores import Local

    if isinstance(store, Local) and not os.path.isdir(store.root):
        raise DatastoreError(f"There is no datastore at {store.root}.", fix="check how the folder is spelt.")
    return store


def require_flow(flow: str | None, found: Survey, names: frozenset[str]) -> None:
    """Raise FlowError for a flow that neither the program has nor the datastore holds anything of."""
    known = sorted(names.union(usage.flow for usage in found.executions))
    if flow is not None and flow not in known:
        raise FlowError(f"There is no flow {flow!r}." + suggest(flow, known), fix=f"there are: {', '.join(known) or 'none'}.")


def duration(seconds: float) -> str:
    """Return a time as a person says it.

    >>> duration(0), duration(90), duration(86_400 * 30)
    ('0 s', '90 s', '30 d')
    """
    for letter in ("d", "h", "m"):
        if seconds >= 2 * UNITS[letter] or seconds == UNITS[letter]:
            return f"{seconds / UNITS[letter]:.3g} {letter.replace('m', 'min')}"
    return f"{seconds:.3g} s"


def column(count: int) -> str:
    """Return a number of bytes for a table: as a person says it on a terminal, in full where it is piped."""
    return size(count) if sys.stdout.isatty() else str(count)


def size(count: float) -> str:
    """Return a number of bytes as a person says it.

    >>> size(0), size(4096), size(1.5e9)
    ('0 B', '4.1 kB', '1.5 GB')
    """
    for prefix in PREFIXES[:-1]:
        if count < 1000:
            return f"{count:.0f} B" if prefix == "B" else f"{count:.1f} {prefix}"
        count /= 1000
    return f"{count:.1f} {PREFIXES[-1]}"
