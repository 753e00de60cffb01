"""``laminar status``: show how far a workflow is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter, run_argument

if TYPE_CHECKING:
    from laminar.compiler.cluster.progress import Progress
    from laminar.compiler.cluster.transport import Transport

__all__ = ["status"]

LOOKED_AT = 20
"""Pods whose events are read: each takes a request."""


@click.command(short_help="Show how far a workflow is, and why it waits or failed.")
@run_argument
@flow_filter
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text", help="Print a tree, or JSON.")
@cluster_options
def status(run: str, flow: str | None, output: str, cluster: Cluster) -> None:
    """Show how far RUN, a workflow, is: its layers, their splits and attempts, and why one waits or failed.

    \b
    laminar status latest
    laminar status train-x7k2f -o json

    RUN is a workflow's name, an execution's id, a unique beginning of either, or `latest`.
    """
    from laminar.compiler.cluster.progress import progress
    from laminar.compiler.cluster.run_address import find

    transport = cluster.connect()
    found = explained(transport, progress(transport.get("Workflow", find(transport, run, flow=flow))))
    if output == "json":
        click.echo(json.dumps(as_json(found), indent=2))
        return
    from rich.console import Console

    from laminar.cli.run_view import tree

    console = Console(highlight=False)
    width = console.width if console.is_terminal else 200
    for line in tree(found, transport.session.now(), width=width):
        console.print(line, soft_wrap=True)
    link = transport.link(found.name)
    if link:
        console.print(f"\n{link}", soft_wrap=True)


def explained(transport: Transport, run: Progress) -> Progress:
    """Return a run with the reasons that its pods and their events report; without the right to read those, the run itself."""
    from laminar.compiler.cluster.progress import with_pods
    from laminar.exceptions import ClusterError

    unclear = [one.pod for one in run.pods if one.phase in ("Pending", "Failed", "Error")]
    if not unclear:
        return run
    try:
        pods = transport.pods(run.name)
        warnings = {pod: transport.warnings(pod) for pod in unclear[:LOOKED_AT]} if not run.ended else {}
    except ClusterError as error:
        if error.status != 403:
            raise
        return run
    return with_pods(run, pods, warnings)


def as_json(run: Progress) -> dict[str, Any]:
    """Return a run as JSON values."""
    import dataclasses

    return dataclasses.asdict(run)
