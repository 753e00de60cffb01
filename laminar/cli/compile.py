"""``laminar compile``: print the Argo Workflow that a program becomes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from laminar.cli import document_file, package
from laminar.cli.compilation import record_chains
from laminar.cli.options.document import DocumentChoice, document_options
from laminar.cli.options.program import ProgramChoice, ProgramCommand, program_options
from laminar.cli.table import table

if TYPE_CHECKING:
    from laminar.cli.compilation import Chains
    from laminar.compiler.target import Target

__all__ = ["compile_command"]


@click.command("compile", cls=ProgramCommand, short_help="Print a program's flows as Argo Workflows.")
@program_options()
@document_options
@click.option("--datastore", metavar="URL", help="Datastore of the pods: s3://bucket/prefix, or the path of a mounted volume.")
@package.code_option
@click.option("--upload", is_flag=True, help="Upload the code package. Without it, compile sends nothing anywhere.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead of standard output.")
@click.option("--check", type=click.Path(dir_okay=False), help="Compare with this file. Exit 1 with a diff if it is stale.")
@click.option("--explain", is_flag=True, help="Print pods, bytes and the share of each limit instead of the YAML.")
@click.option("--strict", is_flag=True, help="Fail if a part of the program is not in the document.")
def compile_command(
    chosen: ProgramChoice,
    document: DocumentChoice,
    datastore: str | None,
    code: str | None,
    upload: bool,
    output: str | None,
    check: str | None,
    explain: bool,
    strict: bool,
) -> None:
    """Print the flows of PROGRAM as Argo Workflows. This needs no cluster, no datastore and no network.

    \b
    laminar compile train.py --datastore s3://bucket/prefix > train.yaml
    laminar compile train.py --check train.yaml          in CI: is the file stale?
    laminar compile train.py --schedule "0 4 * * *"      a CronWorkflow
    laminar compile train.py --explain                   pods, and the distance to Argo's limits
    laminar compile train.py --kind template --rbac      a WorkflowTemplate, with the rights of its pods
    laminar compile train.py -- --fast                   pods run train.py --fast

    The datastore is that of --datastore, else of [tool.laminar] in pyproject.toml, else of the flow itself.
    """
    if output is not None and check is not None:
        raise click.UsageError("--output writes a file and --check compares with one. Pass one of them.")
    url = package.place(chosen.path, code)
    if upload and url is None:
        raise click.UsageError("--upload sends a code package. Pass its place with --code URL.")
    made = package.make(chosen, without=[file for file in (output, check) if file is not None]) if url is not None else None
    code_url, program = (made.at(url), made.program) if made is not None and url is not None else (None, None)
    chains, target = record_chains(chosen, document, datastore, strict=strict, code=code_url, program=program)
    if explain:
        _explain(chains, target)
        if check is None:
            return
    files = document_file.files_of(chains, target, output if check is None else check)
    if upload and made is not None and url is not None:
        package.upload(made, url)
    if check is not None:
        for file in files:
            document_file.compare(file, _command(check))
    elif output is not None:
        for file in files:
            document_file.write(file.text, file.path)
        document_file.print_commands(files)
    else:
        click.echo(files[0].text, nl=False)


def _command(file: str) -> str:
    """Return the command that writes the checked file: this one with -o in place of --check."""
    import sys

    words = [word for word in sys.argv[1:] if word != "--explain"]
    place = next((place for place, word in enumerate(words) if word == "--check" or word.startswith("--check=")), None)
    if place is not None:
        words[place : place + (1 if "=" in words[place] else 2)] = ["-o", file]
    return shlex.join(["laminar", *words])


def _explain(chains: Chains, target: Target) -> None:
    """Print tables of the pods and bytes of each chain, then raise the errors of exceeded limits."""
    from laminar.compiler import optimizer
    from laminar.compiler.check import checker
    from laminar.compiler.explainer import explain
    from laminar.compiler.plan import planner

    for chain, settings in chains:
        plan = optimizer.optimize(planner.plan(chain, settings), optimizer.passes_for(target))
        suited = target.suited(plan)
        made = explain(plan, suited)
        table(("flow", "layer", "task", "template", "pods", "bytes"), made.pods)
        click.echo()
        table(("part", "bytes"), made.parts)
        click.echo()
        table(("limit", "used", "at most", "share"), made.limits)
        if made.kept_back:
            click.echo()
            table(("flow", "part", "layers kept back by failures that they do not need", "such as"), made.kept_back)
        if made.savings:
            click.echo()
            table(("flow", "layer", "with", "pods now", "pods then"), made.savings)
        checker.check(plan, suited)
