"""``laminar retry``: run the failed pods of workflows again."""

from __future__ import annotations

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.workflow_action import act_on_runs, runs_argument

__all__ = ["retry"]


@click.command(short_help="Run the failed pods of a workflow again.")
@runs_argument
@flow_filter
@cluster_options
def retry(runs: tuple[str, ...], flow: str | None, cluster: Cluster) -> None:
    """Run the failed pods of RUN again, in the same workflow and under the same execution.

    Layers that succeeded stay as they are. The workflow runs the code that it was submitted with: a corrected program needs
    `laminar resume`.

    \b
    laminar retry train-x7k2f

    RUN is a workflow's name, an execution's id, a unique beginning of either, or `latest`.
    """
    act_on_runs(cluster, "retry", runs, flow, lambda name, _: f"{name} runs again: laminar watch {name} follows it")
