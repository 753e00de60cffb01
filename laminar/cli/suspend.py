"""``laminar suspend``: keep workflows from starting pods, and schedules from starting workflows."""

from __future__ import annotations

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.workflow_action import deployed, for_each

__all__ = ["suspend"]


@click.command(short_help="Start no further pods of a workflow, or runs of a schedule.")
@click.argument("runs", metavar="RUN|cron/NAME...", nargs=-1, required=True)
@flow_filter
@cluster_options
def suspend(runs: tuple[str, ...], flow: str | None, cluster: Cluster) -> None:
    """Start no further pods of RUN, or no further workflows of a schedule, until it is resumed; running pods continue.

    \b
    laminar suspend train-x7k2f
    laminar suspend cron/train
    """
    transport = cluster.connect()
    workflows = []
    for words in runs:
        found = deployed(words)
        if found is None:
            workflows.append(words)
            continue
        if found[0] != "CronWorkflow":
            raise click.UsageError(f"{words} has no schedule: only runs and cron/NAME are suspended.")
        transport.switch(found[1], suspend=True)
        click.echo(f"{words} is suspended: laminar resume {words} continues it")
    said = "is suspended: laminar resume"
    for_each(
        transport,
        workflows,
        flow,
        lambda name: transport.act("suspend", name),
        lambda name, _: f"{name} {said} {name} continues it",
    )
