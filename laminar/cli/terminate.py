"""``laminar terminate``: end workflows at once."""

from __future__ import annotations

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.workflow_action import act_on_runs, runs_argument

__all__ = ["terminate"]


@click.command(short_help="End workflows at once.")
@runs_argument
@flow_filter
@cluster_options
def terminate(runs: tuple[str, ...], flow: str | None, cluster: Cluster) -> None:
    """End workflows at once, without their exit handlers.

    \b
    laminar terminate train-x7k2f

    RUN is a workflow's name, an execution's id, a unique beginning of either, or `latest`.
    """
    act_on_runs(cluster, "terminate", runs, flow, lambda name, _: f"{name} is ending")
