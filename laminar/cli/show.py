"""``laminar show``: show the layers, times and failures of one execution."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.options.run_words import RunChoice, run_words
from laminar.cli.runs import STYLES, described, local_time
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.history.attempts import Attempt
    from laminar.history.layers import LayerRun
    from laminar.history.stored_run import Run

__all__ = ["show"]

TRACEBACKS = 3
"""Failures that are shown with their tracebacks; the others are a line each, up to a limit."""

FAILURES = 20


@click.command(short_help="Show one execution: layers, times, failures.")
@run_words(most=0, metavar="[PROGRAM|FLOW] [EXECUTION]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every attempt.")
@click.option("--all", "everything", is_flag=True, help="Print the tracebacks of all failures.")
def show(chosen: RunChoice, as_json: bool, everything: bool) -> None:
    """Show one execution: its program and parameters, its layers with their times, and the reasons of failures.

    \b
    laminar show train.py                    the newest execution of a program
    laminar show train.py 9AnmGPM            one execution, by its short id, as in laminar runs
    laminar show train-x7k2f --json          a workflow's, with every attempt

    EXECUTION is an id, its short form, a workflow's name, a unique beginning of either, or latest. Times of a layer: `wall`
    is from its first start to its last end, `work` the time of all attempts of its splits added up. No program is executed.
    """
    found = chosen.runs()
    if as_json:
        click.echo(json.dumps([_whole(run) for run in found] if len(found) > 1 else _whole(found[0]), indent=2))
        return
    for place, run in enumerate(found):
        if place:
            click.echo()
        _print(chosen, run, everything)


def _print(chosen: RunChoice, run: Run, everything: bool) -> None:
    click.echo(_head(run))
    for name, value in _facts(run):
        click.echo(f"  {name:<11}{value}")
    click.echo()
    from laminar.cli.table import table

    layers = run.layers
    if layers:
        columns = ("layer", "state", "splits", "attempts", "wall", "work", "min", "median", "max")
        table(columns, [_row(layer) for layer in layers], styles={"state": {**STYLES, "not run": "dim", "skipped": "dim"}})
    else:
        click.echo("No layer has stored anything yet.", err=True)
    for line in _notes(layers):
        click.echo(line)
    _failures(run, everything)
    if sys.stdout.isatty():
        _advice(chosen, run)


def _head(run: Run) -> str:
    text = f"{run.flow} {run.short}: "
    state = click.style(run.state, fg=STYLES.get(run.state), bold=True)
    ending = f" for {duration(run.seconds)}" if run.state == "running" else f" after {duration(run.seconds)}" if run.seconds else ""
    return text + state + ending + (f": {run.reason}" if run.reason else "")


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    yield "execution", run.id
    record = run.record
    if record is not None and record.given:
        words = " ".join(("laminar run", record.given, *(("--", *record.arguments) if record.arguments else ())))
        yield "program", f"{words} (file {record.file}, SHA-256 {record.program[:12]})"
    if run.parameters:
        yield "parameters", ", ".join(f"{name}={value}" for name, value in run.parameters.items())
    several = len(run.sessions) > 1
    for session in run.sessions:
        who = f"by {session.user} on {session.host}" if session.user else f"first pod {session.host}"
        of = f", workflow {session.workflow}" if session.workflow and several else ""
        yield session.action, f"{local_time(session.started)} {who}{of}" + (f", {run.state_of(session)}" if several else "")
    if run.workflow:
        yield "workflow", run.workflow


def _row(layer: LayerRun) -> tuple[str, ...]:
    times = [duration(one) for one in layer.seconds] if layer.fan_out and layer.seconds else ["-"] * 3
    return (
        layer.name,
        layer.state + (" (reused)" if layer.reused and layer.reused == layer.finished else ""),
        _splits(layer),
        str(len(layer.attempts) or "-"),
        duration(layer.wall) if layer.ended else "-",
        duration(layer.work) if layer.attempts else "-",
        *times,
    )


def _splits(layer: LayerRun) -> str:
    """Return how many splits have finished of how many, and how many of these were reused."""
    if not layer.fan_out:
        return "-"
    if layer.splits is None:
        return "?"
    whole = str(layer.splits) if layer.state == "finished" else f"{layer.finished}/{layer.splits}"
    return whole + (f", {layer.reused} reused" if 0 < layer.reused < layer.finished else "")


def _notes(layers: Sequence[LayerRun]) -> Iterator[str]:
    """Yield a line for each layer that an entry hook denied, or whose Catch covered an exception."""
    for layer in layers:
        said = [one for one in layer.attempts if one.message and one.how in ("finished", "skipped")]
        if said:
            more = f" (and {len(said) - 1} more splits)" if len(said) > 1 else ""
            yield f"{layer.name} {'caught' if said[0].how == 'finished' else 'skipped'}: {said[0].message}{more}"


def _failures(run: Run, everything: bool) -> None:
    """Print why splits failed: a few with their tracebacks, equal failures only once."""
    failures = run.failures
    fan_outs = {layer.name for layer in run.layers if layer.fan_out}
    shown: set[str] = set()
    for place, one in enumerate(failures[: None if everything else FAILURES]):
        if not place:
            click.echo()
        click.echo(_failure(one, one.layer in fan_outs))
        alike = one.traceback in shown
        if one.traceback and (everything or (not alike and len(shown) < TRACEBACKS)):
            shown.add(one.traceback)
            click.echo("".join(f"  | {line}\n" for line in one.traceback.splitlines()), nl=False)
        if one.fix:
            click.echo(f"  fix: {one.fix}")
    if len(failures) > FAILURES and not everything:
        click.echo(f"and {len(failures) - FAILURES} more: pass --all")


def _failure(one: Attempt, fan_out: bool) -> str:
    where = f"{one.layer}[{one.index}]" if fan_out else one.layer
    number = f" at attempt {one.number}" if one.number > 1 else ""
    text = click.style(f"{where} {one.how}", fg="red") + f"{number}: {one.message or 'nothing more is known'}"
    return text + (f"\n  at: {one.where}" if one.where else "")


def _advice(chosen: RunChoice, run: Run) -> None:
    """Print the commands that are likely to be next."""
    words = chosen.words(run)
    if run.failures:
        click.echo(f"\nlaminar logs {words} --failed prints the output of failed attempts", err=True)
    if run.state in ("failed", "interrupted") and run.record is not None and not run.in_pods:
        click.echo(f"laminar run {run.record.given} --resume {run.short} runs the unfinished splits", err=True)


def _whole(run: Run) -> dict[str, Any]:
    layers = [
        {
            "layer": layer.name,
            "state": layer.state,
            "needs": list(layer.needs),
            "fan_out": layer.fan_out,
            "splits": layer.splits,
            "finished": layer.finished,
            "reused": layer.reused,
            "started": layer.started,
            "ended": layer.ended,
            "wall": layer.wall,
            "work": layer.work,
            "attempts": [{**asdict(one), "seconds": one.seconds} for one in layer.attempts],
        }
        for layer in run.layers
    ]
    return {**described(run), "layers": layers}
