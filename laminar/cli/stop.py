"""``laminar stop``: end workflows, after their exit handlers."""

from __future__ import annotations

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.workflow_action import act_on_runs, runs_argument

__all__ = ["stop"]


@click.command(short_help="End workflows.")
@runs_argument
@flow_filter
@cluster_options
def stop(runs: tuple[str, ...], flow: str | None, cluster: Cluster) -> None:
    """End workflows: running pods get SIGTERM, no further ones start, exit handlers run.

    \b
    laminar stop train-x7k2f

    RUN is a workflow's name, an execution's id, a unique beginning of either, or `latest`.
    """
    act_on_runs(cluster, "stop", runs, flow, lambda name, _: f"{name} is stopping: laminar watch {name} follows it")
