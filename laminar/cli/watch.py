"""``laminar watch``: follow a workflow to its end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from laminar.cli.logs import show
from laminar.cli.options.cluster import Cluster, cluster_options, timeout_option
from laminar.cli.options.run_words import RunChoice, run_words
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.compiler.cluster.progress import Progress
    from laminar.compiler.cluster.transport import Transport
    from laminar.history.log_line import Selection
    from laminar.history.stored_run import Run

__all__ = ["follow_run", "watch"]

POLLED = 1.0
"""Seconds between reads of the datastore of a run of this machine."""

REFRESHED = 10.0
"""Seconds between requests for pods that wait: no event of the workflow holds their reasons."""


@click.command(short_help="Follow a run to its end.")
@run_words(most=0, metavar="[PROGRAM|FLOW] [RUN]")
@timeout_option
@click.option("--logs", is_flag=True, help="Print the output of layers as well.")
@cluster_options
def watch(chosen: RunChoice, seconds: float | None, logs: bool, cluster: Cluster) -> None:
    """Follow a run until it has ended: a workflow as a tree on a terminal, a line for each change where output is piped.

    \b
    laminar watch latest
    laminar watch train-x7k2f --timeout 2h
    laminar watch train.py                  the newest run of a program, here or on the cluster

    RUN is a workflow's name, an execution's id, a unique beginning of either, or latest. The datastore is searched first, then the
    cluster. Ctrl-C detaches; the run continues. Exits 0 when it succeeded, 1 when it failed, 124 after --timeout.
    """
    from laminar.cli.run_place import WorkflowRun, place

    found = place(chosen, cluster)
    if isinstance(found, WorkflowRun):
        follow_run(found.transport, found.name, seconds=seconds, logs=logs)
    else:
        _follow_here(found, seconds, logs=logs)


def _follow_here(run: Run, seconds: float | None, *, logs: bool) -> None:
    """Follow a run of this machine by the documents of its datastore, and exit with the code of its outcome.

    Raises ClusterError after so many seconds.
    """
    from laminar.compiler.cluster.follower import TimedOut
    from laminar.history.stored_run import Run

    began, known = time.monotonic(), dict[str, str]()
    try:
        while True:
            now = Run(run.flow, run.id, run.store)
            for layer in now.layers:
                text = f"{layer.state}" + (f" ({layer.finished}/{layer.splits} splits)" if layer.splits and layer.fan_out else "")
                if known.get(layer.name, "waiting") != text:
                    click.echo(f"  {layer.name} {text}", err=logs)
                known[layer.name] = text
            if now.state != "running":
                break
            if seconds is not None and time.monotonic() - began > seconds:
                raise TimedOut(f"{run.flow} {run.short}", seconds)
            time.sleep(POLLED)
    except KeyboardInterrupt:
        click.echo(f"detached: {run.flow} {run.short} continues (laminar watch {run.short} follows it again)", err=True)
        raise click.exceptions.Exit(130) from None
    for line in now.logs() if logs else ():
        show(line)
    reason = f": {now.reason}" if now.reason else ""
    click.echo(f"{now.flow} {now.short}: {now.state} after {duration(now.seconds)}{reason}")
    raise click.exceptions.Exit(0 if now.state == "finished" else 1)


def follow_run(transport: Transport, name: str, *, seconds: float | None = None, logs: bool = False, quiet: bool = False) -> None:
    """Follow a workflow and exit with the code of its outcome; ``quiet`` shows nothing but the end."""
    from laminar.history.log_line import Selection

    try:
        if logs:
            end = _with_logs(transport, name, Selection(), seconds)
        elif sys.stdout.isatty() and not quiet:
            end = _live(transport, name, seconds)
        else:
            end = _lines(transport, name, seconds, quiet=quiet)
    except KeyboardInterrupt:
        click.echo(f"detached: {name} continues (laminar watch {name} follows it again, laminar stop {name} ends it)", err=True)
        raise click.exceptions.Exit(130) from None
    if end.phase == "Succeeded":
        raise click.exceptions.Exit(0)
    click.echo(f"laminar logs {name} --failed shows why; laminar retry {name} runs the failed pods again", err=True)
    raise click.exceptions.Exit(1)


def _states(transport: Transport, name: str, seconds: float | None) -> Iterator[Progress]:
    from laminar.compiler.cluster.follower import follow
    from laminar.compiler.cluster.progress import progress

    look = Look(transport)
    for workflow in follow(transport, name, seconds=seconds):
        yield look.at(progress(workflow))


class Look:
    """Request the waiting pods of a run, at intervals."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.last = 0.0

    def at(self, run: Progress) -> Progress:
        """Return a run with the reasons that its pods give; where these cannot be read, the run itself."""
        from laminar.compiler.cluster.progress import with_pods
        from laminar.exceptions import ClusterError

        waiting = [one.pod for one in run.pods if one.phase == "Pending"]
        if not waiting or time.monotonic() - self.last < REFRESHED:
            return run
        self.last = time.monotonic()
        try:
            pods = self.transport.pods(run.name)
            warnings = {pod: self.transport.warnings(pod) for pod in waiting[:5]}
        except ClusterError:  # the right to see pods is not needed to follow a workflow
            return run
        return with_pods(run, pods, warnings)


def _lines(transport: Transport, name: str, seconds: float | None, *, quiet: bool) -> Progress:
    from laminar.cli.run_view import changes, failure

    before = None
    for state in _states(transport, name, seconds):
        for line in changes(before, state) if not quiet else ():
            click.echo(line)
        before = state
    assert before is not None
    if quiet:
        cause = failure(before) if before.phase != "Succeeded" else ""
        click.echo(f"{name}: {before.phase.lower()}" + (f": {cause}" if cause else ""), err=True)
    return before


def _live(transport: Transport, name: str, seconds: float | None) -> Progress:
    from rich.console import Console, Group
    from rich.live import Live

    from laminar.cli.run_view import tree

    console = Console(highlight=False)
    state: list[Progress] = []

    def drawn() -> Group:
        if not state:
            return Group()
        return Group(*tree(state[-1], transport.session.now(), width=console.width, height=max(5, console.height - 1)))

    with Live(get_renderable=drawn, console=console, refresh_per_second=4, transient=True):
        for found in _states(transport, name, seconds):
            state[:] = [found]
    for line in tree(state[-1], transport.session.now(), width=console.width):
        console.print(line)
    return state[-1]


def _with_logs(transport: Transport, name: str, selection: Selection, seconds: float | None) -> Progress:
    from laminar.cli.run_view import changes
    from laminar.compiler.cluster.log_reader import follow_logs
    from laminar.history.log_line import LogLine

    before: Progress | None = None
    with _flushing():
        for item in follow_logs(transport, name, selection, seconds=seconds):
            if isinstance(item, LogLine):
                show(item)
                continue
            for line in changes(before, item):
                click.echo(line, err=True)
            before = item
    assert before is not None
    return before


@contextmanager
def _flushing() -> Iterator[None]:
    try:
        yield
    finally:
        sys.stdout.flush()
