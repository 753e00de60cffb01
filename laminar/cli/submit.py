"""``laminar submit``: start a workflow on a cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from laminar.cli import package
from laminar.cli.options.cluster import Cluster, cluster_options, timeout_option
from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import Assignment, ProgramChoice, ProgramCommand, program_options
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.cli.cluster_documents import Compiled
    from laminar.compiler.cluster.submission import Submitted
    from laminar.compiler.cluster.transport import Object, Transport

__all__ = ["print_submitted", "submit"]


@click.command(cls=ProgramCommand, short_help="Start a program's flow on a cluster.")
@program_options(metavar="PROGRAM|FILE.yaml", required=False)
@click.option(
    "--from", "source", metavar="KIND/NAME", help="Start what is deployed: template/NAME, cluster-template/NAME, cron/NAME."
)
@click.option("--name", metavar="NAME", help="Name the workflow.")
@click.option("--label", "labels", type=Assignment(), multiple=True, help="Add a label. Repeatable.")
@click.option("--priority", type=int, help="Start before workflows of a lower priority.")
@click.option("--key", metavar="ID", help="Start one workflow only for this id, such as a CI job's, however often it is submitted.")
@click.option("--datastore", metavar="URL", help="Where pods keep artifacts, as for compile.")
@package.code_option
@click.option("--image", metavar="IMAGE", help="Image of the layers that name none, as for compile.")
@click.option("--fuse", is_flag=True, help="Run layers in a row in one pod, as for compile.")
@click.option("--base", type=click.Path(dir_okay=False), metavar="FILE", help="Merge this workflow under it, as for compile.")
@click.option("--no-lint", is_flag=True, help="Submit without checking first.")
@click.option("--dry-run", is_flag=True, help="Have the server check it, and start nothing.")
@click.option("--watch", is_flag=True, help="Follow it to its end.")
@click.option("--logs", is_flag=True, help="Follow it and print what layers write.")
@click.option("--wait", is_flag=True, help="Wait for its end, and print nothing meanwhile.")
@timeout_option
@click.option("-o", "--output", type=click.Choice(("text", "name", "json")), default="text", help="Print this.")
@cluster_options
def submit(
    chosen: ProgramChoice,
    source: str | None,
    name: str | None,
    labels: tuple[tuple[str, str], ...],
    priority: int | None,
    key: str | None,
    datastore: str | None,
    code: str | None,
    image: str | None,
    fuse: bool,
    base: str | None,
    no_lint: bool,
    dry_run: bool,
    watch: bool,
    logs: bool,
    wait: bool,
    seconds: float | None,
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
    A code package is uploaded where --code or [tool.laminar] code says where to. A submit whose answer is lost can be repeated:
    it finds the workflow that it has started.
    """
    if (not chosen.given) == (source is None):
        raise click.UsageError("Name what to start: PROGRAM, FILE.yaml, or --from KIND/NAME.")
    if sum((watch, logs, wait)) > 1:
        raise click.UsageError("--watch, --logs and --wait follow the workflow in three ways: pass one of them.")
    if seconds is not None and not (watch or logs or wait):
        raise click.UsageError("--timeout is how long to follow the workflow: pass --watch, --logs or --wait too.")
    transport = cluster.connect(chosen.given or None)
    if chosen.given:
        target = DocumentChoice(kind="workflow", image=image, fuse=fuse, base=base)
        made = _made(chosen, target, datastore, code)
        document = one_workflow(made)
        if not no_lint:
            _lint(made)
    else:
        from laminar.compiler.cluster.submission import starter

        made, document = None, starter(transport, str(source))
    replaced = dict(chosen.assignments) if source is not None or chosen.is_document else {}  # compiled in otherwise
    document = _named(document, name, labels, priority, replaced)
    if dry_run:
        checked = transport.create(document, dry_run=True)
        metadata = checked["metadata"]
        click.echo(f"{transport.shown} accepts {metadata.get('name') or metadata['generateName']}; nothing was started")
        return
    if made is not None:
        made.send_code()
    started = _start(transport, document, key)
    print_submitted(transport, started, output, next_command=not (watch or logs or wait))
    if watch or logs or wait:
        from laminar.cli.watch import follow_run

        follow_run(transport, str(started.workflow["metadata"]["name"]), seconds=seconds, logs=logs, quiet=wait)


def _made(chosen: ProgramChoice, target: DocumentChoice, datastore: str | None, code: str | None) -> Compiled:
    from laminar.cli.cluster_documents import of_file, of_program

    if chosen.is_document:
        if chosen.args or chosen.flow is not None or datastore is not None or code is not None:
            raise click.UsageError("ARGS, --flow, --datastore and --code are for programs: a file has all of it already.")
        return of_file(chosen.given)
    return of_program(chosen, target=target, datastore=datastore, code=code)


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


def _named(
    document: Object, name: str | None, labels: tuple[tuple[str, str], ...], priority: int | None, parameters: dict[str, str]
) -> Object:
    from laminar.cli.cluster_documents import escaped
    from laminar.compiler.cluster.submission import named

    compiled = "laminar/flow" in (document["metadata"].get("labels") or {})
    values = {key: escaped(text, json_only=compiled) for key, text in parameters.items()}
    return named(document, name=name, labels=dict(labels), priority=priority, parameters=values)


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
