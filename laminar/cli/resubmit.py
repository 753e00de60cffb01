"""``laminar resubmit``: start workflows once more, as new runs."""

from __future__ import annotations

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.workflow_action import act_on_runs, runs_argument

__all__ = ["resubmit"]


@click.command(short_help="Start a workflow once more, as a new run.")
@runs_argument
@flow_filter
@cluster_options
def resubmit(runs: tuple[str, ...], flow: str | None, cluster: Cluster) -> None:
    """Start RUN once more, as a new workflow with a new execution.

    \b
    laminar resubmit train-x7k2f

    RUN is a workflow's name, an execution's id, a unique beginning of either, or `latest`.
    """
    act_on_runs(
        cluster, "resubmit", runs, flow, lambda name, done: f"{done and done['metadata']['name']} started, a copy of {name}"
    )
