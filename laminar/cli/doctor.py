"""``laminar doctor``: check whether a cluster, a datastore and an image are fit to run flows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from laminar.cli.options.cluster import Cluster, cluster_options
from laminar.exceptions import ClusterError, LaminarError

if TYPE_CHECKING:
    from laminar.compiler.cluster.fitness import Finding
    from laminar.compiler.cluster.transport import Object, Transport

__all__ = ["doctor"]

ACCOUNT = "laminar"
STYLES = {"ok": "green", "warning": "yellow", "wrong": "red", "unknown": "cyan"}


@click.command(short_help="Check a cluster, a datastore and an image.")
@click.argument("program", type=click.Path(), required=False)
@click.option("--datastore", metavar="URL", help="Check this datastore.  [default: [tool.laminar] datastore]")
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text", help="Print lines, or JSON.")
@cluster_options
def doctor(program: str | None, datastore: str | None, output: str, cluster: Cluster) -> None:
    """Check what a run needs: Argo's definitions, your rights, the pods' account and its rights, the datastore, PROGRAM's images.

    \b
    laminar doctor
    laminar doctor train.py -n team

    Each line that is not `ok` prints a fix. Exits 1 where something is wrong. A file below laminar-doctor/ in the
    datastore is written, read and deleted. Pods have other credentials, which cannot be tested from here.
    """
    from laminar.compiler import project

    settled = project.find(Path(program or Path.cwd() / "none"))
    documents = _documents(program, datastore) if program is not None else []
    found = list(_findings(documents, datastore or settled.datastore, program, cluster))
    if output == "json":
        click.echo(json.dumps([vars(one) for one in found], indent=2))
    else:
        for one in found:
            click.echo(f"{click.style(f'{one.state:<8}', fg=STYLES[one.state])} {one.check}: {one.what}")
            if one.fix:
                click.echo(f"         fix: {one.fix}")
    if any(one.state == "wrong" for one in found):
        raise click.exceptions.Exit(1)


def _findings(documents: list[Any], datastore: str | None, program: str | None, cluster: Cluster) -> Iterator[Finding]:
    from laminar.compiler.cluster.fitness import Finding, check_cluster, check_image, check_store

    pods: Sequence[Object] | None = None
    accounts = {spec.get("serviceAccountName", ACCOUNT) for spec in map(_spec, documents)} or {ACCOUNT}
    try:
        transport = cluster.connect(program)
    except LaminarError as error:
        yield Finding("reachable", "wrong", error.what, error.fix)
    else:
        yield from check_cluster(transport, sorted(accounts)[0])
        pods = _pods(transport)
    if datastore is None:
        yield Finding("datastore", "unknown", "none is named", "pass --datastore, or set datastore in [tool.laminar].")
    elif "://" not in datastore:
        yield Finding("datastore", "unknown", f"{datastore} is a path in the pods: it needs a volume there")
    else:
        yield check_store(datastore)
    images = {container["image"] for spec in map(_spec, documents) for container in _containers(spec)}
    yield from check_image(sorted(images), pods)


def _pods(transport: Transport) -> Sequence[Object] | None:
    """Return pods of the namespace, None where they cannot be read: the check of rights reports that."""
    try:
        return transport.newest_pods()
    except ClusterError:
        return None


def _documents(program: str, datastore: str | None) -> list[Any]:
    from laminar.cli.cluster_documents import of_file, of_program
    from laminar.cli.options.program import ProgramChoice

    chosen = ProgramChoice(program)
    made = of_file(program) if chosen.is_document else of_program(chosen, datastore=datastore, all_chains=True)
    return [one for one in made.documents if str(one.get("apiVersion", "")).startswith("argoproj.io/")]


def _spec(document: Any) -> dict[str, Any]:
    spec: dict[str, Any] = document.get("spec") or {}
    return spec.get("workflowSpec", spec)  # type: ignore[no-any-return]


def _containers(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for template in spec.get("templates") or ():
        container = template.get("container") or template.get("script")
        if container and container.get("image"):
            yield container
