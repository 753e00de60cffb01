"""``laminar logs``: read what the layers of a workflow printed."""

from __future__ import annotations

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter, run_argument
from laminar.cli.options.quantity import Duration

__all__ = ["logs", "show"]


@click.command(short_help="Print what a workflow's layers wrote.")
@run_argument
@click.argument("layer", required=False)
@click.option("--index", type=click.IntRange(0), help="Read one split of the layer.")
@click.option("--attempt", type=click.IntRange(1), help="Read one attempt, counted from 1.")
@click.option("-f", "--follow", is_flag=True, help="Go on until the workflow has ended.")
@click.option("--failed", is_flag=True, help="Read failed attempts only.")
@click.option("--since", type=Duration(), help="Leave out lines that are older, such as 10m.")
@click.option("--tail", type=click.IntRange(0), help="Read so many lines of each attempt, the last ones.")
@flow_filter
@cluster_options
def logs(
    run: str,
    layer: str | None,
    index: int | None,
    attempt: int | None,
    follow: bool,
    failed: bool,
    since: float | None,
    tail: int | None,
    flow: str | None,
    cluster: Cluster,
) -> None:
    """Print what the layers of RUN, a workflow, wrote. Each line begins with its layer: `Fit[3] | ...`.

    \b
    laminar logs latest
    laminar logs train-x7k2f Fit --index 3 --attempt 1
    laminar logs train-x7k2f --failed --tail 50

    Lines that Argo writes itself are left out. Attempts stand in the order in which they began, or as lines come with -f.
    A pod that is gone has taken its log along; laminar says so on standard error.
    """
    from laminar.compiler.cluster.log_reader import Line, Selection, follow_logs, read_logs
    from laminar.compiler.cluster.progress import progress
    from laminar.compiler.cluster.run_address import find

    if (index is not None or attempt is not None) and layer is None:
        raise click.UsageError("--index and --attempt are of a layer: name LAYER as well.")
    transport = cluster.connect()
    name = find(transport, run, flow=flow)
    selection = Selection(layer, index, attempt, failed, None if since is None else max(1, int(since)), tail)
    if follow:
        for item in follow_logs(transport, name, selection):
            if isinstance(item, Line):
                show(item)
        return
    for line in read_logs(transport, progress(transport.get("Workflow", name)), selection):
        show(line)


def show(line: object) -> None:
    """Print a line after the name of its layer; a note goes to standard error."""
    from laminar.compiler.cluster.log_reader import Line

    assert isinstance(line, Line)
    click.echo(f"{line.label} | {line.text}" if not line.note else f"{line.label}: {line.text}", err=line.note)
