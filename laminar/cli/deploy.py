"""``laminar deploy``: create or update a program's templates and schedules on a cluster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from laminar.cli import package
from laminar.cli.options.cluster import Cluster, cluster_options
from laminar.cli.options.document import DocumentChoice, document_options
from laminar.cli.options.program import ProgramChoice, ProgramCommand, program_options
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.cli.cluster_documents import Compiled
    from laminar.compiler.cluster.deployment import Step
    from laminar.compiler.cluster.transport import Object, Transport

__all__ = ["deploy"]


@click.command(cls=ProgramCommand, short_help="Create or update a program's templates and schedules.")
@program_options(metavar="PROGRAM|FILE.yaml")
@document_options
@click.option("--datastore", metavar="URL", help="Where pods keep artifacts, as for compile.")
@package.code_option
@click.option("--force", is_flag=True, help="Replace objects of another program, and fields that others have set.")
@click.option("--prune", is_flag=True, help="Delete objects that the program deployed before and no longer has.")
@click.option("--no-lint", is_flag=True, help="Deploy without checking first.")
@click.option("--dry-run", is_flag=True, help="Show the differences, have the server check the documents, change nothing.")
@cluster_options
def deploy(
    chosen: ProgramChoice,
    document: DocumentChoice,
    datastore: str | None,
    code: str | None,
    force: bool,
    prune: bool,
    no_lint: bool,
    dry_run: bool,
    cluster: Cluster,
) -> None:
    """Create or update the compiled PROGRAM: a CronWorkflow for a flow with a schedule, else a WorkflowTemplate.

    \b
    laminar deploy train.py --datastore s3://bucket/prefix
    laminar deploy train.py --schedule "0 4 * * *" --dry-run
    laminar deploy train.py --prune

    The differences from the deployed objects are shown first. A label names an object's program. Objects of another program
    are not changed, unless --force is passed. `laminar submit --from template/NAME` starts it.
    """
    transport = cluster.connect(chosen.path)
    made = _made(chosen, document, datastore, code)
    documents = _stored(made, chosen.given)
    if not no_lint:
        from laminar.cli.cluster_documents import check

        check(made)
    _apply(transport, made, documents, _owner(chosen), force=force, prune=prune, dry_run=dry_run)


def _stored(made: Compiled, program: str) -> list[Object]:
    """Return the documents that are kept on a cluster, and print which are left out.

    Raises FlowError where there is none.
    """
    from laminar.compiler.cluster import deployment

    for other in made.documents:
        if other.get("kind") not in deployment.SHORT:
            click.echo(f"left out: {other.get('kind')} {other['metadata'].get('name', '')}, which is not deployed here", err=True)
    documents = [one for one in made.documents if one.get("kind") in deployment.SHORT]
    if not documents:
        raise FlowError(f"{program} has no template and no schedule.", fix="laminar submit starts a workflow.")
    return documents


def _owner(chosen: ProgramChoice) -> str:
    from laminar.compiler import project
    from laminar.compiler.cluster import deployment

    return deployment.owner_of(chosen.path, project.find(Path(chosen.path)).root)


def _apply(
    transport: Transport, made: Compiled, documents: list[Object], owner: str, *, force: bool, prune: bool, dry_run: bool
) -> None:
    """Show the changes, and make them."""
    from laminar.compiler.cluster import deployment

    steps = deployment.plan_deployment(transport, documents, owner, force=force)
    leftover = deployment.stale(transport, documents, owner)
    for step in steps:
        _show(step)
    if not dry_run:
        made.send_code()
    for step in steps:
        deployment.apply(transport, step, force=force, dry_run=dry_run)
    for kind, name in leftover:
        _remove(transport, kind, name, made.shown, prune=prune, dry_run=dry_run)
    if dry_run:
        click.echo(f"{transport.shown} accepts it; nothing was changed")
    else:
        click.echo(f"deployed to namespace {transport.namespace}; laminar submit --from {steps[0].shown} starts it")


def _remove(transport: Transport, kind: str, name: str, program: str, *, prune: bool, dry_run: bool) -> None:
    """Delete the objects that a program deployed before and no longer has, or print that --prune does."""
    from laminar.compiler.cluster import deployment

    shown = f"{deployment.SHORT[kind]}/{name}"
    if not prune:
        click.echo(f"{shown} is no longer part of {program}: --prune deletes it", err=True)
    elif dry_run:
        click.echo(f"{shown} would be deleted")
    else:
        transport.delete(kind, name)
        click.echo(f"{shown} is deleted")


def _made(chosen: ProgramChoice, document: DocumentChoice, datastore: str | None, code: str | None) -> Compiled:
    from laminar.cli.cluster_documents import of_file, of_program

    if chosen.is_document:
        if chosen.args or chosen.assignments or datastore is not None or code is not None or document != DocumentChoice():
            raise click.UsageError("A file has all of it already: its options are for programs.")
        return of_file(chosen.given)
    if document.kind == "workflow":
        raise click.UsageError("A Workflow is not deployed but submitted: laminar submit.")
    given: dict[str, Any] = {"datastore": datastore, "code": code, "all_chains": chosen.flow is None}
    made = of_program(chosen, target=document, **given)
    if any(one.get("kind") == "Workflow" for one in made.documents) and document.kind == "auto":
        made = of_program(chosen, target=replace(document, kind="template"), **given)
    return made


def _show(step: Step) -> None:
    from laminar.compiler.cluster.comparison import text

    if step.deployed is None:
        click.echo(f"{step.shown} is new")
    elif not step.changes:
        click.echo(f"{step.shown} is unchanged")
    else:
        click.echo(f"{step.shown} changes:")
        for line in text(step.changes):
            click.echo(f"  {line}")
