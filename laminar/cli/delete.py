"""``laminar delete``: delete workflows, templates and schedules."""

from __future__ import annotations

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.workflow_action import deployed, for_each

__all__ = ["delete"]


@click.command(short_help="Delete workflows, templates and schedules.")
@click.argument("runs", metavar="RUN|KIND/NAME...", nargs=-1, required=True)
@flow_filter
@cluster_options
def delete(runs: tuple[str, ...], flow: str | None, cluster: Cluster) -> None:
    """Delete workflows with their pods, or deployed objects; results stay in the datastore.

    \b
    laminar delete train-x7k2f
    laminar delete template/train cron/report

    `latest` and beginnings of names are not accepted here: a workflow is deleted by its whole name.
    """
    transport = cluster.connect()
    workflows = []
    for words in runs:
        found = deployed(words)
        if found is None:
            workflows.append(words)
        else:
            transport.delete(*found)
            click.echo(f"{words} is deleted")
    for_each(
        transport,
        workflows,
        flow,
        lambda name: transport.delete("Workflow", name),
        lambda name, _: f"{name} is deleted",
        exact=True,
    )
