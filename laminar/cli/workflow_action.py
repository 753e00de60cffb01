"""Steer workflows and schedules: the common part of stop, terminate, suspend, resume, retry, resubmit and delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from laminar.cli.error_report import show
from laminar.exceptions import ClusterError, FlowError

if TYPE_CHECKING:
    from laminar.cli.options.cluster import Cluster
    from laminar.compiler.cluster.transport import Object, Transport

__all__ = ["act_on_runs", "deployed", "for_each", "runs_argument"]

runs_argument = click.argument("runs", metavar="RUN...", nargs=-1, required=True)

DEPLOYED = {"template": "WorkflowTemplate", "cluster-template": "ClusterWorkflowTemplate", "cron": "CronWorkflow"}


def deployed(words: str) -> tuple[str, str] | None:
    """Return kind and name of a deployed object, such as ``cron/train``; None for a run."""
    kind, slash, name = words.partition("/")
    if not slash:
        return None
    if kind not in DEPLOYED or not name:
        raise FlowError(f"{words!r} is no run and nothing deployed.", fix=f"write {', '.join(f'{one}/NAME' for one in DEPLOYED)}.")
    return DEPLOYED[kind], name


def act_on_runs(
    cluster: Cluster, verb: str, runs: Iterable[str], flow: str | None, said: Callable[[str, Object | None], str]
) -> None:
    """Stop, terminate, retry or resubmit each selected run, and print the result."""
    transport = cluster.connect()
    for_each(transport, runs, flow, lambda name: transport.act(verb, name), said)


def for_each(
    transport: Transport,
    runs: Iterable[str],
    flow: str | None,
    act: Callable[[str], Object | None],
    said: Callable[[str, Object | None], str],
    *,
    exact: bool = False,
) -> None:
    """Apply an action to each selected run and print the result; ``exact`` allows whole names only.

    Raises the last error, after all of them were tried; those before are printed.
    """
    from laminar.compiler.cluster.run_address import find

    errors: list[ClusterError] = []
    for words in runs:
        try:
            name = words if exact else find(transport, words, flow=flow)
            click.echo(said(name, act(name)))
        except ClusterError as error:
            errors.append(error)
    for earlier in errors[:-1]:
        show(earlier)
    if errors:
        raise errors[-1]
