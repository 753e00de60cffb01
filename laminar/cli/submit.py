"""``laminar submit``: start a workflow on a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.options.cluster import Cluster, cluster_options
from laminar.cli.options.program import ProgramChoice, ProgramCommand, program_options
from laminar.cli.options.submission import (
    Compiling,
    Following,
    Naming,
    compiling_options,
    following_options,
    naming_options,
)
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.cli.cluster_documents import Compiled
    from laminar.compiler.cluster.submission import Submitted
    from laminar.compiler.cluster.transport import Object, Transport

__all__ = ["print_submitted", "submit"]


@click.command(cls=ProgramCommand, short_help="Start a program's flow on a cluster.")
@program_options(metavar="PROGRAM|FILE.yaml", required=False)
@click.option(
    "--from", "source", metavar="KIND/NAME", help="Start a deployed object: template/NAME, cluster-template/NAME, cron/NAME."
)
@naming_options
@compiling_options
@click.option("--dry-run", is_flag=True, help="Have the server check it, and start nothing.")
@following_options
@click.option("-o", "--output", type=click.Choice(("text", "name", "json")), default="text", help="Print this.")
@cluster_options
def submit(
    chosen: ProgramChoice,
    source: str | None,
    naming: Naming,
    compiling: Compiling,
    dry_run: bool,
    following: Following,
    output: str,
    cluster: Cluster,
) -> None:
    """Compile PROGRAM, or take FILE.yaml, and start it as a workflow on the cluster.

    \b
    laminar submit train.py -p rate=0.1 --watch
    laminar submit train.yaml -n team
    laminar submit --from template/train -p rate=0.1
    laminar submit train.py --wait --timeout 2h        in CI: exits 0, 1 or 124
    laminar submit train.py -- --verbose               words after -- are arguments of the program

    The cluster is an Argo server where --server, ARGO_SERVER or [tool.laminar] server names one, else the kubeconfig's context.
    A code package is uploaded where --code or [tool.laminar] code names a place. A submit whose answer is lost can be repeated:
    it finds the workflow that it has started.
    """
    if (not chosen.given) == (source is None):
        raise click.UsageError("Pass one of PROGRAM, FILE.yaml and --from KIND/NAME.")
    transport = cluster.connect(chosen.given or None)
    document, made = _document(transport, chosen, source, naming, compiling)
    if dry_run:
        metadata = transport.create(document, dry_run=True)["metadata"]
        click.echo(f"{transport.shown} accepts {metadata.get('name') or metadata['generateName']}; nothing was started")
        return
    if made is not None:
        made.send_code()
    started = _start(transport, document, naming.key)
    print_submitted(transport, started, output, next_command=not following)
    if following:
        from laminar.cli.watch import follow_run

        name = str(started.workflow["metadata"]["name"])
        follow_run(transport, name, seconds=following.seconds, logs=following.logs, quiet=following.wait)


def _document(
    transport: Transport, chosen: ProgramChoice, source: str | None, naming: Naming, compiling: Compiling
) -> tuple[Object, Compiled | None]:
    """Return the workflow to create, of a program, a file or a deployed object, with the other documents of a compile."""
    if source is None:
        made = _made(chosen, compiling)
        document = one_workflow(made)
        if not compiling.no_lint:
            _lint(made)
        replaced = dict(chosen.assignments) if chosen.is_document else {}  # else they are compiled in
        return _named(document, naming, replaced), made
    from laminar.compiler.cluster.submission import starter

    return _named(starter(transport, source), naming, dict(chosen.assignments)), None


def _made(chosen: ProgramChoice, compiling: Compiling) -> Compiled:
    from laminar.cli.cluster_documents import of_file, of_program

    datastore, code = compiling.datastore, compiling.code
    if chosen.is_document:
        if chosen.args or chosen.flow is not None or datastore is not None or code is not None:
            raise click.UsageError("ARGS, --flow, --datastore and --code are for programs: a file has all of it already.")
        return of_file(chosen.given)
    return of_program(chosen, target=compiling.target, datastore=datastore, code=code)


def one_workflow(made: Compiled) -> Object:
    """Return the one workflow among documents.

    Raises FlowError where there is none, or several.
    """
    found = [document for document in made.documents if document.get("kind") == "Workflow"]
    if len(found) != 1:
        kinds = ", ".join(dict.fromkeys(str(document.get("kind")) for document in made.documents)) or "nothing"
        raise FlowError(
            f"{made.shown} has {len(found)} workflows ({kinds}), and one is submitted at a time.",
            fix="laminar deploy stores templates and schedules; --from template/NAME starts one.",
        )
    return found[0]


def _lint(made: Compiled) -> None:
    from laminar.cli.cluster_documents import check

    check(made)


def _named(document: Object, naming: Naming, parameters: dict[str, str]) -> Object:
    """Return a document with its name, labels, priority and parameters."""
    from laminar.cli.cluster_documents import escaped
    from laminar.compiler.cluster.submission import named

    compiled = "laminar/flow" in (document["metadata"].get("labels") or {})
    values = {key: escaped(text, json_only=compiled) for key, text in parameters.items()}
    return named(document, name=naming.name, labels=dict(naming.labels), priority=naming.priority, parameters=values)


def _start(transport: Transport, document: Object, key: str | None) -> Submitted:
    from laminar.compiler.cluster.submission import submit as send

    return send(transport, document, key=key)


def print_submitted(transport: Transport, started: Submitted, output: str, *, next_command: bool = True) -> None:
    """Print a workflow that was started: its name, its execution, its page and the next command."""
    from laminar.compiler.cluster.progress import execution_of

    name = str(started.workflow["metadata"]["name"])
    execution, link = execution_of(started.workflow), transport.link(name)
    if output == "name":
        click.echo(name)
        return
    if output == "json":
        found: dict[str, Any] = {
            "name": name,
            "namespace": transport.namespace,
            "execution": execution,
            "link": link,
            "found": started.found,
        }
        click.echo(json.dumps(found))
        return
    verb = "was submitted before, to" if started.found else "submitted to"
    click.echo(f"{name} {verb} namespace {transport.namespace}: {transport.shown[0].lower()}{transport.shown[1:]}")
    click.echo(f"  execution  {execution}")
    if link:
        click.echo(f"  page       {link}")
    if next_command:
        click.echo(f"  next       laminar watch {name}")
