"""``laminar list``: list workflows, templates and schedules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from laminar.cli.options.cluster import Cluster, cluster_options, flow_filter
from laminar.cli.table import table
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.compiler.cluster.transport import Object

__all__ = ["list_command"]

KINDS = {
    "workflow": "Workflow",
    "template": "WorkflowTemplate",
    "cluster-template": "ClusterWorkflowTemplate",
    "cron": "CronWorkflow",
}
COLUMNS = {
    "workflow": ("name", "flow", "phase", "pods", "age", "took", "execution"),
    "template": ("name", "flow", "age", "owner"),
    "cluster-template": ("name", "flow", "age", "owner"),
    "cron": ("name", "flow", "schedules", "state", "last", "owner"),
}
STATES = ("Pending", "Running", "Succeeded", "Failed", "Error")


@click.command("list", short_help="List workflows, templates and schedules.")
@click.argument("kind", type=click.Choice(tuple(KINDS)), default="workflow")
@flow_filter
@click.option("--state", type=click.Choice(STATES, case_sensitive=False), multiple=True, help="List these only. Repeatable.")
@click.option("-l", "--selector", metavar="LABELS", default="", help="List those with these labels, such as team=a.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="List so many, the newest.")
@cluster_options
def list_command(kind: str, flow: str | None, state: tuple[str, ...], selector: str, limit: int, cluster: Cluster) -> None:
    """List workflows, or deployed objects: template, cluster-template, cron; the newest first.

    \b
    laminar list
    laminar list --flow Train --state Failed
    laminar list cron
    """
    transport = cluster.connect()
    labels = ",".join(filter(None, (f"laminar/flow={flow}" if flow else "", selector)))
    found = transport.objects(KINDS[kind], labels=labels)
    found = [one for one in found if not state or str((one.get("status") or {}).get("phase") or "Pending") in state]
    found.sort(key=lambda one: str(one["metadata"].get("creationTimestamp")), reverse=True)
    now = int(transport.session.now())
    if not found:
        click.echo(f"no {kind}s in namespace {transport.namespace}", err=True)
        return
    make = _workflows if kind == "workflow" else _crons if kind == "cron" else _templates
    table(COLUMNS[kind], make(found[:limit], now))
    if len(found) > limit and sys.stdout.isatty():
        click.echo(f"and {len(found) - limit} older ones: --limit {len(found)}", err=True)


def _workflows(found: list[Object], now: float) -> Iterator[tuple[str, ...]]:
    from laminar.compiler.cluster.nodes import epoch
    from laminar.compiler.cluster.progress import execution_of

    for one in found:
        status = one.get("status") or {}
        began, ended = epoch(status.get("startedAt")), epoch(status.get("finishedAt"))
        suspended = one.get("spec", {}).get("suspend") and not ended
        yield (
            str(one["metadata"]["name"]),
            _label(one, "laminar/flow"),
            "Suspended" if suspended else str(status.get("phase") or "Pending"),
            str(status.get("progress") or "-"),
            _age(one, now),
            duration((ended or now) - began) if began else "-",
            execution_of(one),
        )


def _templates(found: list[Object], now: float) -> Iterator[tuple[str, ...]]:
    for one in found:
        yield str(one["metadata"]["name"]), _flow(one), _age(one, now), _owner(one)


def _crons(found: list[Object], now: float) -> Iterator[tuple[str, ...]]:
    from laminar.compiler.cluster.nodes import epoch

    for one in found:
        spec, last = one.get("spec") or {}, epoch((one.get("status") or {}).get("lastScheduledTime"))
        yield (
            str(one["metadata"]["name"]),
            _flow(one),
            "; ".join(spec.get("schedules") or ()),
            "suspended" if spec.get("suspend") else "on",
            f"{duration(now - last)} ago" if last else "never",
            _owner(one),
        )


def _age(one: Object, now: float) -> str:
    from laminar.compiler.cluster.nodes import epoch

    made = epoch(one["metadata"].get("creationTimestamp"))
    return duration(now - made) if made else "-"


def _label(one: Object, name: str) -> str:
    return str((one["metadata"].get("labels") or {}).get(name, "-"))


def _flow(one: Object) -> str:
    return _label(one, "laminar/flow")


def _owner(one: Object) -> str:
    return str((one["metadata"].get("annotations") or {}).get("laminar/owner", "-"))
