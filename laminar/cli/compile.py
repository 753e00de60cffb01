"""``laminar compile``: print the Argo Workflow that a program becomes."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from laminar.cli import package
from laminar.cli.kinds import Chosen, target_options
from laminar.cli.tables import table
from laminar.cli.values import arguments_argument, choose, flow_option, parameters_option, program_argument
from laminar.exceptions import FlowError

if TYPE_CHECKING:
    from laminar.compiler.plan.planner import Settings
    from laminar.compiler.target import Target
    from laminar.program.recording import Chain

    Chains = list[tuple[Chain, Settings]]

__all__ = ["compile_command"]


@click.command("compile", short_help="Print a program's flows as Argo Workflows.")
@program_argument
@arguments_argument
@parameters_option
@flow_option
@target_options
@click.option("--datastore", metavar="URL", help="Where pods keep artifacts: s3://bucket/prefix, or a mounted volume's path.")
@package.code_option
@click.option("--upload", is_flag=True, help="Upload the code package as well; without it nothing is sent anywhere.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file instead of standard output.")
@click.option("--check", type=click.Path(dir_okay=False), help="Compare with this file: exit 1 and print a diff if it is stale.")
@click.option("--explain", is_flag=True, help="Print, instead, what it becomes: pods, bytes, the share of each limit.")
@click.option("--strict", is_flag=True, help="Fail where a part of the program is left out of the document.")
def compile_command(
    program: str,
    args: tuple[str, ...],
    parameters: tuple[tuple[str, Any], ...],
    flow: str | None,
    target: Chosen,
    datastore: str | None,
    code: str | None,
    upload: bool,
    output: str | None,
    check: str | None,
    explain: bool,
    strict: bool,
) -> None:
    """Print PROGRAM's flows as Argo Workflows; needs no cluster, no datastore and no network.

    \b
    laminar compile train.py --datastore s3://bucket/prefix > train.yaml
    laminar compile train.py --check train.yaml          in CI: is the file stale?
    laminar compile train.py --schedule "0 4 * * *"      a CronWorkflow
    laminar compile train.py --explain                   its pods, and how near it is to Argo's limits
    laminar compile train.py --kind template --rbac      a WorkflowTemplate, behind the rights that its pods need

    The datastore is --datastore's, else [tool.laminar] datastore in pyproject.toml, else the flow's own.
    """
    if output is not None and check is not None:
        raise click.UsageError("--output writes a file, --check compares with one: say one of them.")
    url = package.place(program, code)
    if upload and url is None:
        raise click.UsageError("--upload sends a code package: say where to with --code URL.")
    made = package.make(program, without=[file for file in (output, check) if file is not None]) if url is not None else None
    packaged = {"code": made.at(url), "program": made.program} if made is not None and url is not None else {}
    chains, suited = _chains(program, args, dict(parameters), flow, target, datastore, strict, packaged)
    if explain:
        _explain(chains, suited)
        return
    files = _files(chains, suited, output if check is None else check)
    if upload and made is not None and url is not None:
        package.upload(made, url)
    if check is not None:
        for file in files:
            _compare(file, program)
    elif output is not None:
        for file in files:
            _write(file.text, file.path)
        _print_commands(files)
    else:
        click.echo(files[0].text, nl=False)


@dataclass(frozen=True)
class _File:
    """One file of a compile: its text, and that without comments; ``command`` is kubectl's for it."""

    path: str
    text: str
    bare: str
    command: str


def _files(chains: Chains, target: Target, path: str | None) -> list[_File]:
    """Return the files of a compile: a second one holds what starts the templates of the first, where the output is no stream.

    `kubectl apply` rejects a file with a generateName, and `kubectl create` one whose objects exist: seen with kubectl 1.34.
    """
    from laminar import compiler

    made = compiler.documents(chains, target)
    starters = tuple(document for document in made if "generateName" in document["metadata"]) if path and target.start else ()
    kept = tuple(document for document in made if not any(document is starter for starter in starters))
    command = "create" if any("generateName" in document["metadata"] for document in kept) else "apply"
    rights = target.rbac
    files = [_File(path or "-", compiler.text(kept, rights=rights), compiler.text(kept, rights=rights, notes=False), command)]
    if path and starters:
        second = str(Path(path).with_suffix(f".start{Path(path).suffix}"))
        files.append(_File(second, compiler.text(starters), compiler.text(starters, notes=False), "create"))
    return files


def _print_commands(files: list[_File]) -> None:
    """Print which command takes which file, where there are several."""
    for file in files if len(files) > 1 else ():
        click.echo(f"wrote {file.path}: kubectl {file.command} -f {file.path}", err=True)


def _chains(
    program: str,
    args: tuple[str, ...],
    parameters: dict[str, Any],
    flow: str | None,
    target: Chosen,
    datastore: str | None,
    strict: bool,
    packaged: dict[str, str],
) -> tuple[Chains, Target]:
    """Return the program's chains that are meant, each with its settings, and what they are compiled for."""
    from laminar.compiler import project, recorder
    from laminar.compiler.plan.planner import Settings

    recorded = recorder.record(program, args)
    _warn(recorded.ended, strict)
    settled = project.find(Path(program))
    names = [[step.flow.name for step in chain.steps] for chain in recorded.chains]
    place = choose(names, flow, need=bool(parameters))
    chosen = range(len(recorded.chains)) if place is None else (place,)
    plans = [
        (
            recorded.chains[place],
            Settings(
                datastore=datastore or settled.datastore,
                parameters=parameters,
                schedule=target.schedule_settings(),
                chain=place + 1,
                root=str(settled.root),
                code=packaged.get("code"),
                program=packaged.get("program"),
            ),
        )
        for place in chosen
    ]
    return plans, target.target(settled)


def _explain(chains: Chains, target: Target) -> None:
    """Print tables of what each chain becomes; what is over a limit is then raised."""
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
        if made.savings:
            click.echo()
            table(("flow", "layer", "with", "pods now", "pods then"), made.savings)
        checker.check(plan, suited)


def _warn(ended: tuple[str, str] | None, strict: bool) -> None:
    """Say that the program reads a result: what it calls behind that is not known."""
    if ended is None:
        return
    what, where = ended
    text = f"{where} reads {what}; flows called behind that line are not part of the document"
    if strict:
        raise FlowError(
            f"The program reads {what}, so flows called behind that line are not part of the document.",
            where=where,
            fix="call all flows first, or chain them with .next(...).",
        )
    click.echo(f"warning: {text}", err=True)


def _compare(made: _File, program: str) -> None:
    """Exit 1 with a unified diff where a file differs from what the program compiles to."""
    from laminar.compiler.yaml.comparison import is_current

    file = made.path
    try:
        known = Path(file).read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise FlowError(f"{file!r} does not exist.", fix=f"write it: laminar compile {program} -o {file}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(f"{file!r} cannot be read: {error}.", fix="name the YAML file to compare with.") from error
    if is_current(known, made.text, made.bare):
        return
    lines = difflib.unified_diff(known.splitlines(True), made.text.splitlines(True), file, f"laminar compile {program}")
    click.echo("".join(lines), nl=False)
    raise FlowError(f"{file!r} is stale.", fix=f"write it anew: laminar compile {program} -o {file}")


def _write(text: str, file: str) -> None:
    """Write a file whole or not at all."""
    path = Path(file)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(text.encode("utf-8"))
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FlowError(f"{file!r} cannot be written: {error.strerror}.", fix="name a file in a folder that exists.") from error
