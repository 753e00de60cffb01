"""``laminar rehearse``: execute a workflow on this machine as Argo would."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from laminar.cli.compilation import compiled_text
from laminar.cli.options.document import DocumentChoice
from laminar.cli.options.program import Assignment, ProgramChoice, ProgramCommand, program_options
from laminar.exceptions import FlowError
from laminar.quantities import duration

if TYPE_CHECKING:
    from laminar.compiler.rehearsal import Node, Trace, Workflow
    from laminar.compiler.rehearsal.processes import Processes

__all__ = ["rehearse_command"]


@click.command("rehearse", cls=ProgramCommand, short_help="Execute a workflow on this machine, without a cluster.")
@program_options(metavar="FILE|PROGRAM")
@click.option("--env", "variables", type=Assignment(), multiple=True, help="Set a variable that comes from a Secret. Repeatable.")
@click.option(
    "--volume",
    "volumes",
    type=Assignment("DIR"),
    multiple=True,
    help="Mount a folder in place of a Secret, ConfigMap, claim or volume of this name. Repeatable.",
)
@click.option("--datastore", metavar="URL", help="Keep artifacts here instead of in a scratch folder.")
@click.option("--folder", type=click.Path(file_okay=False), help="Run pods here instead of in the project's folder.")
@click.option("--keep", metavar="DIR", type=click.Path(file_okay=False), help="Keep artifacts, volumes and logs in this folder.")
@click.option("-j", "--concurrency", type=click.IntRange(1), help="Run so many pods at once.  [default: the CPUs]")
@click.option("--unconfined", is_flag=True, help="Set no memory limits, and make no root file system read-only.")
@click.option("-v", "--verbose", count=True, help="Show the logs of all pods; -vv shows their patches and outputs, too.")
def rehearse_command(
    chosen: ProgramChoice,
    variables: tuple[tuple[str, str], ...],
    volumes: tuple[tuple[str, str], ...],
    datastore: str | None,
    folder: str | None,
    keep: str | None,
    concurrency: int | None,
    unconfined: bool,
    verbose: int,
) -> None:
    """Execute a workflow, FILE.yaml or the compiled PROGRAM, on this machine as Argo would, and print its nodes.

    A line on stderr reports each pod that starts and ends.

    \b
    laminar rehearse train.yaml -p 'seed=1'
    laminar rehearse train.py --keep out

    Each pod is a process with the command, arguments, environment and output files of the YAML, but without its image:
    `python` is this one, and a working folder that does not exist here is the project's folder. Volumes are scratch
    folders or those of --volume; arguments and variables that are paths in them are rewritten. LAMINAR_DATASTORE is a
    scratch store. Where this machine allows it, memory is limited (control groups) and a read-only root file system is
    read-only (namespaces). The rehearsal refuses fields that it does not know.

    Exits 0 when the workflow succeeded, 1 when it failed.
    """
    from laminar.compiler import project, rehearsal
    from laminar.compiler.rehearsal.processes import Processes
    from laminar.compiler.rehearsal.site import Site

    text = _text(chosen)
    found = rehearsal.workflows(rehearsal.read(text, shown=chosen.given))
    root = Path(folder) if folder is not None else project.find(Path(chosen.path)).root
    given = dict(chosen.assignments) if chosen.is_document else {}
    scratch = Path(keep).absolute() if keep is not None else Path(tempfile.mkdtemp(prefix="laminar-rehearsal-"))
    store = str(scratch / "store") if datastore is None else datastore if "://" in datastore else os.path.abspath(datastore)
    site = Site(root.absolute(), scratch, store, dict(variables), {name: Path(path) for name, path in volumes})
    processes = Processes(site, confine=not unconfined)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that the pods end too
    try:
        traces = [_run(one, given, processes, concurrency or os.cpu_count() or 1, verbose=verbose) for one in found]
    finally:
        processes.close()
        if keep is None:
            shutil.rmtree(scratch, ignore_errors=True)
    if not all(trace.succeeded for trace in traces):
        raise click.exceptions.Exit(1)


def _text(chosen: ProgramChoice) -> str:
    """Return the YAML: a file's, or a compiled program's."""
    if not chosen.is_document:
        from laminar.compiler import project

        # Any URL will do for planning: the rehearsal keeps artifacts in its own store.
        store = None if project.find(Path(chosen.path)).datastore is not None else "s3://rehearsal/store"
        return compiled_text(chosen, DocumentChoice(), store)
    if chosen.args or chosen.flow is not None:
        raise click.UsageError("Arguments and --flow are for programs.")
    try:
        return Path(chosen.given).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FlowError(f"{chosen.given!r} does not exist.", fix="pass the path of a workflow or of a program.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{chosen.given!r} cannot be read: {error}.", fix="pass the path of a workflow or of a program.") from error


def _run(workflow: Workflow, parameters: dict[str, str], processes: Processes, concurrency: int, *, verbose: int) -> Trace:
    from laminar.compiler.rehearsal import rehearse_workflow

    trace = rehearse_workflow(workflow, parameters, run_pod=processes, concurrency=concurrency, observe=_report)
    click.echo(str(trace), nl=False)
    for node in trace.pods:
        if verbose or node.failed:
            _show(node, verbose)
    return trace


def _report(node: Node) -> None:
    """Print a line for a pod that starts, and for one that has ended."""
    message = f" ({node.message})" if node.message else ""
    ended = f"{message} after {duration(node.seconds)}" if node.finished else ""
    click.echo(f"{node.phase or 'Running':<10} {node.name}{ended}", err=True)


def _show(node: Node, verbose: int) -> None:
    """Print the log of a pod: the end of it, with -v all, with -vv the pod's patch and outputs too."""
    import json

    click.echo(f"\n# {node.name}: {node.phase}")
    if verbose > 1:
        click.echo(f"patch: {json.dumps(node.patch)}\noutputs: {json.dumps(node.outputs)}")
    for line in node.log.splitlines() if verbose else node.log.splitlines()[-20:]:
        click.echo(f"| {line}")
