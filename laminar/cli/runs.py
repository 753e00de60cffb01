"""``laminar runs``: list executions with how they ended."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.datastore_choice import DatastoreChoice
from laminar.cli.options import completions
from laminar.cli.options.datastore import datastore_options
from laminar.cli.options.quantity import Since
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.history.stored_run import Run

__all__ = ["STYLES", "described", "local_time", "runs"]

STYLES = {"finished": "green", "running": "cyan", "failed": "red", "interrupted": "yellow"}


@click.command(short_help="List executions with how they ended.")
@datastore_options
@click.option(
    "--state",
    multiple=True,
    metavar="STATE",
    shell_complete=completions.states,
    help="List those in this state only, such as failed. Repeatable.",
)
@click.option("--since", type=Since(), help="List executions that started since then, such as 2h, 7d, yesterday or 2026-01-31.")
@click.option("--limit", type=click.IntRange(1), default=30, show_default=True, help="List so many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of objects.")
def runs(chosen: DatastoreChoice, state: tuple[str, ...], since: float | None, limit: int, as_json: bool) -> None:
    """List the executions of a program, a flow or a datastore, the newest first: state, duration, layers that failed.

    \b
    laminar runs                          all executions in this folder's datastore
    laminar runs train.py                 those of a program
    laminar runs train.py --state failed --since 7d
    laminar runs Train --datastore s3://bucket/prefix --json

    The first column identifies an execution: every command accepts it. No program is executed.
    """
    found = list(itertools.islice(_selected(chosen, _states(state), since), limit + 1))
    if as_json:
        click.echo(json.dumps([described(run) for run in found[:limit]], indent=2))
        return
    if not found:
        click.echo("There are no such executions." if state or since is not None else "There are no executions yet.", err=True)
        return
    _print(found[:limit])
    if len(found) > limit and sys.stdout.isatty():
        click.echo(f"and older ones: --limit {limit * 2}", err=True)


def _states(given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the states that are selected.

    Raises a usage error for a word that is none.
    """
    from laminar.history.state import STATES

    for word in given:
        if word.lower() not in STATES:
            raise click.UsageError(f"--state {word}: the states are {', '.join(STATES)}.")
    return tuple(word.lower() for word in given)


def _selected(chosen: DatastoreChoice, states: tuple[str, ...], since: float | None) -> Iterator[Run]:
    from laminar.history import address
    from laminar.timestamps import now

    earliest = "" if since is None else now(after=-since)
    program = os.path.abspath(chosen.program) if chosen.program is not None else None
    for run in address.runs(chosen.flows(), program=program, since=earliest, brief=True):
        if run.started >= earliest and (not states or run.state in states):
            yield run


def _print(found: list[Run]) -> None:
    from laminar.cli.table import table

    several = len({run.flow for run in found}) > 1
    columns = ("run", *(("flow",) if several else ()), "state", "started", "took", "what")
    rows = [
        (run.short, *((run.flow,) if several else ()), run.state, local_time(run.started), duration(run.seconds), _what(run))
        for run in found
    ]
    table(columns, rows, styles={"state": STYLES})


def _what(run: Run) -> str:
    """Return the facts about a run in one cell: layers that failed or were reused, why it stopped, where it ran."""
    parts = []
    if run.failed_layers:
        parts.append(f"failed: {', '.join(run.failed_layers)}")
    elif run.reason:
        parts.append(run.reason)
    if run.session is not None and run.session.reused:
        order = [layer.name for layer in run.record.layers] if run.record is not None else []
        reused = sorted(run.session.reused, key=lambda name: order.index(name) if name in order else len(order))
        parts.append(f"reused: {', '.join(reused)}")
    if len(run.sessions) > 1:
        parts.append(f"resumed {len(run.sessions) - 1}x")
    if run.workflow:
        parts.append(f"workflow {run.workflow}")
    return "; ".join(parts) or "-"


def local_time(text: str) -> str:
    """Return a time as a person reads it, in this machine's zone, "-" for none.

    >>> local_time("")
    '-'
    """
    import time

    from laminar.timestamps import since_epoch

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(since_epoch(text))) if text else "-"


def described(run: Run) -> dict[str, Any]:
    """Return a run as JSON values."""
    record = run.record
    session = run.session
    return {
        "execution": run.id,
        "run": run.short,
        "flow": run.flow,
        "state": run.state,
        "reason": run.reason,
        "started": run.started,
        "ended": run.ended,
        "seconds": run.seconds,
        "failed": list(run.failed_layers),
        "reused": list(session.reused) if session is not None else [],
        "program": record.file if record is not None else "",
        "digest": record.program if record is not None else "",
        "arguments": list(record.arguments) if record is not None else [],
        "parameters": dict(run.parameters),
        "workflow": run.workflow,
        "sessions": len(run.sessions),
        "user": session.user if session is not None else "",
        "host": session.host if session is not None else "",
    }
