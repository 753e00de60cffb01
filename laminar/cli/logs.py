"""``laminar logs``: read the output of a run's layers, from its datastore or from the cluster."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from laminar.cli.options.cluster import Cluster, cluster_options
from laminar.cli.options.quantity import Since
from laminar.cli.options.run_words import RunChoice, run_words
from laminar.exceptions import ClusterError, DatastoreError, ExecutionError, FlowError

if TYPE_CHECKING:
    from laminar.history.log_line import LogLine, Selection
    from laminar.history.stored_run import Run

__all__ = ["logs", "show"]


@click.command(short_help="Print the output of a run's layers.")
@run_words(most=1, metavar="[PROGRAM|FLOW] [RUN] [LAYER]")
@click.option("--index", type=click.IntRange(0), help="Read one split of the layer.")
@click.option("--attempt", type=click.IntRange(1), help="Read one attempt, counted from 1.")
@click.option("-f", "--follow", is_flag=True, help="Follow the output until the run has ended.")
@click.option("--failed", is_flag=True, help="Read failed attempts only.")
@click.option("--since", type=Since(), help="Leave out lines that are older, such as 10m or 2026-01-31T09:30.")
@click.option("--tail", type=click.IntRange(0), help="Read so many lines of each attempt, the last ones.")
@cluster_options
def logs(
    chosen: RunChoice,
    index: int | None,
    attempt: int | None,
    follow: bool,
    failed: bool,
    since: float | None,
    tail: int | None,
    cluster: Cluster,
) -> None:
    """Print the output of a run's layers, here or on a cluster. Each line begins with its layer: `Fit[3] | ...`.

    \b
    laminar logs train.py                               the newest execution of a program
    laminar logs train.py 9AnmGPM Fit --index 3
    laminar logs latest --failed
    laminar logs train-x7k2f Fit --attempt 1 --tail 50  a workflow's, also when its pods are gone

    RUN is an execution's id, its short form, a workflow's name, a unique beginning of either, or latest. The datastore is
    read first, then the cluster; --server, --context or --namespace select the cluster. Attempts are printed in the order in
    which they began, with -f as their lines arrive. Secrets of the environment are masked in stored output.
    """
    if (index is not None or attempt is not None) and not chosen.rest:
        raise click.UsageError("--index and --attempt are of a layer: name LAYER as well.")
    from laminar.history.log_line import Selection
    from laminar.timestamps import now

    earliest = "" if since is None else now(after=-since)
    selection = Selection(chosen.rest[0] if chosen.rest else None, index, attempt, failed, earliest, tail)
    if not cluster.is_named:
        try:
            found = chosen.runs()
        except (DatastoreError, ExecutionError, FlowError) as error:
            _of_cluster(chosen, selection, cluster, follow=follow, instead_of=error)
            return
        if not _prefers_cluster(found) or not _is_of_cluster(chosen, selection, cluster, follow=follow):
            _of_datastore(found, selection, follow=follow)
        return
    _of_cluster(chosen, selection, cluster, follow=follow)


def _of_datastore(found: list[Run], selection: Selection, *, follow: bool) -> None:
    """Print the output that a datastore keeps of runs: those of a chain one after the other."""
    from laminar.history import log_reader
    from laminar.history.stored_run import Run

    fitting = [run for run in found if selection.layer is None or _has_layer(run, selection.layer)] or found
    printed = False
    for run in fitting:
        again = functools.partial(Run, run.flow, run.id, run.store)
        lines = log_reader.follow(again, selection) if follow else run.logs(selection)
        printed = _print(lines) or printed
    if not printed:
        run = Run(fitting[0].flow, fitting[0].id, fitting[0].store)  # as it is now: it may have been followed to its end
        click.echo(f"{run.flow} {run.short}: {_nothing(run, selection)}", err=True)


def _nothing(run: Run, selection: Selection) -> str:
    """Return why nothing of a run was printed.

    Raises ExecutionError for a split or an attempt that it does not have.
    """
    from laminar.history import log_reader

    layer = next((one for one in run.layers if one.name == selection.layer), None)
    if layer is not None and not layer.attempts:
        return f"layer {layer.name!r} has not started"
    if layer is not None and selection.index is not None and layer.splits is not None and selection.index >= layer.splits:
        has = f"has {layer.splits} splits: 0 to {layer.splits - 1}" if layer.splits > 1 else "has one split: 0"
        raise ExecutionError(f"Layer {layer.name!r} has no split {selection.index}.", fix=f"in execution {run.short} it {has}.")
    if layer is not None and selection.attempt is not None:
        made = {one.number for one in layer.attempts if selection.index in (None, one.index)}
        if selection.attempt not in made:
            which = layer.name if selection.index is None else f"{layer.name}[{selection.index}]"
            raise ExecutionError(
                f"There is no attempt {selection.attempt} of {which}.",
                fix=f"in execution {run.short} there are these: {', '.join(map(str, sorted(made))) or 'none yet'}.",
            )
    if selection.failed and not any(one.is_bad for one in run.attempts):
        return "no attempt failed"
    return "no log is kept" if not log_reader.layers_with_logs(run) else "nothing was printed"


def _has_layer(run: Run, layer: str) -> bool:
    return any(one.name == layer for one in run.layers)


def _prefers_cluster(found: list[Run]) -> bool:
    """Return whether the cluster has more output: of running pods, and of those whose output is not stored."""
    from laminar.history.log_reader import layers_with_logs

    return any(run.in_pods and (run.state == "running" or not layers_with_logs(run)) for run in found)


def _is_of_cluster(chosen: RunChoice, selection: Selection, cluster: Cluster, *, follow: bool) -> bool:
    """Print logs of the cluster, and return whether it has the run."""
    try:
        _of_cluster(chosen, selection, cluster, follow=follow)
    except (ClusterError, FlowError):
        return False
    return True


def _of_cluster(
    chosen: RunChoice,
    selection: Selection,
    cluster: Cluster,
    *,
    follow: bool,
    instead_of: DatastoreError | ExecutionError | FlowError | None = None,
) -> None:
    """Print the output of a workflow's pods.

    Raises ClusterError, or the error that led here, where no cluster has the run.
    """
    from laminar.compiler.cluster.log_reader import follow_logs, read_logs
    from laminar.compiler.cluster.progress import progress
    from laminar.compiler.cluster.run_address import find
    from laminar.history.log_line import LogLine

    try:
        transport = cluster.connect(chosen.program)
        name = find(transport, chosen.address, flow=chosen.datastore.flow)
    except ClusterError as error:
        if instead_of is not None:
            what = f"{instead_of.what} Nor is it on a cluster: {error.what}"
            raise type(instead_of)(what, where=instead_of.where, fix=instead_of.fix) from error
        raise
    if follow:
        _print(item for item in follow_logs(transport, name, selection) if isinstance(item, LogLine))
    else:
        _print(read_logs(transport, progress(transport.get("Workflow", name)), selection))


def _print(lines: Iterable[LogLine]) -> bool:
    """Print lines, and return whether there were any; a note precedes those of a second or later attempt."""
    some = False
    attempts: dict[tuple[str, int | None], int] = {}
    for line in lines:
        some = True
        place = (line.layer, line.index)
        if line.attempt != attempts.get(place, 1):
            click.echo(f"{line.label}: attempt {line.attempt}", err=True)
        attempts[place] = line.attempt
        show(line)
    return some


def show(line: LogLine) -> None:
    """Print a line after the name of its layer; a note goes to standard error."""
    click.echo(f"{line.label} | {line.text}" if not line.note else f"{line.label}: {line.text}", err=line.note)
