"""``laminar diff``: compare programs, files and deployed objects, by their meaning."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import click

from laminar.cli.options.cluster import Cluster, cluster_options
from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import ProgramChoice
from laminar.exceptions import FlowError, LaminarError

if TYPE_CHECKING:
    from laminar.compiler.cluster.comparison import Described

__all__ = ["diff"]

DEPLOYED = {
    "template": ("WorkflowTemplate", "template"),
    "cluster-template": ("ClusterWorkflowTemplate", "cluster-template"),
    "cron": ("CronWorkflow", "auto"),
    "workflow": ("Workflow", "workflow"),
}
"""Objects on the cluster, by the words before the slash: the kind, and the kind that a program is compiled to beside it."""


@click.command(short_help="Compare programs, files and deployed objects.")
@click.argument("before")
@click.argument("after")
@click.option("--datastore", metavar="URL", help="Where pods of programs keep artifacts, as for compile.")
@click.option("-o", "--output", type=click.Choice(("text", "markdown", "json")), default="text", help="Print this.")
@cluster_options
def diff(before: str, after: str, datastore: str | None, output: str, cluster: Cluster) -> None:
    """Compare BEFORE with AFTER: programs, YAML files, or objects on the cluster, such as template/train or cron/train.

    \b
    laminar diff cron/train train.py              what would `laminar deploy` change?
    laminar diff main.yaml train.yaml -o markdown

    Layers that were added, removed or renamed, images, resources, fan-outs, retries and schedules are compared, not lines. Exits
    0 where nothing differs, 1 where something does, 2 where the two cannot be compared.
    """
    from laminar.compiler.cluster.comparison import PROGRAM, compare, markdown, text

    try:
        kinds = [DEPLOYED[side.partition("/")[0]][1] for side in (before, after) if _is_deployed(side)]
        kind = kinds[0] if kinds else "auto"
        old, new = (_described(side, kind, datastore, cluster) for side in (before, after))
    except LaminarError as error:
        error.exit_code = 2 if error.exit_code == 1 else error.exit_code
        for problem in error.problems:
            problem.exit_code = 2
        raise
    changes = compare(old, new)
    if _is_program(before) and _is_program(after):  # two files have two paths
        changes = [change for change in changes if change.field != PROGRAM]
    if output == "json":
        click.echo(json.dumps([dataclasses.asdict(change) for change in changes], indent=2))
    elif output == "markdown":
        click.echo(markdown(f"{before} -> {after}", changes), nl=False)
    else:
        click.echo("\n".join(text(changes)) or "no difference")
    if changes:
        raise click.exceptions.Exit(1)


def _is_deployed(side: str) -> bool:
    kind, slash, name = side.partition("/")
    return bool(slash and name) and kind in DEPLOYED and not name.endswith((".py", ".yaml", ".yml", ".json"))


def _is_program(side: str) -> bool:
    return not _is_deployed(side) and not ProgramChoice(side).is_document


def _described(side: str, kind: str, datastore: str | None, cluster: Cluster) -> Described:
    from laminar.cli.cluster_documents import of_file, of_program
    from laminar.compiler.cluster.comparison import describe

    if _is_deployed(side):
        word, _, name = side.partition("/")
        return describe(cluster.connect().get(DEPLOYED[word][0], name))
    chosen = ProgramChoice(side)
    made = of_file(side) if chosen.is_document else of_program(chosen, target=DocumentChoice(kind=kind), datastore=datastore)
    found = [document for document in made.documents if str(document.get("apiVersion", "")).startswith("argoproj.io/")]
    whole = [document for document in found if "workflowTemplateRef" not in (document.get("spec") or {})]
    if len(whole) != 1:
        raise FlowError(f"{side} has {len(whole)} workflows, templates and schedules.", fix="compare files with one each.")
    return describe(whole[0])
